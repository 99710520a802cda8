#pragma once
// What state each node was in, from when to when: the events of a run turned into spans.

#include <array>
#include <cstdint>
#include <vector>

#include "sim/reduction.hpp"
#include "sim/trace.hpp"

namespace mycel::sim {

/// The worst that holds is what counts, in this order.
enum class NodeState : std::uint8_t { down, paused, isolated, up };
inline constexpr std::size_t node_state_count = 4;

/// From `from` to `to` so many nodes of a group were in each state.
struct StateSpan {
  Instant from{}, to{};
  std::array<std::uint32_t, node_state_count> nodes{};
};
/// A fault as it really was, which healing may have cut short.
struct FaultSpan {
  std::uint32_t fault = 0;  ///< index in the plan
  Instant from{}, to{};
};

class Timeline {
 public:
  Timeline(const Plan& plan, const std::vector<TraceEvent>& events, Instant end);

  /// Of the nodes in [first, last): one span for as long as no count changes, none shorter than
  /// `step` (at least 1 ns), which keeps a picture of thousands of changes small.
  std::vector<StateSpan> states(std::uint32_t first, std::uint32_t last, Duration step) const;
  const std::vector<FaultSpan>& faults() const { return faults_; }
  Instant end() const { return end_; }

 private:
  struct Change {
    Instant at{};
    NodeState state = NodeState::down;
  };
  struct Node {
    bool is_up = false;
    int paused = 0, isolated = 0;  // faults that hold it so
    std::vector<Change> changes;
  };
  void note(std::uint32_t node, Instant at);
  void on_fault(const Plan& plan, const TraceEvent& event);
  static NodeState state_at(const Node& node, Instant at);

  Instant end_;
  std::vector<Node> nodes_;
  std::vector<FaultSpan> faults_;
};

}  // namespace mycel::sim
