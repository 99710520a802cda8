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

namespace mycel::sim {

class Run;

// Facts: what a workload did and saw, in the words of its users.

/// A put ended well: from now on the value (or a better one) must be found.
struct Acknowledged {
  std::uint32_t node = 0;
  Bytes key, value;
  std::uint32_t replicas = 0;
};
/// A get ended with a value that the node gave to its user.
struct Delivered {
  std::uint32_t node = 0;
  Bytes key, value;
};
struct NotFound {
  std::uint32_t node = 0;
  Bytes key;
};
/// A lookup ended with these peers, nearest first.
struct FoundNearest {
  std::uint32_t node = 0;
  Bytes key;
  std::vector<PeerId> peers;
};
using Fact = std::variant<Acknowledged, Delivered, NotFound, FoundNearest>;

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
