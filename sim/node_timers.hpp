#pragma once
// The timers of one node in the world.

#include <functional>
#include <set>

#include "sim/world.hpp"

namespace mycel::sim {

/// Destroying them, as a crash does, forgets every call.
class NodeTimers final : public ports::Timers {
 public:
  explicit NodeTimers(World& world) : world_(world) {}
  ~NodeTimers();
  NodeTimers(const NodeTimers&) = delete;
  NodeTimers& operator=(const NodeTimers&) = delete;

  Now now() const override { return world_.now(); }
  ports::TimerId call_at(Instant due, std::function<void()> then) override;
  void cancel(ports::TimerId timer) override;

 private:
  World& world_;
  std::set<ports::TimerId> waiting_;
};

}  // namespace mycel::sim
