#pragma once
// Finds the nodes nearest to a key by asking ever nearer ones. It knows no messages: whoever owns
// it sends the questions, and tells it who answered with which closer peers.
//
// A lookup may walk several disjoint paths at once. A peer is asked on one path only, and what it
// says counts on that path only, so a liar can lead astray the path that it stands on and no other.
// The result is the nearest of all that answered on any path.
// Source: Kademlia (Maymounkov 2002) §2.3; S/Kademlia (Baumgart 2007) §4.4.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/dht/belief.hpp"
#include "protocol/dht/key.hpp"

namespace mycel::dht {

struct LookupConfig {
  /// Nearest nodes to find; also the most closer peers believed of one answer.
  std::size_t k = 20;
  /// alpha of Kademlia: questions under way at once, shared out over the paths (each has one).
  std::size_t parallel = 3;
  /// Questions under way on a path once an answer names nobody nearer than the nearest known: then
  /// the k nearest must all be asked anyway.
  std::size_t parallel_last = 20;
  std::size_t disjoint_paths = 1;
  /// Peers remembered on a path that nobody has asked; the farthest are forgotten. Three times k
  /// suffices: a path never asks beyond its k nearest that did not fail.
  std::size_t unasked_per_path_max = 64;
  /// Questions in a whole lookup, so that peers who invent peers cannot keep it going.
  std::size_t asked_max = 512;
  /// After so long a peer is slow: the next one is asked in its place. Its answer still counts.
  Duration patience = 500ms;
};

class Lookup {
 public:
  /// Paths that one lookup can have, retries included.
  static constexpr std::size_t paths_max = 32;

  Lookup(const LookupConfig& config, const Key& target, const PeerId& self);

  /// Starts from `entry_points`, dealt out to `disjoint_paths` paths. A later call opens
  /// `more_paths` with them, for a retry that enters elsewhere. Returns how many are new.
  std::size_t enter(const std::vector<PeerInfo>& entry_points, std::size_t more_paths = 1);
  /// Lets every path ask so many peers beyond the k nearest that it knows: those whom liars' word
  /// has pushed aside.
  void widen(std::size_t more) { beyond_ += more; }

  /// Peers to ask now; all of them count as asked.
  std::vector<PeerInfo> next(Instant now);
  /// `peer` answered, and named `closer`. A failed peer that answers after all counts too.
  template <class Named = PeerInfo>  // has an `id` and its `addresses`
  void on_answer(const PeerId& peer, const std::vector<Named>& closer) {
    const auto answer = begin_answer(peer);
    if (!answer) return;
    const std::size_t believed = std::min(closer.size(), config_.k);
    for (std::size_t i = 0; i < believed; ++i) {
      learn(answer->path, closer[i].id, closer[i].addresses, answer->hops);
      note_named(*answer, closer[i].id);
    }
    end_answer(*answer);
  }
  void on_failure(const PeerId& peer);

  /// Whether on every path the k nearest known have all answered or failed.
  bool is_settled() const;
  /// Whether nothing is left but to wait for peers that are slow already.
  bool waits_for_slow_only() const;
  /// When the next asked peer becomes slow, so that next() may name more; or `never`.
  Instant next_slow() const;
  /// The k nearest that answered, nearest first.
  std::vector<PeerInfo> nearest() const;
  /// Everyone that answered, nearest first.
  std::vector<PeerInfo> answered_peers() const;
  /// Everyone that answered and whom it named, nearest first.
  std::vector<Testimony> testimonies() const;
  bool has_answered(const PeerId& peer) const;
  /// The path that asked a known peer, and how many answers led to it.
  struct Trail {
    std::size_t path = 0;
    std::size_t hops = 0;
  };
  std::optional<Trail> trail_of(const PeerId& peer) const;

  const Key& target() const { return target_; }
  bool knows(const PeerId& peer) const;
  std::size_t asked() const { return asked_; }
  std::size_t answered() const { return answered_; }
  std::size_t failed() const { return failed_; }
  std::size_t known() const { return places_.size(); }
  /// How many answers led to the nearest that answered: 1 when an entry point named it.
  std::size_t hops() const;

 private:
  enum class State : std::uint8_t { known, asked, slow, answered, failed };
  using PathMask = std::uint32_t;
  using NodeIndex = std::uint16_t;
  struct Node {
    PeerInfo peer;
    Distance where;
    std::uint16_t hops = 0;  // 0 for entry points
    Instant asked_at{};
    std::vector<std::uint64_t> named{};  // tails of their ids, once it answered
  };
  /// What the walks over all that is known look at, close together.
  struct Place {
    std::uint64_t head = 0;  // first word of the distance: settles nearly every comparison
    PathMask known_on = 0;
    NodeIndex node = 0;
    State state = State::known;
    std::uint8_t path = 0;  // that asked it
  };
  struct Path {
    std::size_t unasked = 0;
    std::size_t under_way = 0;  // asked, and not slow yet
    bool is_closing = false;    // the last answer named nobody nearer
  };
  struct Answering {
    NodeIndex node = 0;
    std::size_t path = 0;
    std::size_t hops = 0;  // of those whom it names
    Distance nearest_before;
  };

  static bool is_on(const Place& place, std::size_t path) {
    return (place.known_on >> path & 1) != 0;
  }
  Distance distance_to(const PeerId& peer) const;
  std::optional<Answering> begin_answer(const PeerId& peer);
  void note_named(const Answering& answer, const PeerId& named);
  void end_answer(const Answering& answer);
  std::optional<NodeIndex> index_of(const PeerId& peer) const;
  std::size_t place_for(const Distance& where) const;
  Place* place_of(const PeerId& peer);
  bool learn(std::size_t path, const PeerId& peer, const Addresses& addresses, std::size_t hops);
  NodeIndex add(Node node);
  void forget_farthest(std::size_t path);
  void leave_known(const Place& place);
  Place* next_on(std::size_t path);
  std::size_t parallel_on(std::size_t path) const;
  enum class Awaited : std::uint8_t { everybody, not_the_slow };
  bool is_path_settled(std::size_t path, Awaited awaited) const;
  const Distance* nearest_on(std::size_t path) const;
  void mark_slow(Instant now);

  LookupConfig config_;
  Key target_;
  PeerId self_;
  std::vector<Place> places_;  // of everyone known, nearest first
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> tails_;  // of the nodes' ids: an answer names mostly known peers, and
                                      // comparing these costs less than hashing their ids
  std::vector<NodeIndex> free_;       // nodes that were forgotten
  std::vector<Path> paths_;
  std::size_t beyond_ = 0;  // the k nearest, that a path may ask
  std::size_t asked_ = 0;
  std::size_t answered_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace mycel::dht
