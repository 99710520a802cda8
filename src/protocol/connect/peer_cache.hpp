#pragma once
// The peers that answered, remembered across a restart so that a node finds its way back without
// its seeds. Written lazily: only what changed, in batches, and never more than the limit.
//
// Stored in Table::peers under the peer id's multihash, as protobuf:
//   message CachedPeer { repeated bytes addresses = 1; uint64 last_seen_unix_ms = 2; }

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/store_write.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::connect {

/// What is kept of one peer.
struct CachedPeer {
  Addresses addresses;  ///< that answered, the last one first; without /p2p
  UnixTime last_seen{};
  /// It only ever came to us: the addresses are what it says of itself, and none has answered yet.
  bool is_hearsay = false;
  friend bool operator==(const CachedPeer&, const CachedPeer&) = default;
};
inline constexpr std::size_t cached_addresses_max = 4;
/// Four addresses of at most 320 bytes, and what holds them together.
inline constexpr std::size_t cached_peer_size_max_bytes = 1500;

Bytes encode(const CachedPeer& cached);
/// Faults: too_large, malformed, missing_field (no address).
Result<CachedPeer, wire::Fault> decode_cached_peer(ByteView value);

struct PeerCacheConfig {
  std::size_t peers_max = 1000;
  /// Of them, peers that only came to us. They are apart, so that a crowd of strangers who knock
  /// drives out nobody who was found where it was looked for.
  std::size_t hearsay_max = 100;
  /// The first change is written at once and later ones so far apart: a node that is killed as soon
  /// as it has joined must find its way back, too.
  Duration write_every = 50ms;
  /// A peer seen again is written again only when what is stored is older than this.
  Duration refresh_after = 1h;
  /// So long after a change all that was written is made durable, if no sync came within
  /// `sync_every`: a node that loses power soon after it joined must not depend on its doors alone.
  Duration sync_after = 5s;
  Duration sync_every = 1min;
};

class PeerCache {
 public:
  explicit PeerCache(PeerCacheConfig config = {}) : config_(config) {}

  /// An entry of the store, at start. What cannot be read is erased with the next write.
  Result<PeerInfo, wire::Fault> load(Now now, ByteView key, ByteView value);

  /// A dial of `address` reached the peer.
  void on_answered(Now now, const PeerId& peer, const Multiaddr& address);
  /// A connected peer says where it is. Kept only while no address of it has answered: the first
  /// node of a mesh never dials anybody, and must still find its peers after a restart.
  void on_told(Now now, const PeerId& peer, const Addresses& addresses);
  /// The peer was there until now.
  void on_seen(Now now, const PeerId& peer);
  /// Somebody else lives there.
  void forget(Now now, const PeerId& peer, const Multiaddr& address);

  Instant next_deadline() const { return std::min(write_at_, sync_at_); }
  /// Writes what changed, if it is time, and says whether it is time for a sync, too.
  Durability on_deadline(Now now, StoreBatch& persist);

  /// The peers, last seen first, at most `count_max`; those that answered before those that did
  /// not.
  std::vector<PeerInfo> peers(std::size_t count_max) const;
  /// Whether no address of the peer is known to have answered.
  bool is_hearsay(const PeerId& peer) const;
  std::size_t size() const { return peers_.size(); }

 private:
  struct Entry {
    CachedPeer cached;
    UnixTime stored_at{};  // the `last_seen` in the store
  };

  using ByAge = std::set<std::pair<UnixTime, PeerId>>;

  ByAge& ages_of(const Entry& entry) { return entry.cached.is_hearsay ? hearsay_ : answered_; }
  void see(Now now, const PeerId& peer, Entry& entry);
  void mark(Now now, Bytes key);
  void evict(Now now);
  void evict_oldest(Now now, ByAge& ages);
  void write_changed(StoreBatch& persist);

  PeerCacheConfig config_;
  std::map<PeerId, Entry> peers_;
  ByAge answered_;  // every peer is in one of the two
  ByAge hearsay_;
  std::set<Bytes> changed_;  // keys to write or erase; bounded by the peers and what was evicted
  Instant write_at_ = never;
  Instant write_not_before_{};
  Instant sync_at_ = never;
  Instant sync_not_before_{};
};

}  // namespace mycel::connect
