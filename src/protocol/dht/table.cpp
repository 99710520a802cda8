#include "protocol/dht/table.hpp"

#include <algorithm>
#include <utility>

namespace mycel::dht {
namespace {

std::uint32_t seconds_of(Instant instant) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, UINT32_MAX));
}

std::uint32_t head_of(const Key& key) {
  return static_cast<std::uint32_t>(key.words[0] >> 32);
}

template <class Entries>
auto find_in(Entries& entries, const PeerId& peer) {
  const auto id = CompactPeerId::of(peer);
  if (!id) return entries.end();
  return std::ranges::find_if(entries, [&](const auto& entry) { return entry.id == *id; });
}

template <class Entries>
void erase_from(Entries& entries, const PeerId& peer) {
  const auto found = find_in(entries, peer);
  if (found != entries.end()) entries.erase(found);
}

// Buckets stay small: growing by doubling would waste a third of the table's memory.
template <class Entry>
void push_tightly(std::vector<Entry>& entries, Entry entry) {
  if (entries.size() == entries.capacity()) entries.reserve(entries.size() + 1);
  entries.push_back(std::move(entry));
}

std::vector<PlaceMark> said_places(const Addresses& addresses, bool counts_private) {
  std::vector<PlaceMark> places;
  for (const Multiaddr& address : addresses)
    if (const auto place = place_of(address, counts_private)) places.push_back(*place);
  std::ranges::sort(places);
  const auto repeated = std::ranges::unique(places);
  places.erase(repeated.begin(), repeated.end());
  return places;
}

}  // namespace

RoutingTable::RoutingTable(const TableConfig& config, const PeerId& self)
    : config_(config), self_(self), self_key_(Key::of(self)), buckets_(1) {}

RoutingTable::Taken RoutingTable::on_answered(Instant now, const PeerInfo& peer) {
  if (peer.id == self_) return Taken::refused;
  const Key key = Key::of(peer.id);
  Bucket& bucket = buckets_[bucket_of(key)];
  const auto known = find_in(bucket.entries, peer.id);
  if (known == bucket.entries.end()) {
    auto newcomer = make_entry(now, key, peer);
    return newcomer ? insert(*std::move(newcomer), key) : Taken::refused;
  }
  known->failures = 0;
  known->answered_s = seconds_of(now);
  if (known->addresses.empty()) known->addresses = CompactAddresses(peer.addresses);
  Entry seen = std::move(*known);  // one move for each behind it, where std::rotate swaps
  std::move(known + 1, bucket.entries.end(), known);
  bucket.entries.back() = std::move(seen);
  return Taken::refreshed;
}

std::optional<RoutingTable::Entry> RoutingTable::make_entry(Instant now, const Key& key,
                                                            const PeerInfo& peer) const {
  const auto id = CompactPeerId::of(peer.id);
  if (!id) return std::nullopt;
  Entry entry{.id = *id,
              .answered_s = seconds_of(now),
              .head = head_of(key),
              .addresses = CompactAddresses(peer.addresses)};
  if (!has_caps() || !config_.seen_at) return entry;
  if (const auto seen = config_.seen_at(peer.id))
    entry.seen_in = place_of(*seen, config_.caps_private).value_or(not_counted);
  return entry;
}

RoutingTable::Taken RoutingTable::insert(Entry entry, const Key& key) {
  while (buckets_[bucket_of(key)].entries.size() >= config_.bucket_size &&
         bucket_of(key) == buckets_.size() - 1 && buckets_.size() < key_bits)
    split_last();
  Bucket& bucket = buckets_[bucket_of(key)];
  std::erase_if(bucket.reserve, [&](const Entry& waiting) { return waiting.id == entry.id; });
  if (!is_within_caps(bucket, entry)) return Taken::refused;
  if (bucket.entries.size() >= config_.bucket_size && !make_room(bucket)) {
    put_in_reserve(bucket, std::move(entry));
    return Taken::reserved;
  }
  push_tightly(bucket.entries, std::move(entry));
  size_ += 1;
  return Taken::added;
}

void RoutingTable::split_last() {
  const std::size_t index = buckets_.size() - 1;
  Bucket nearer;
  const auto move_nearer = [&](std::vector<Entry>& from, std::vector<Entry>& to) {
    std::vector<Entry> staying;
    for (Entry& entry : from) {
      const bool is_nearer = shared_prefix_bits(Key::of(entry.id.whole()), self_key_) > index;
      push_tightly(is_nearer ? to : staying, std::move(entry));
    }
    from = std::move(staying);
  };
  move_nearer(buckets_[index].entries, nearer.entries);
  move_nearer(buckets_[index].reserve, nearer.reserve);
  buckets_.push_back(std::move(nearer));
}

// A full bucket has room when one of its peers failed to answer: the longest silent one goes.
bool RoutingTable::make_room(Bucket& bucket) {
  const auto failed =
      std::ranges::find_if(bucket.entries, [](const Entry& entry) { return entry.failures > 0; });
  if (failed == bucket.entries.end()) return false;
  bucket.entries.erase(failed);
  size_ -= 1;
  return true;
}

void RoutingTable::put_in_reserve(Bucket& bucket, Entry entry) const {
  if (config_.reserve_size == 0) return;
  if (bucket.reserve.size() >= config_.reserve_size) bucket.reserve.erase(bucket.reserve.begin());
  push_tightly(bucket.reserve, std::move(entry));
}

std::optional<PeerInfo> RoutingTable::on_failed(const PeerId& peer) {
  Bucket& bucket = buckets_[bucket_of(Key::of(peer))];
  erase_from(bucket.reserve, peer);
  const auto known = find_in(bucket.entries, peer);
  if (known == bucket.entries.end()) return std::nullopt;
  known->failures = static_cast<std::uint8_t>(known->failures + 1);
  if (known->failures < config_.failures_max && bucket.reserve.empty()) {
    std::rotate(bucket.entries.begin(), known, known + 1);  // demoted: the first to go
    return std::nullopt;
  }
  PeerInfo gone{peer, known->addresses.list()};
  take_out(bucket, static_cast<std::size_t>(known - bucket.entries.begin()));
  return gone;
}

void RoutingTable::on_belied(const PeerId& peer) {
  Bucket& bucket = buckets_[bucket_of(Key::of(peer))];
  const auto known = find_in(bucket.entries, peer);
  if (known != bucket.entries.end()) known->is_belied = true;
}

void RoutingTable::on_borne_out(Instant now, const PeerInfo& peer) {
  const Key key = Key::of(peer.id);
  Bucket& bucket = buckets_[bucket_of(key)];
  const auto known = find_in(bucket.entries, peer.id);
  if (known != bucket.entries.end()) {
    known->is_belied = false;
    return;
  }
  const auto belied = std::ranges::find_if(bucket.entries, &Entry::is_belied);
  auto newcomer = make_entry(now, key, peer);
  if (belied == bucket.entries.end() || !newcomer) return;
  bucket.entries.erase(belied);
  size_ -= 1;
  insert(*std::move(newcomer), key);
}

bool RoutingTable::remove(const PeerId& peer) {
  Bucket& bucket = buckets_[bucket_of(Key::of(peer))];
  erase_from(bucket.reserve, peer);
  const auto known = find_in(bucket.entries, peer);
  if (known == bucket.entries.end()) return false;
  take_out(bucket, static_cast<std::size_t>(known - bucket.entries.begin()));
  return true;
}

void RoutingTable::take_out(Bucket& bucket, std::size_t index) {
  bucket.entries.erase(bucket.entries.begin() + static_cast<std::ptrdiff_t>(index));
  size_ -= 1;
  fill_from_reserve(bucket);
}

void RoutingTable::fill_from_reserve(Bucket& bucket) {
  while (!bucket.reserve.empty() && bucket.entries.size() < config_.bucket_size) {
    Entry next = std::move(bucket.reserve.back());
    bucket.reserve.pop_back();
    if (!is_within_caps(bucket, next)) continue;
    push_tightly(bucket.entries, std::move(next));
    size_ += 1;
  }
}

bool RoutingTable::set_addresses(const PeerId& peer, const Addresses& addresses) {
  Bucket& bucket = buckets_[bucket_of(Key::of(peer))];
  const auto known = find_in(bucket.entries, peer);
  if (known == bucket.entries.end()) return false;
  if (!addresses.empty()) known->addresses = CompactAddresses(addresses);
  return true;
}

/// The places that an entry counts for: where it was seen, or all where it says that it is.
std::vector<PlaceMark> RoutingTable::places_of(const Entry& entry) const {
  if (entry.seen_in == not_counted) return {};
  if (entry.seen_in != unseen) return {entry.seen_in};
  return said_places(entry.addresses.list(), config_.caps_private);
}

std::vector<PlaceMark> RoutingTable::places_of(const PeerInfo& peer) const {
  if (config_.seen_at) {
    if (const auto seen = config_.seen_at(peer.id)) {
      const auto place = place_of(*seen, config_.caps_private);
      return place ? std::vector{*place} : std::vector<PlaceMark>{};
    }
  }
  return said_places(peer.addresses, config_.caps_private);
}

bool RoutingTable::is_within_caps(const Bucket& bucket, const Entry& newcomer) const {
  if (!has_caps()) return true;
  std::vector<PlaceMark> wanted = places_of(newcomer);
  if (wanted.empty()) return true;
  PlaceCount in_bucket(wanted);
  PlaceCount in_table(std::move(wanted));
  for (const Bucket& each : buckets_) {
    for (const Entry& entry : each.entries) {
      const std::vector<PlaceMark> places = places_of(entry);
      in_table.count(places);
      if (&each == &bucket) in_bucket.count(places);
    }
  }
  return in_bucket.is_within(config_.per_bucket) && in_table.is_within(config_.per_table);
}

std::vector<PeerInfo> RoutingTable::of_many_places(const std::vector<PeerInfo>& peers,
                                                   std::size_t count) const {
  std::vector<PeerInfo> chosen;
  std::vector<std::vector<PlaceMark>> places;
  for (const PeerInfo& peer : peers) {
    if (chosen.size() == count) break;
    if (config_.per_bucket.any()) {
      std::vector<PlaceMark> wanted = places_of(peer);
      PlaceCount among(wanted);
      for (const auto& each : places) among.count(each);
      if (!among.is_within(config_.per_bucket)) continue;
      places.push_back(std::move(wanted));
    }
    chosen.push_back(peer);
  }
  return chosen;
}

bool RoutingTable::has_place_for(const PeerId& peer) const {
  const std::size_t index = bucket_of(Key::of(peer));
  const Bucket& bucket = buckets_[index];
  return bucket.entries.size() < config_.bucket_size || index == buckets_.size() - 1 ||
         std::ranges::any_of(bucket.entries, [](const Entry& entry) { return entry.failures > 0; });
}

std::optional<PeerInfo> RoutingTable::find(const PeerId& peer) const {
  const Entry* entry = entry_of(peer);
  if (entry == nullptr) return std::nullopt;
  return PeerInfo{peer, entry->addresses.list()};
}

const RoutingTable::Entry* RoutingTable::entry_of(const PeerId& peer) const {
  const Bucket& bucket = buckets_[bucket_of(Key::of(peer))];
  const auto known = find_in(bucket.entries, peer);
  return known == bucket.entries.end() ? nullptr : &*known;
}

bool RoutingTable::belongs(const Entry& entry, Which which) {
  return which == Which::all ||
         (!entry.is_belied && (which == Which::believed || entry.failures == 0));
}

// A bucket lies nearer to the target than another, whoever is in it. First the one that the target
// falls into; then all nearer to this node, which are equally far; then the farther ones, one by
// one.
std::vector<PeerInfo> RoutingTable::nearest(const Key& target, std::size_t count, Which which,
                                            const PeerId* except) const {
  std::vector<Near> found;
  found.reserve(std::min(size_, count + 2 * config_.bucket_size));
  const auto left_out = except == nullptr ? std::nullopt : CompactPeerId::of(*except);
  const auto gather = [&](const Bucket& bucket) {
    for (const Entry& entry : bucket.entries)
      if (belongs(entry, which) && entry.id != left_out)
        found.push_back({entry.head ^ head_of(target), &entry});
  };
  const std::size_t own = bucket_of(target);
  gather(buckets_[own]);
  std::size_t sorted = sort_from(found, 0, count, target);
  if (sorted < count) {
    for (std::size_t nearer = own + 1; nearer < buckets_.size(); ++nearer) gather(buckets_[nearer]);
    sorted = sort_from(found, sorted, count, target);
  }
  for (std::size_t farther = own; farther > 0 && sorted < count; --farther) {
    gather(buckets_[farther - 1]);
    sorted = sort_from(found, sorted, count, target);
  }
  std::vector<PeerInfo> nearest;
  nearest.reserve(sorted);
  for (std::size_t i = 0; i < sorted; ++i)
    nearest.push_back({found[i].entry->id.whole(), found[i].entry->addresses.list()});
  return nearest;
}

// Brings those behind the `sorted` first into their order, as far as they are among the `count`
// nearest. Returns how many are in order now.
std::size_t RoutingTable::sort_from(std::vector<Near>& found, std::size_t sorted, std::size_t count,
                                    const Key& target) {
  const auto is_nearer = [&](const Near& a, const Near& b) {
    if (a.head != b.head) return a.head < b.head;
    return distance(Key::of(a.entry->id.whole()), target) <
           distance(Key::of(b.entry->id.whole()), target);
  };
  const std::size_t end = std::min(count, found.size());
  if (sorted >= end) return end;
  std::partial_sort(found.begin() + static_cast<std::ptrdiff_t>(sorted),
                    found.begin() + static_cast<std::ptrdiff_t>(end), found.end(), is_nearer);
  return end;
}

std::vector<PeerId> RoutingTable::silent_since(Instant before, std::size_t count) const {
  const std::uint32_t limit = seconds_of(before);
  std::vector<PeerId> silent;
  for (const Bucket& bucket : buckets_)
    for (const Entry& entry : bucket.entries)
      if (entry.answered_s < limit && silent.size() < count) silent.push_back(entry.id.whole());
  return silent;
}

std::vector<PeerId> RoutingTable::bucket(std::size_t index) const {
  std::vector<PeerId> peers;
  for (const Entry& entry : buckets_.at(index).entries) peers.push_back(entry.id.whole());
  return peers;
}

std::vector<PeerId> RoutingTable::peers(Which which) const {
  std::vector<PeerId> peers;
  peers.reserve(size_);
  for (const Bucket& bucket : buckets_)
    for (const Entry& entry : bucket.entries)
      if (belongs(entry, which)) peers.push_back(entry.id.whole());
  return peers;
}

std::size_t RoutingTable::bucket_of(const Key& key) const {
  return std::min<std::size_t>(shared_prefix_bits(key, self_key_), buckets_.size() - 1);
}

}  // namespace mycel::dht
