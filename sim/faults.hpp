#pragma once
// Applies a plan's faults and heals them. Faults on one target overlap: a link that two of them cut
// heals when both have ended, and of two amounts the later one holds.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/plan.hpp"
#include "sim/trace.hpp"
#include "sim/world.hpp"

namespace mycel::sim {

class Run;

class Faults {
 public:
  explicit Faults(Run& run) : run_(run) {}

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
  bool apply(const Fault& fault);
  void heal(const Target& target);
  void make_room(std::uint32_t number);
  void step_calendar(std::uint32_t number, Duration by);
  std::vector<bool> sides_of(double share) const;
  void trace(Index index, TraceKind kind);

  Run& run_;
  std::map<Target, std::vector<Index>> active_;
  std::map<std::uint32_t, Duration> steps_;  // of calendars, by node
  bool is_over_ = false;
};

}  // namespace mycel::sim
