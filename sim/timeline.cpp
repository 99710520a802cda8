#include "sim/timeline.hpp"

#include <algorithm>

namespace mycel::sim {

Timeline::Timeline(const Plan& plan, const std::vector<TraceEvent>& events, Instant end)
    : end_(end), nodes_(plan.nodes) {
  for (const TraceEvent& event : events) {
    if (event.kind == TraceKind::fault_begins || event.kind == TraceKind::fault_ends)
      on_fault(plan, event);
    if (event.kind != TraceKind::node_up && event.kind != TraceKind::node_down) continue;
    // Twins stand behind the last node of the plan.
    if (!event.node) continue;
    if (*event.node >= nodes_.size()) nodes_.resize(*event.node + 1);
    nodes_[*event.node].is_up = event.kind == TraceKind::node_up;
    note(*event.node, event.at);
  }
}

void Timeline::on_fault(const Plan& plan, const TraceEvent& event) {
  if (!event.fault || *event.fault >= plan.faults.size()) return;
  const bool begins = event.kind == TraceKind::fault_begins;
  if (begins) {
    // What has no length is not healed either: an address that changed, a clock that jumped.
    const bool is_moment = plan.faults[*event.fault].lasts <= 0s;
    faults_.push_back({*event.fault, event.at, is_moment ? event.at : end_});
  } else {
    const auto open = std::find_if(faults_.rbegin(), faults_.rend(), [&](const FaultSpan& span) {
      return span.fault == *event.fault;
    });
    if (open != faults_.rend()) open->to = event.at;
  }
  const Fault& fault = plan.faults[*event.fault];
  if (fault.node >= nodes_.size()) return;
  Node& node = nodes_[fault.node];
  if (fault.kind == FaultKind::pause) node.paused += begins ? 1 : -1;
  if (fault.kind == FaultKind::isolate) node.isolated += begins ? 1 : -1;
  note(fault.node, event.at);
}

void Timeline::note(std::uint32_t number, Instant at) {
  Node& node = nodes_[number];
  const NodeState state = !node.is_up         ? NodeState::down
                          : node.paused > 0   ? NodeState::paused
                          : node.isolated > 0 ? NodeState::isolated
                                              : NodeState::up;
  node.changes.push_back({at, state});
}

NodeState Timeline::state_at(const Node& node, Instant at) {
  const auto after =
      std::upper_bound(node.changes.begin(), node.changes.end(), at,
                       [](Instant when, const Change& change) { return when < change.at; });
  return after == node.changes.begin() ? NodeState::down : std::prev(after)->state;
}

std::vector<StateSpan> Timeline::states(std::uint32_t first, std::uint32_t last,
                                        Duration step) const {
  last = std::min(last, static_cast<std::uint32_t>(nodes_.size()));
  std::vector<Instant> times{Instant{}};
  for (std::uint32_t node = first; node < last; ++node)
    for (const Change& change : nodes_[node].changes) times.push_back(change.at);
  std::sort(times.begin(), times.end());
  std::vector<StateSpan> spans;
  for (const Instant at : times) {
    if (!spans.empty() && at - spans.back().from < step) continue;
    StateSpan span{.from = at, .to = end_};
    // As it is at the end of the step: what changes within it is drawn from its begin.
    const Instant seen = at + step - Duration{1};
    for (std::uint32_t node = first; node < last; ++node)
      span.nodes[static_cast<std::size_t>(state_at(nodes_[node], seen))] += 1;
    if (!spans.empty() && spans.back().nodes == span.nodes) continue;
    if (!spans.empty()) spans.back().to = at;
    spans.push_back(span);
  }
  return spans;
}

}  // namespace mycel::sim
