#pragma once
// Applies a plan's faults and heals them. Faults on one target overlap: a link that two of them cut
// heals when both have ended, and of two amounts the later one holds.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/plan.hpp"
#include "sim/trace.hpp"
#include "sim/world.hpp"

namespace mycel::sim {

/// What can go wrong in one cut: its nodes, disks, clocks and network.
class Breakable {
 public:
  /// The fault begins; true if it made a difference.
  virtual bool apply(const Fault& fault) = 0;
  /// The last fault of that kind there has ended.
  virtual void heal(FaultKind kind, std::uint32_t node, std::uint32_t other) = 0;

 protected:
  ~Breakable() = default;
};

class Faults {
 public:
  /// Hears of every fault of the plan, by its index, that begins (when it makes a difference) and
  /// ends.
  using Heard = std::function<void(std::size_t index, TraceKind kind)>;

  Faults(World& world, const Plan& plan, Breakable& broken, Heard heard)
      : world_(world), plan_(plan), broken_(broken), heard_(std::move(heard)) {}

  /// Every fault of the plan begins and ends at its time, counted from `start`.
  void schedule(Instant start);
  /// No fault begins or goes on from now on where it touches `core`; what lies wholly outside stays
  /// as it is.
  void stop_for(const std::set<std::uint32_t>& core);

 private:
  using Index = std::size_t;
  /// Who and what a fault acts on: overlapping ones of one target are healed together.
  struct Target {
    FaultKind kind = FaultKind::crash;
    std::uint32_t node = 0;
    std::uint32_t other = 0;
    friend auto operator<=>(const Target&, const Target&) = default;
  };

  static Target target_of(const Fault& fault);
  void begin(Index index);
  void end(Index index);

  World& world_;
  const Plan& plan_;
  Breakable& broken_;
  Heard heard_;
  std::map<Target, std::vector<Index>> active_;
  std::map<std::uint32_t, double> steps_;  // of calendars, in seconds, by node
  bool is_over_ = false;
};

/// Which nodes stand on the one side of a split.
std::vector<bool> sides_of(const Fault& split, std::uint32_t nodes);

/// An event for whoever follows the run.
TraceEvent trace_of(const Plan& plan, std::size_t index, TraceKind kind);

}  // namespace mycel::sim
