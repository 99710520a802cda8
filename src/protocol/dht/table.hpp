#pragma once
// Who this node knows: peers that serve the DHT and have answered, in buckets by how much of this
// node's own point they share. Near peers are all kept, far ones k to a bucket; old ones that still
// answer are preferred to new ones, for they tend to stay.
// Source: libp2p specs, kad-dht; Kademlia (Maymounkov 2002) §2.2 and §4.1.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/dht/compact_addresses.hpp"
#include "protocol/dht/compact_peer_id.hpp"
#include "protocol/dht/key.hpp"
#include "protocol/dht/whereabouts.hpp"

namespace mycel::dht {

/// k of Kademlia: peers a bucket, nearest peers in an answer, copies of a record. The libp2p
/// kad-dht spec says 20.
inline constexpr std::size_t k_default = 20;

struct TableConfig {
  std::size_t bucket_size = k_default;
  /// Peers of a full bucket that wait for a place in it.
  std::size_t reserve_size = 2;
  /// Unanswered requests in a row after which a peer leaves, though nobody waits for its place.
  std::uint8_t failures_max = 2;
  /// Peers of one place, so that it cannot fill a bucket, or the k nearest that a lookup ends at,
  /// or the table. Loopback and private addresses count only if `caps_private`.
  PlaceCaps per_bucket;
  PlaceCaps per_table;
  bool caps_private = false;
  /// Where a connected peer really is. What it says of its own addresses costs it nothing, so the
  /// caps count those only when this is not known.
  std::function<std::optional<Multiaddr>(const PeerId&)> seen_at = {};
};

class RoutingTable {
 public:
  RoutingTable(const TableConfig& config, const PeerId& self);

  enum class Taken : std::uint8_t {
    added,      ///< is in the table now
    refreshed,  ///< was in it, and is now the most recently seen of its bucket
    reserved,   ///< waits for a place
    refused,    ///< this node itself, an id that no key has, or over a cap of its place
  };
  /// A peer that serves the DHT has answered. What is known of its addresses stays: those given
  /// here may be hearsay of somebody who would like to make it unreachable.
  Taken on_answered(Instant now, const PeerInfo& peer);
  /// A peer did not answer. It leaves when somebody waits for its place or after `failures_max` in
  /// a row; until then it is not named to others. Returns who left.
  std::optional<PeerInfo> on_failed(const PeerId& peer);
  /// What a peer said of others was belied by what was found: from now on it is neither named to
  /// others nor the first to be asked.
  void on_belied(const PeerId& peer);
  /// What a peer said was borne out. It takes the place of a belied one when its bucket is full.
  void on_borne_out(Instant now, const PeerInfo& peer);
  /// A peer serves the DHT no more.
  bool remove(const PeerId& peer);
  /// What a known peer says of its own addresses, which replaces what was known. False when it is
  /// not in the table.
  bool set_addresses(const PeerId& peer, const Addresses& addresses);

  /// Where a peer counts for the caps: where it was last seen, or else wherever it says that it is.
  std::vector<PlaceMark> places_of(const PeerInfo& peer) const;
  /// The first `count` of `peers` of which no place holds more than a bucket may.
  std::vector<PeerInfo> of_many_places(const std::vector<PeerInfo>& peers, std::size_t count) const;
  /// Whether a place is free for this peer, which is not in the table.
  bool has_place_for(const PeerId& peer) const;
  std::optional<PeerInfo> find(const PeerId& peer) const;
  bool contains(const PeerId& peer) const { return entry_of(peer) != nullptr; }

  enum class Which : std::uint8_t { all, believed, answering };
  /// The nearest to `target` of those in the table, nearest first, at most `count`. `believed`
  /// leaves out the belied, `answering` also those whose last request failed; `except` is never
  /// among them.
  std::vector<PeerInfo> nearest(const Key& target, std::size_t count, Which which,
                                const PeerId* except = nullptr) const;
  /// Those not heard from since `before`, the longest silent of each bucket first; at most `count`.
  std::vector<PeerId> silent_since(Instant before, std::size_t count) const;
  /// Everyone in bucket `index`, most recently seen last.
  std::vector<PeerId> bucket(std::size_t index) const;
  /// Everyone, by bucket.
  std::vector<PeerId> peers(Which which = Which::all) const;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t bucket_count() const { return buckets_.size(); }
  std::size_t bucket_of(const Key& key) const;
  const Key& self_key() const { return self_key_; }

 private:
  static constexpr PlaceMark unseen{255, 255, 255};  // no place that packets come from
  static constexpr PlaceMark not_counted{0, 0, 0};   // nor this

  struct Entry {
    CompactPeerId id;
    std::uint8_t failures = 0;
    bool is_belied = false;
    PlaceMark seen_in = unseen;    // when it came
    std::uint32_t answered_s = 0;  // seconds of NodeClock
    std::uint32_t head = 0;        // how its key begins: settles nearly every comparison
    CompactAddresses addresses;
  };
  static_assert(sizeof(Entry) == 64);  // a node holds hundreds: one line of the cache each
  struct Bucket {
    std::vector<Entry> entries;  // least recently seen first
    std::vector<Entry> reserve;  // most recent last; all of them have answered
  };

  struct Near {
    std::uint32_t head = 0;  // how the distance begins
    const Entry* entry = nullptr;
  };

  static std::size_t sort_from(std::vector<Near>& found, std::size_t sorted, std::size_t count,
                               const Key& target);
  std::optional<Entry> make_entry(Instant now, const Key& key, const PeerInfo& peer) const;
  Taken insert(Entry entry, const Key& key);
  void split_last();
  static bool belongs(const Entry& entry, Which which);
  bool make_room(Bucket& bucket);
  void fill_from_reserve(Bucket& bucket);
  void put_in_reserve(Bucket& bucket, Entry entry) const;
  bool has_caps() const { return config_.per_bucket.any() || config_.per_table.any(); }
  std::vector<PlaceMark> places_of(const Entry& entry) const;
  bool is_within_caps(const Bucket& bucket, const Entry& entry) const;
  void take_out(Bucket& bucket, std::size_t index);
  const Entry* entry_of(const PeerId& peer) const;

  TableConfig config_;
  PeerId self_;
  Key self_key_;
  std::vector<Bucket> buckets_;  // by shared prefix; the last holds all that share more
  std::size_t size_ = 0;
};

}  // namespace mycel::dht
