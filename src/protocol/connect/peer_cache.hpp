#pragma once
// The peers that answered, remembered across a restart so that a node finds its way back without
// its seeds. Written lazily: only what changed, in batches, and never more than the limit.
//
// Stored in Table::peers under the peer id's multihash, as protobuf:
//   message CachedPeer { repeated bytes addresses = 1; uint64 last_seen_unix_ms = 2; }

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
  std::vector<Multiaddr> addresses;  ///< that answered, the last one first; without /p2p
  UnixTime last_seen{};
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
  Duration write_every = 30s;
  /// A peer seen again is written again only when what is stored is older than this.
  Duration refresh_after = 1h;
};

class PeerCache {
 public:
  explicit PeerCache(PeerCacheConfig config = {}) : config_(config) {}

  /// An entry of the store, at start. What cannot be read is erased with the next write.
  Result<PeerInfo, wire::Fault> load(Now now, ByteView key, ByteView value);

  /// A dial of `address` reached the peer.
  void on_answered(Now now, const PeerId& peer, const Multiaddr& address);
  /// The peer was there until now.
  void on_seen(Now now, const PeerId& peer);
  /// Somebody else lives there.
  void forget(Now now, const PeerId& peer, const Multiaddr& address);

  Instant next_deadline() const { return write_at_; }
  /// Writes what changed, if it is time.
  void on_deadline(Now now, StoreBatch& persist);

  /// The peers, last seen first, at most `count_max`.
  std::vector<PeerInfo> peers(std::size_t count_max) const;
  std::size_t size() const { return peers_.size(); }

 private:
  struct Entry {
    CachedPeer cached;
    UnixTime stored_at{};  // the `last_seen` in the store
  };

  void see(Now now, const PeerId& peer, Entry& entry);
  void mark(Now now, Bytes key);
  void evict(Now now);

  PeerCacheConfig config_;
  std::map<PeerId, Entry> peers_;
  std::set<std::pair<UnixTime, PeerId>> by_age_;
  std::set<Bytes> changed_;  // keys to write or erase; bounded by the peers and what was evicted
  Instant write_at_ = never;
};

}  // namespace mycel::connect
