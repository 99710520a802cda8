#pragma once
// Who provides what: peers that said of themselves that they hold the content of a key. Their words
// end after a while unless they repeat them; this node repeats its own.
// Source: libp2p specs, kad-dht, "Content routing".

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/dht/compact_addresses.hpp"
#include "protocol/dht/key.hpp"

namespace mycel::dht {

struct ProviderConfig {
  /// How long a provider is named after it last said so, and how often this node repeats its own
  /// word: agents come and go. libp2p's 48 h and 22 h suit nodes that stay; peers that keep to them
  /// understand these all the same, because each side keeps time for itself.
  Duration ttl = 1h;
  Duration refresh = 30min;
  /// How often what has ended is cleared away. It is not named to anybody meanwhile.
  Duration clean_interval = 10min;
  std::size_t per_key_max = 256;
  /// Providers of all keys; beyond it the keys farthest from this node make room.
  std::size_t count_max = 32768;
  /// Keys that this node itself provides.
  std::size_t own_max = 16384;
};

class ProviderStore {
 public:
  ProviderStore(const ProviderConfig& config, const PeerId& self, Rng rng);

  /// A peer said that it provides `key`. False when there is no room for it.
  bool add(Now now, const Bytes& key, const PeerInfo& provider, StoreBatch& persist);
  /// This node provides `key`, now and until it is told otherwise. False at `own_max`.
  bool add_own(Now now, const Bytes& key, StoreBatch& persist);
  bool remove_own(const Bytes& key, StoreBatch& persist);
  bool is_own(ByteView key) const;

  /// Up to `count` providers of `key` other than this node, the most recently heard first.
  std::vector<PeerInfo> providers(Now now, ByteView key, std::size_t count) const;

  /// An entry of the table `providers` after a restart. What cannot be kept is erased from it.
  void load(Now now, const Bytes& stored_key, ByteView stored, StoreBatch& persist);

  /// Clears away what has ended, and names in `refresh` the own keys whose turn has come.
  void on_deadline(Now now, StoreBatch& persist, std::vector<Bytes>& refresh);
  Instant next_deadline() const;

  std::size_t size() const { return count_; }
  std::size_t own_size() const { return own_.size(); }
  std::uint64_t cleaned() const { return cleaned_; }

 private:
  struct Provider {
    PeerId id;
    CompactAddresses addresses;
    UnixTime heard{};
  };
  struct Entry {
    Bytes key;
    std::vector<Provider> providers;  // least recently heard first
  };
  using Entries = std::map<Distance, Entry>;  // by distance from this node
  using Own = std::map<Bytes, DeadlineId>;

  bool has_ended(Now now, UnixTime heard) const { return heard + config_.ttl <= now.unix; }
  Entry* entry_for(const Bytes& key);
  bool place(const Bytes& key, Provider provider, StoreBatch& persist);
  void make_room(StoreBatch& persist);
  void drop_farthest_key(StoreBatch& persist);
  void schedule_own(Now now, Own::iterator own, Duration after);
  std::size_t clean(Now now, StoreBatch& persist);

  ProviderConfig config_;
  PeerId self_;
  Key self_key_;
  Rng rng_;
  Entries entries_;
  Own own_;
  Deadlines<Bytes> refresh_due_;
  Instant clean_due_ = never;
  std::size_t count_ = 0;
  std::uint64_t cleaned_ = 0;
};

/// An entry of the table `providers`: its key names content and provider, its value the rest.
struct StoredProviderKey {
  Bytes key;
  PeerId provider;
  friend bool operator==(const StoredProviderKey&, const StoredProviderKey&) = default;
};
struct StoredProvider {
  UnixTime heard{};
  Addresses addresses;
  friend bool operator==(const StoredProvider&, const StoredProvider&) = default;
};
Bytes encode(const StoredProviderKey& key);
std::optional<StoredProviderKey> decode_stored_provider_key(ByteView bytes);
Bytes encode(const StoredProvider& provider);
std::optional<StoredProvider> decode_stored_provider(ByteView bytes);

}  // namespace mycel::dht
