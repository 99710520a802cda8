#include "sim/faults.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/run.hpp"

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

std::uint32_t whole(double amount) {
  return static_cast<std::uint32_t>(amount);
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
  const std::vector<Fault>& faults = run_.plan().faults;
  for (Index index = 0; index < faults.size(); ++index) {
    const Fault& fault = faults[index];
    run_.world().call_at(start + fault.at, [this, index] { begin(index); });
    if (!is_instant(fault.kind))
      run_.world().call_at(start + fault.at + fault.lasts, [this, index] { end(index); });
  }
}

void Faults::begin(Index index) {
  const Fault& fault = run_.plan().faults[index];
  const std::uint32_t nodes = run_.plan().nodes;
  if (is_over_ || fault.node >= nodes || fault.other >= nodes) return;
  if (!is_instant(fault.kind)) active_[target_of(fault)].push_back(index);
  if (!apply(fault)) return;
  run_.count_fault(fault.kind);
  trace(index, TraceKind::fault_begins);
}

void Faults::end(Index index) {
  const Target target = target_of(run_.plan().faults[index]);
  const auto entry = active_.find(target);
  if (entry == active_.end() || std::erase(entry->second, index) == 0) return;
  trace(index, TraceKind::fault_ends);
  if (!entry->second.empty()) {
    if (!is_down(target.kind)) apply(run_.plan().faults[entry->second.back()]);
    return;
  }
  active_.erase(entry);
  heal(target);
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
    if (core.contains(node)) run_.fleet().step_calendar(node, -by);
}

// True if it made a difference.
bool Faults::apply(const Fault& fault) {
  Fleet& fleet = run_.fleet();
  Network& network = run_.network();
  const bool was_up = fleet.is_up(fault.node);
  switch (fault.kind) {
    case FaultKind::crash:
      fleet.crash(fault.node);
      return was_up;
    case FaultKind::wipe:
      fleet.wipe(fault.node);
      return true;
    case FaultKind::stop:
      fleet.stop(fault.node);
      return was_up;
    case FaultKind::pause:
      fleet.pause(fault.node);
      return was_up;
    case FaultKind::isolate:
      network.set_isolated(fault.node, true);
      return true;
    case FaultKind::cut:
      network.set_cut(fault.node, fault.other, true);
      return true;
    case FaultKind::cut_one_way:
      network.set_cut_one_way(fault.node, fault.other, true);
      return true;
    case FaultKind::split:
      network.set_split(sides_of(fault.amount));
      return true;
    case FaultKind::slow_link:
      network.set_rate(fault.node, fault.other, whole(fault.amount));
      return true;
    case FaultKind::stall_link:
      network.set_stalled(fault.node, fault.other, true);
      return true;
    case FaultKind::reset:
      return network.reset_between(fault.node, fault.other) > 0;
    case FaultKind::move:
      network.move(fault.node);
      return was_up;
    case FaultKind::nat:
      network.set_nat(fault.node, static_cast<NatKind>(whole(fault.amount)));
      return true;
    case FaultKind::clock_drift:
      fleet.set_drift(fault.node, std::llround(fault.amount));
      return true;
    case FaultKind::clock_step:
      step_calendar(fault.node, std::chrono::seconds(std::llround(fault.amount)));
      return true;
    case FaultKind::disk_full:
      fleet.disk(fault.node).set_full(true);
      return true;
    case FaultKind::disk_slow:
      fleet.disk(fault.node).set_slow(whole(fault.amount));
      return true;
    case FaultKind::disk_unsynced:
      fleet.disk(fault.node).set_unsynced(true);
      return true;
    case FaultKind::disk_torn:
      fleet.disk(fault.node).set_torn(true);
      return true;
  }
  return false;
}

void Faults::heal(const Target& target) {
  Fleet& fleet = run_.fleet();
  Network& network = run_.network();
  switch (target.kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return fleet.start(target.node);
    case FaultKind::pause:
      return fleet.resume(target.node);
    case FaultKind::isolate:
      return network.set_isolated(target.node, false);
    case FaultKind::cut:
      return network.set_cut(target.node, target.other, false);
    case FaultKind::cut_one_way:
      return network.set_cut_one_way(target.node, target.other, false);
    case FaultKind::split:
      return network.set_split({});
    case FaultKind::slow_link:
      return network.set_rate(target.node, target.other, 0);
    case FaultKind::stall_link:
      return network.set_stalled(target.node, target.other, false);
    case FaultKind::nat:
      return network.set_nat(target.node, std::nullopt);
    case FaultKind::clock_drift:
      return fleet.set_drift(target.node, 0);
    case FaultKind::disk_full:
      return make_room(target.node);
    case FaultKind::disk_slow:
      return fleet.disk(target.node).set_slow(1);
    case FaultKind::disk_unsynced:
      return fleet.disk(target.node).set_unsynced(false);
    case FaultKind::disk_torn:
      return fleet.disk(target.node).set_torn(false);
    case FaultKind::reset:
    case FaultKind::move:
    case FaultKind::clock_step:
      return;  // they have no end
  }
}

// A store that met a full disk stays read-only: whoever makes room starts the node again.
void Faults::make_room(std::uint32_t number) {
  Fleet& fleet = run_.fleet();
  fleet.disk(number).set_full(false);
  if (!fleet.is_up(number) || !fleet.node(number).wiring().store_failure()) return;
  fleet.stop(number);
  fleet.start(number);
}

void Faults::step_calendar(std::uint32_t number, Duration by) {
  run_.fleet().step_calendar(number, by);
  steps_[number] += by;
}

std::vector<bool> Faults::sides_of(double share) const {
  std::vector<bool> sides(run_.fleet().size());
  const double border = share * run_.plan().nodes;
  for (std::uint32_t number = 0; number < sides.size(); ++number) sides[number] = number < border;
  return sides;
}

void Faults::trace(Index index, TraceKind kind) {
  if (!run_.is_traced()) return;
  const Fault& fault = run_.plan().faults[index];
  TraceEvent event{.kind = kind, .fault = static_cast<std::uint32_t>(index)};
  if (fault.kind != FaultKind::split) event.node = fault.node;
  if (is_of_a_link(fault.kind)) event.other = fault.other;
  event.text = "#" + std::to_string(index) + " " + std::string(to_text(fault.kind));
  run_.trace(std::move(event));
}

}  // namespace mycel::sim
