#include "protocol/connect/peer_cache.hpp"

#include <algorithm>
#include <cstdint>

#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::connect {
namespace {

constexpr std::uint32_t addresses_field = 1;
constexpr std::uint32_t last_seen_field = 2;
constexpr std::uint32_t is_hearsay_field = 3;

Bytes key_of(const PeerId& peer) {
  return Bytes::copy(peer.view());
}

// Whether it was there.
bool take_out(Addresses& addresses, const Multiaddr& address) {
  const auto found = std::ranges::find(addresses, address);
  if (found == addresses.end()) return false;
  addresses.erase(found);
  return true;
}

}  // namespace

Bytes encode(const CachedPeer& cached) {
  wire::ProtoWriter writer;
  for (const Multiaddr& address : cached.addresses) writer.bytes(addresses_field, address.binary());
  const auto since_epoch = cached.last_seen.time_since_epoch().count();
  writer.number(last_seen_field,
                static_cast<std::uint64_t>(std::max<std::int64_t>(since_epoch, 0)));
  if (cached.is_hearsay) writer.number(is_hearsay_field, 1);
  return writer.take();
}

Result<CachedPeer, wire::Fault> decode_cached_peer(ByteView value) {
  if (value.size() > cached_peer_size_max_bytes) return Err{wire::Fault::too_large};
  CachedPeer cached;
  wire::ProtoReader reader(value);
  while (const auto field = reader.next()) {
    if (field->is_bytes(addresses_field)) {
      if (cached.addresses.size() == cached_addresses_max) return Err{wire::Fault::too_large};
      auto address = wire::decode_multiaddr(field->bytes);
      if (!address) return Err{address.error()};
      cached.addresses.push_back(*std::move(address));
    } else if (field->is_number(last_seen_field)) {
      constexpr auto latest = std::uint64_t{1} << 48;  // milliseconds: year 10889
      if (field->number > latest) return Err{wire::Fault::malformed};
      cached.last_seen = UnixTime(UnixTime::duration(static_cast<UnixTime::rep>(field->number)));
    } else if (field->is_number(is_hearsay_field)) {
      cached.is_hearsay = field->number != 0;
    }
  }
  if (!reader.ok()) return Err{wire::Fault::malformed};
  if (cached.addresses.empty()) return Err{wire::Fault::missing_field};
  return cached;
}

Result<PeerInfo, wire::Fault> PeerCache::load(Now now, ByteView key, ByteView value) {
  const auto peer = PeerId::from_multihash(key);
  auto cached = decode_cached_peer(value);
  if (!peer || !cached) {
    mark(now, Bytes::copy(key));
    return Err{peer ? cached.error() : wire::Fault::malformed};
  }
  // A clock that was ahead must not keep a peer young for ever.
  const UnixTime last_seen = std::min(cached->last_seen, now.unix);
  PeerInfo info{*peer, cached->addresses};
  if (const auto old = peers_.find(*peer); old != peers_.end())
    ages_of(old->second).erase({old->second.cached.last_seen, *peer});
  Entry& entry = peers_[*peer];
  entry = {.cached = {cached->addresses, last_seen, cached->is_hearsay}, .stored_at = last_seen};
  ages_of(entry).emplace(last_seen, *peer);
  evict(now);
  return info;
}

void PeerCache::on_answered(Now now, const PeerId& peer, const Multiaddr& address) {
  Entry& entry = peers_[peer];
  auto& addresses = entry.cached.addresses;
  const bool is_change =
      entry.cached.is_hearsay || addresses.empty() || addresses.front() != address;
  if (entry.cached.is_hearsay) hearsay_.erase({entry.cached.last_seen, peer});
  entry.cached.is_hearsay = false;
  take_out(addresses, address);
  addresses.insert(addresses.begin(), address);
  if (addresses.size() > cached_addresses_max) addresses.pop_back();
  see(now, peer, entry);
  if (is_change) mark(now, key_of(peer));
  evict(now);
}

void PeerCache::on_told(Now now, const PeerId& peer, const Addresses& addresses) {
  if (addresses.empty()) return;
  const auto [found, is_new] = peers_.try_emplace(peer);
  Entry& entry = found->second;
  if (!is_new && !entry.cached.is_hearsay) return;
  entry.cached.is_hearsay = true;
  const std::size_t count = std::min(addresses.size(), cached_addresses_max);
  Addresses first(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(count));
  const bool is_change = entry.cached.addresses != first;
  entry.cached.addresses = std::move(first);
  see(now, peer, entry);
  if (is_change) mark(now, key_of(peer));
  evict(now);
}

void PeerCache::on_seen(Now now, const PeerId& peer) {
  if (const auto found = peers_.find(peer); found != peers_.end()) see(now, peer, found->second);
}

void PeerCache::forget(Now now, const PeerId& peer, const Multiaddr& address) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  if (!take_out(found->second.cached.addresses, address)) return;
  mark(now, key_of(peer));
  if (!found->second.cached.addresses.empty()) return;
  ages_of(found->second).erase({found->second.cached.last_seen, peer});
  peers_.erase(found);
}

Durability PeerCache::on_deadline(Now now, StoreBatch& persist) {
  if (now.instant >= write_at_) {
    write_at_ = never;
    write_not_before_ = now.instant + config_.write_every;
    write_changed(persist);
    if (sync_at_ == never) sync_at_ = std::max(now.instant + config_.sync_after, sync_not_before_);
  }
  if (now.instant < sync_at_) return Durability::buffered;
  sync_at_ = never;
  sync_not_before_ = now.instant + config_.sync_every;
  // A commit that is synced takes all earlier ones with it: one entry will do.
  if (persist.empty() && !peers_.empty()) {
    changed_.insert(key_of(peers_.begin()->first));
    write_changed(persist);
  }
  return Durability::synced;
}

void PeerCache::write_changed(StoreBatch& persist) {
  for (const Bytes& key : changed_) {
    StoreWrite write{.table = Table::peers, .key = key, .value = std::nullopt};
    const auto peer = PeerId::from_multihash(key);
    const auto found = peer ? peers_.find(*peer) : peers_.end();
    if (found != peers_.end()) {
      write.value = encode(found->second.cached);
      found->second.stored_at = found->second.cached.last_seen;
    }
    persist.push_back(std::move(write));
  }
  changed_.clear();
}

std::vector<PeerInfo> PeerCache::peers(std::size_t count_max) const {
  std::vector<PeerInfo> youngest;
  for (const ByAge* ages : {&answered_, &hearsay_})
    for (auto each = ages->rbegin(); each != ages->rend() && youngest.size() < count_max; ++each)
      youngest.push_back({each->second, peers_.at(each->second).cached.addresses});
  return youngest;
}

bool PeerCache::is_hearsay(const PeerId& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() || found->second.cached.is_hearsay;
}

void PeerCache::see(Now now, const PeerId& peer, Entry& entry) {
  ByAge& ages = ages_of(entry);
  auto place = ages.extract({entry.cached.last_seen, peer});
  entry.cached.last_seen = now.unix;
  if (place.empty()) {
    ages.emplace(now.unix, peer);
  } else {
    place.value().first = now.unix;
    ages.insert(std::move(place));
  }
  if (entry.cached.last_seen - entry.stored_at >= config_.refresh_after) mark(now, key_of(peer));
}

void PeerCache::mark(Now now, Bytes key) {
  changed_.insert(std::move(key));
  if (write_at_ == never) write_at_ = std::max(now.instant, write_not_before_);
  if (changed_.size() > 2 * config_.peers_max) write_at_ = now.instant;  // a bound, not a rhythm
}

void PeerCache::evict(Now now) {
  while (hearsay_.size() > config_.hearsay_max) evict_oldest(now, hearsay_);
  while (peers_.size() > config_.peers_max)
    evict_oldest(now, hearsay_.empty() ? answered_ : hearsay_);
}

void PeerCache::evict_oldest(Now now, ByAge& ages) {
  const PeerId oldest = ages.begin()->second;
  ages.erase(ages.begin());
  peers_.erase(oldest);
  mark(now, key_of(oldest));
}

}  // namespace mycel::connect
