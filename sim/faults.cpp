#include "sim/faults.hpp"

#include <algorithm>
#include <utility>

namespace mycel::sim {
namespace {

bool is_of_a_link(FaultKind kind) {
  return kind == FaultKind::cut || kind == FaultKind::cut_one_way || kind == FaultKind::slow_link ||
         kind == FaultKind::stall_link || kind == FaultKind::reset;
}

bool is_down(FaultKind kind) {
  return kind == FaultKind::crash || kind == FaultKind::wipe || kind == FaultKind::stop;
}

/// Over at once.
bool is_instant(FaultKind kind) {
  return kind == FaultKind::reset || kind == FaultKind::move || kind == FaultKind::clock_step;
}

}  // namespace

Faults::Target Faults::target_of(const Fault& fault) {
  if (fault.kind == FaultKind::split) return {fault.kind, 0, 0};
  if (is_down(fault.kind)) return {FaultKind::crash, fault.node, 0};
  if (!is_of_a_link(fault.kind)) return {fault.kind, fault.node, 0};
  if (fault.kind == FaultKind::cut_one_way) return {fault.kind, fault.node, fault.other};
  return {fault.kind, std::min(fault.node, fault.other), std::max(fault.node, fault.other)};
}

void Faults::schedule(Instant start) {
  const std::vector<Fault>& faults = plan_.faults;
  for (Index index = 0; index < faults.size(); ++index) {
    const Fault& fault = faults[index];
    world_.call_at(start + fault.at, [this, index] { begin(index); });
    if (!is_instant(fault.kind))
      world_.call_at(start + fault.at + fault.lasts, [this, index] { end(index); });
  }
}

void Faults::begin(Index index) {
  const Fault& fault = plan_.faults[index];
  if (is_over_ || fault.node >= plan_.nodes || fault.other >= plan_.nodes) return;
  if (!is_instant(fault.kind)) active_[target_of(fault)].push_back(index);
  if (fault.kind == FaultKind::clock_step) steps_[fault.node] += fault.amount;
  if (broken_.apply(fault)) heard_(index, TraceKind::fault_begins);
}

void Faults::end(Index index) {
  const Target target = target_of(plan_.faults[index]);
  const auto entry = active_.find(target);
  if (entry == active_.end() || std::erase(entry->second, index) == 0) return;
  heard_(index, TraceKind::fault_ends);
  if (!entry->second.empty()) {
    if (!is_down(target.kind)) broken_.apply(plan_.faults[entry->second.back()]);
    return;
  }
  active_.erase(entry);
  broken_.heal(target.kind, target.node, target.other);
}

void Faults::stop_for(const std::set<std::uint32_t>& core) {
  is_over_ = true;
  std::vector<Index> touching;
  for (const auto& [target, indices] : active_) {
    const bool is_node = core.contains(target.node) || target.kind == FaultKind::split;
    const bool is_inside = is_of_a_link(target.kind)
                               ? core.contains(target.node) && core.contains(target.other)
                               : is_node;
    if (is_inside) touching.insert(touching.end(), indices.begin(), indices.end());
  }
  for (const Index index : touching) end(index);
  for (const auto& [node, by] : std::exchange(steps_, {}))  // somebody sets the clocks right
    if (core.contains(node))
      broken_.apply({.kind = FaultKind::clock_step, .node = node, .amount = -by});
}

std::vector<bool> sides_of(const Fault& split, std::uint32_t nodes) {
  std::vector<bool> sides(nodes);
  const double border = split.amount * nodes;
  for (std::uint32_t number = 0; number < nodes; ++number) sides[number] = number < border;
  return sides;
}

TraceEvent trace_of(const Plan& plan, std::size_t index, TraceKind kind) {
  const Fault& fault = plan.faults[index];
  TraceEvent event{.kind = kind, .fault = static_cast<std::uint32_t>(index)};
  if (fault.kind != FaultKind::split) event.node = fault.node;
  if (is_of_a_link(fault.kind)) event.other = fault.other;
  event.text = "#" + std::to_string(index) + " " + std::string(to_text(fault.kind));
  return event;
}

}  // namespace mycel::sim
