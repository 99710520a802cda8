#pragma once
// Judges watch a run and say what must never be. They are always on; every protocol adds its own.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/dht/witness/message.hpp"
#include "protocol/dht/witness/verified.hpp"

namespace mycel::sim {

class Run;

// Facts: what a workload did and saw, in the words of its users. Records, cards (the key is theirs
// in the DHT) and provided keys (the value is the provider) alike.

/// Its author lets a value go: from now on it may be delivered. `version`: a greater one is newer.
struct Published {
  std::uint32_t node = 0;
  Bytes key, value;
  std::uint64_t version = 0;
};
/// A put ended well: from now on the value (or a better one) must be found.
struct Acknowledged {
  std::uint32_t node = 0;
  Bytes key, value;
  std::uint32_t replicas = 0;
  std::uint64_t version = 0;
};
/// A get ended with a value that the node gave to its user. `asked_at` is when it began.
struct Delivered {
  std::uint32_t node = 0;
  Bytes key, value;
  std::uint64_t version = 0;
  Instant asked_at{};
  std::uint32_t answers = 0;  ///< values that the node chose from
};
struct NotFound {
  std::uint32_t node = 0;
  Bytes key;
  Instant asked_at{};
};
/// A lookup ended with these peers, nearest first.
struct FoundNearest {
  std::uint32_t node = 0;
  Bytes key;
  std::vector<PeerId> peers;
  Instant asked_at{};
};
/// A user wanted a connection to another node and has it, or not.
struct Reached {
  std::uint32_t node = 0;
  std::uint32_t other = 0;
  bool is_reached = false;
  Instant asked_at{};
};
/// A node took a proof of witnesses for good: of its own operation, or of one at it.
struct Proven {
  std::uint32_t node = 0;
  dht::witness::Verified<dht::witness::Proof> proof;
};
/// A node holds that a peer is proven to have lied.
struct Convicted {
  std::uint32_t node = 0;
  PeerId peer;
};
/// A node found that a peer hides its neighbours.
struct Flagged {
  std::uint32_t node = 0;
  PeerId peer;
};
/// A node called on another at its address: both let each other in, or not.
struct Visited {
  std::uint32_t node = 0;
  std::uint32_t other = 0;
  bool is_in = false;
  Instant asked_at{};
};
/// A user began an operation, which must end by `due`.
struct Began {
  std::uint64_t ticket = 0;
  std::uint32_t node = 0;
  std::string what;  ///< "get /sim/3/0"
  Instant due{};
};
/// It ended: `is_known` unless it was over before.
struct Ended {
  std::uint64_t ticket = 0;
  bool is_known = true;
  bool is_good = true;  ///< its user got what it wanted
};
/// The node went down with all that its users waited for.
struct WentDown {
  std::uint32_t node = 0;
};
using Fact = std::variant<Published, Acknowledged, Delivered, NotFound, FoundNearest, Reached,
                          Began, Ended, WentDown, Proven, Convicted, Flagged, Visited>;

class Judge {
 public:
  virtual ~Judge() = default;
  virtual std::string_view name() const = 0;
  /// A violation is told with Run::accuse(). `is_calm`: all faults are healed and the time to
  /// converge has passed, so that liveness may be asked for and not only safety.
  virtual void on_fact(Run& run, const Fact& fact, bool is_calm) {
    (void)run, (void)fact, (void)is_calm;
  }
  /// Every simulated second.
  virtual void watch(Run& run) { (void)run; }
  /// Once, after the time to converge.
  virtual void conclude(Run& run) { (void)run; }
};

}  // namespace mycel::sim
