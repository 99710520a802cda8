#pragma once
// One way of lying about what a node is asked: the node's machine answers honestly, and the lie
// changes the answer, keeps it back or drops it. A lie hears what it needs to know; it never looks
// into other nodes, because an attacker cannot either.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "foundation/base/rng.hpp"

#include "protocol/dht/dht.hpp"
#include "protocol/dht/key.hpp"

#include "sim/plan.hpp"

namespace mycel::sim {

/// How hard a liar tries. What others allow bounds it, so these follow the wire's own limits.
struct LiarConfig {
  /// A late answer comes so long after its question: the link layer gives up after five seconds.
  Duration late_after = 4600ms;
  /// Keys that a grinder draws for one node.
  std::uint32_t tries = 16384;
  /// Messages that a flooder sends every `flood_every`.
  std::size_t flood_messages = 8;
  Duration flood_every = 500ms;
  /// A liar of many kinds changes them so often.
  Duration mood_lasts = 10s;
};

/// Who lies together. Everybody in it knows everybody.
struct Gang {
  struct Member {
    dht::Peer peer;
    dht::Key key;
  };
  std::vector<Member> members;

  void add(const PeerId& peer, const Multiaddr& address);
  /// The nearest to `target`, nearest first, without `except`.
  std::vector<dht::Peer> nearest(const dht::Key& target, std::size_t count,
                                 const PeerId& except) const;
};

struct Question {
  PeerId from;
  dht::Message asked;
};

/// An unasked message to a peer that the node knows.
struct Unasked {
  PeerId to;
  dht::Message message;
};

class Lie {
 public:
  virtual ~Lie() = default;
  /// A question has come, and the honest machine is about to answer it.
  virtual void hear(const Question& question) { (void)question; }
  /// Changes the answer, and says how late it goes out; none: never.
  virtual std::optional<Duration> twist(const Question& question, dht::Answer& answer) = 0;
  /// Asked every LiarConfig::flood_every: what else it sends to whom of `peers`.
  virtual std::vector<Unasked> act(const std::vector<PeerId>& peers) {
    (void)peers;
    return {};
  }
};

struct LieMaker {
  LiarConfig config;
  std::shared_ptr<const Gang> gang;
  dht::Key target;  ///< of a grinder
};
/// None for a twin, which is a lie and tells none, and for those who lie as witnesses only.
std::unique_ptr<Lie> make_lie(LiarKind kind, const LieMaker& maker, Rng rng);

}  // namespace mycel::sim
