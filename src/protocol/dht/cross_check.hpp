#pragma once
// Do the nodes around a key agree about who is there? Now and then a key is drawn at random, its
// nearest nodes are looked up, and the nearest of these are asked for the nearest once more, each
// by itself. Whole tables differ legitimately; the k nearest of a key differ little, and only by
// churn. So a node is flagged for nothing but this:
//
//   it leaves out more than half of the peers that it knows beyond doubt, and does so again a
//   minute later.
//
// Beyond doubt it knows a peer that answered this node a moment ago, that names it, and that two
// thirds of the others asked name as well. A peer is left out if the list had room for it, or names
// one that is farther away. A node that has just started or was cut off knows few of them, but not
// for a minute; one that lost some connections still knows the others; and of two halves that have
// lost each other neither names the other. It takes a majority of liars around a key to frame
// somebody there. What is flagged proves nothing to others: answers are not signed.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/counters.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/dht/key.hpp"
#include "protocol/dht/table.hpp"

namespace mycel::dht {

struct CrossCheckConfig {
  /// Between two rounds, give or take a half. A round costs a lookup and `sampled` questions.
  Duration every = 10min;
  /// Until those that disagreed are asked again. Longer than a join, and than a cut connection
  /// takes to be noticed (30 s).
  Duration again_after = 60s;
  std::size_t k = k_default;
  /// Of the nearest nodes so many are asked: they know the neighbourhood of the key best.
  std::size_t sampled = 12;
  /// Fewer others cannot outvote anybody.
  std::size_t others_min = 4;
  /// Fewer left out are chance.
  std::size_t hidden_min = 4;
};

/// Look up the nodes nearest to the key: on_found().
struct CrossCheckSearch {
  Bytes key;
};
/// Ask the peer for the nodes nearest to the key: on_list(), also when it does not answer.
struct CrossCheckQuestion {
  RequestId id;
  PeerId to;
  Bytes key;
};
/// It hid others, twice.
struct Inconsistent {
  PeerId peer;
  Bytes key;
  std::vector<PeerId> hidden;  ///< both times
};
using CrossCheckEvent = std::variant<Inconsistent>;

struct CrossCheckOutput {
  StoreBatch persist;  ///< always empty: nothing here outlives the process
  Durability durability = Durability::buffered;
  std::vector<CrossCheckSearch> searches;
  std::vector<CrossCheckQuestion> questions;
  std::vector<CrossCheckEvent> events;

  void clear();
};

struct CrossCheckCounters {
  std::uint64_t rounds = 0;
  std::uint64_t compared = 0;      ///< lists of peers
  std::uint64_t suspected = 0;     ///< after the first round
  std::uint64_t inconsistent = 0;  ///< after the second

  void each(const CounterVisitor& visit) const;
};

class CrossCheck {
 public:
  CrossCheck(const CrossCheckConfig& config, Rng rng) : config_(config), rng_(rng) {}

  void start(Now now) { plan_round(now); }
  void on_deadline(Now now);
  Instant next_deadline() const { return due_; }
  /// Who answered the lookup of the present search, nearest first; empty when it failed.
  void on_found(Now now, const std::vector<PeerId>& found);
  /// Whom the peer named; none: it did not answer.
  void on_list(Now now, RequestId id, const std::optional<std::vector<PeerId>>& named);
  void take_output(CrossCheckOutput& output) { std::swap(next_, output); }

  const CrossCheckCounters& counters() const { return counters_; }

 private:
  using Peers = std::set<PeerId>;
  /// One asking of all, of which a round has one or two.
  struct Pass {
    std::map<RequestId, PeerId> asked;  // and has not answered yet
    std::map<PeerId, Peers> lists;      // of those that did
  };

  void plan_round(Now now);
  void conclude(Now now);
  std::map<PeerId, Peers> hidden_by_each() const;
  Peers hidden_by(const PeerId& peer, const Peers& list) const;
  bool is_known_to(const PeerId& other, const PeerId& peer) const;
  bool is_left_out(const PeerId& peer, const Peers& list) const;

  CrossCheckConfig config_;
  Rng rng_;
  Instant due_ = never;
  Bytes key_;
  Key point_;
  bool is_searching_ = false;
  Pass pass_;
  /// Of the first pass: who hid whom. Empty in it.
  std::map<PeerId, Peers> suspects_;
  Sequence<RequestId> request_ids_;
  CrossCheckCounters counters_;
  CrossCheckOutput next_;
};

}  // namespace mycel::dht
