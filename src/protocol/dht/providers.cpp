#include "protocol/dht/providers.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/probe.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/proto.hpp"

#include "protocol/dht/message.hpp"

namespace mycel::dht {
namespace {

// Fields of a stored provider.
constexpr std::uint32_t heard_field = 1;
constexpr std::uint32_t address_field = 2;

constexpr std::size_t stored_key_head_size = 2;  // length of the content's key, big-endian

StoreWrite erasure(const Bytes& key, const PeerId& provider) {
  return {Table::providers, encode(StoredProviderKey{key, provider}), std::nullopt};
}

}  // namespace

ProviderStore::ProviderStore(const ProviderConfig& config, const PeerId& self, Rng rng)
    : config_(config), self_(self), self_key_(Key::of(self)), rng_(rng) {}

bool ProviderStore::add(Now now, const Bytes& key, const PeerInfo& provider, StoreBatch& persist) {
  if (provider.id == self_) return false;
  Provider entry{provider.id, CompactAddresses(provider.addresses), now.unix};
  StoreWrite write{Table::providers, encode(StoredProviderKey{key, provider.id}),
                   encode(StoredProvider{.heard = now.unix, .addresses = entry.addresses.list()})};
  if (!place(key, std::move(entry), persist)) return false;
  persist.push_back(std::move(write));
  make_room(persist);
  if (clean_due_ == never) clean_due_ = now.instant + config_.clean_interval;
  return true;
}

// Whoever is heard again moves to the end; in a full list the least recently heard makes room.
bool ProviderStore::place(const Bytes& key, Provider provider, StoreBatch& persist) {
  Entry* entry = entry_for(key);
  if (entry == nullptr) return false;
  auto& providers = entry->providers;
  const auto known = std::ranges::find(providers, provider.id, &Provider::id);
  if (known != providers.end()) {
    providers.erase(known);
    count_ -= 1;
  } else if (providers.size() >= config_.per_key_max) {
    persist.push_back(erasure(key, providers.front().id));
    providers.erase(providers.begin());
    count_ -= 1;
  }
  providers.push_back(std::move(provider));
  count_ += 1;
  return true;
}

// None when the store is full of nearer keys.
ProviderStore::Entry* ProviderStore::entry_for(const Bytes& key) {
  const Distance where = distance(Key::of(key), self_key_);
  const auto found = entries_.find(where);
  if (found != entries_.end()) return &found->second;
  if (count_ >= config_.count_max && (entries_.empty() || entries_.rbegin()->first < where))
    return nullptr;
  return &entries_.emplace(where, Entry{.key = Bytes::copy(key), .providers = {}}).first->second;
}

void ProviderStore::make_room(StoreBatch& persist) {
  while (count_ > config_.count_max && entries_.size() > 1) drop_farthest_key(persist);
}

void ProviderStore::drop_farthest_key(StoreBatch& persist) {
  probe("the providers of a far key made room");
  const auto farthest = std::prev(entries_.end());
  for (const Provider& provider : farthest->second.providers)
    persist.push_back(erasure(farthest->second.key, provider.id));
  count_ -= farthest->second.providers.size();
  entries_.erase(farthest);
}

bool ProviderStore::add_own(Now now, const Bytes& key, StoreBatch& persist) {
  const auto found = own_.find(key);
  if (found == own_.end() && own_.size() >= config_.own_max) return false;
  const auto own = own_.try_emplace(Bytes::copy(key)).first;
  schedule_own(now, own, config_.refresh);
  persist.push_back({Table::providers, encode(StoredProviderKey{key, self_}),
                     encode(StoredProvider{.heard = now.unix, .addresses = {}})});
  return true;
}

bool ProviderStore::remove_own(const Bytes& key, StoreBatch& persist) {
  const auto found = own_.find(key);
  if (found == own_.end()) return false;
  refresh_due_.cancel(found->second);
  own_.erase(found);
  persist.push_back(erasure(key, self_));
  return true;
}

bool ProviderStore::is_own(ByteView key) const {
  return own_.contains(Bytes::copy(key));
}

// A tenth around `after`, so that keys that came together are not renewed together.
void ProviderStore::schedule_own(Now now, Own::iterator own, Duration after) {
  refresh_due_.cancel(own->second);
  const auto tenth = static_cast<std::uint64_t>(std::max<Duration::rep>(after.count() / 10, 1));
  const Duration drawn = after - Duration(static_cast<Duration::rep>(rng_.below(tenth)));
  own->second = refresh_due_.add(now.instant + drawn, own->first);
}

std::vector<PeerInfo> ProviderStore::providers(Now now, ByteView key, std::size_t count) const {
  std::vector<PeerInfo> found;
  const auto entry = entries_.find(distance(Key::of(key), self_key_));
  if (entry == entries_.end()) return found;
  const auto& providers = entry->second.providers;
  for (auto provider = providers.rbegin(); provider != providers.rend(); ++provider) {
    if (found.size() == count || has_ended(now, provider->heard)) break;
    found.push_back({provider->id, provider->addresses.list()});
  }
  return found;
}

void ProviderStore::load(Now now, const Bytes& stored_key, ByteView stored, StoreBatch& persist) {
  const auto where = decode_stored_provider_key(stored_key);
  const auto what = decode_stored_provider(stored);
  if (!where || !what) {
    persist.push_back({Table::providers, stored_key, std::nullopt});
    return;
  }
  if (where->provider == self_) {
    const auto own = own_.try_emplace(where->key).first;
    // All own keys are due after a restart at once: spread them over a tenth of the interval.
    const auto spread =
        static_cast<std::uint64_t>(std::max<Duration::rep>(config_.refresh.count() / 10, 1));
    schedule_own(now, own, Duration(static_cast<Duration::rep>(rng_.below(spread) + 1)));
    return;
  }
  const UnixTime heard = std::min(what->heard, now.unix);
  const bool is_kept =
      !has_ended(now, heard) && count_ < config_.count_max &&
      place(where->key, {where->provider, CompactAddresses(what->addresses), heard}, persist);
  if (!is_kept) {
    persist.push_back({Table::providers, stored_key, std::nullopt});
    return;
  }
  auto& providers = entry_for(where->key)->providers;
  const auto last = std::prev(providers.end());
  std::rotate(std::upper_bound(providers.begin(), last, heard,
                               [](UnixTime time, const Provider& p) { return time < p.heard; }),
              last, providers.end());
  if (clean_due_ == never) clean_due_ = now.instant + config_.clean_interval;
}

void ProviderStore::on_deadline(Now now, StoreBatch& persist, std::vector<Bytes>& refresh) {
  while (const auto key = refresh_due_.pop_due(now.instant)) {
    const auto own = own_.find(*key);
    own->second = {};
    schedule_own(now, own, config_.refresh);
    refresh.push_back(*key);
  }
  if (clean_due_ > now.instant) return;
  cleaned_ += clean(now, persist);
  clean_due_ = entries_.empty() ? never : now.instant + config_.clean_interval;
}

std::size_t ProviderStore::clean(Now now, StoreBatch& persist) {
  std::size_t cleaned = 0;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    auto& [key, providers] = entry->second;
    const auto first_live = std::ranges::find_if(
        providers, [&](const Provider& provider) { return !has_ended(now, provider.heard); });
    for (auto ended = providers.begin(); ended != first_live; ++ended)
      persist.push_back(erasure(key, ended->id));
    cleaned += static_cast<std::size_t>(first_live - providers.begin());
    providers.erase(providers.begin(), first_live);
    entry = providers.empty() ? entries_.erase(entry) : std::next(entry);
  }
  count_ -= cleaned;
  return cleaned;
}

Instant ProviderStore::next_deadline() const {
  return std::min(refresh_due_.next(), clean_due_);
}

Bytes encode(const StoredProviderKey& key) {
  std::vector<std::byte> bytes;
  bytes.reserve(stored_key_head_size + key.key.size() + PeerId::size_max_bytes);
  bytes.push_back(static_cast<std::byte>(key.key.size() >> 8));
  bytes.push_back(static_cast<std::byte>(key.key.size()));
  append(bytes, key.key);
  append(bytes, key.provider.view());
  return Bytes(std::move(bytes));
}

std::optional<StoredProviderKey> decode_stored_provider_key(ByteView bytes) {
  if (bytes.size() < stored_key_head_size) return std::nullopt;
  const std::size_t size =
      std::to_integer<std::size_t>(bytes[0]) << 8 | std::to_integer<std::size_t>(bytes[1]);
  const ByteView rest = bytes.subspan(stored_key_head_size);
  if (size == 0 || size > key_size_max_bytes || rest.size() < size) return std::nullopt;
  const auto provider = PeerId::from_multihash(rest.subspan(size));
  if (!provider) return std::nullopt;
  return StoredProviderKey{Bytes::copy(rest.first(size)), *provider};
}

Bytes encode(const StoredProvider& provider) {
  wire::ProtoWriter writer;
  const auto heard = std::max<std::int64_t>(provider.heard.time_since_epoch().count(), 0);
  writer.number(heard_field, static_cast<std::uint64_t>(heard));
  for (const Multiaddr& address : provider.addresses) writer.bytes(address_field, address.binary());
  return writer.take();
}

std::optional<StoredProvider> decode_stored_provider(ByteView bytes) {
  StoredProvider provider;
  wire::ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->is_number(heard_field)) {
      if (field->number > INT64_MAX / 2) return std::nullopt;
      provider.heard = UnixTime(CalendarClock::duration(static_cast<std::int64_t>(field->number)));
    } else if (field->is_bytes(address_field)) {
      if (provider.addresses.size() == peer_addresses_max) continue;
      if (auto address = wire::decode_multiaddr(field->bytes))
        provider.addresses.push_back(*std::move(address));
    }
  }
  if (!reader.ok()) return std::nullopt;
  return provider;
}

}  // namespace mycel::dht
