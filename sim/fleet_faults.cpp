#include "sim/fleet_faults.hpp"

#include <cmath>

namespace mycel::sim {
namespace {

std::uint32_t whole(double amount) {
  return static_cast<std::uint32_t>(amount);
}

}  // namespace

bool FleetFaults::apply(const Fault& fault) {
  const bool was_up = fleet_.is_up(fault.node);
  switch (fault.kind) {
    case FaultKind::crash:
      fleet_.crash(fault.node);
      return was_up;
    case FaultKind::wipe:
      fleet_.wipe(fault.node);
      return true;
    case FaultKind::stop:
      fleet_.stop(fault.node);
      return was_up;
    case FaultKind::pause:
      fleet_.pause(fault.node);
      return was_up;
    case FaultKind::isolate:
      network_.set_isolated(fault.node, true);
      return true;
    case FaultKind::cut:
      network_.set_cut(fault.node, fault.other, true);
      return true;
    case FaultKind::cut_one_way:
      network_.set_cut_one_way(fault.node, fault.other, true);
      return true;
    case FaultKind::split:
      network_.set_split(sides_of(fault, fleet_.size()));
      return true;
    case FaultKind::slow_link:
      network_.set_rate(fault.node, fault.other, whole(fault.amount));
      return true;
    case FaultKind::stall_link:
      network_.set_stalled(fault.node, fault.other, true);
      return true;
    case FaultKind::reset:
      return network_.reset_between(fault.node, fault.other) > 0;
    case FaultKind::move:
      network_.move(fault.node);
      return was_up;
    case FaultKind::nat:
      network_.set_nat(fault.node, static_cast<NatKind>(whole(fault.amount)));
      return true;
    case FaultKind::clock_drift:
      fleet_.set_drift(fault.node, std::llround(fault.amount));
      return true;
    case FaultKind::clock_step:
      fleet_.step_calendar(fault.node, std::chrono::seconds(std::llround(fault.amount)));
      return true;
    case FaultKind::disk_full:
      fleet_.disk(fault.node).set_full(true);
      return true;
    case FaultKind::disk_slow:
      fleet_.disk(fault.node).set_slow(whole(fault.amount));
      return true;
    case FaultKind::disk_unsynced:
      fleet_.disk(fault.node).set_unsynced(true);
      return true;
    case FaultKind::disk_torn:
      fleet_.disk(fault.node).set_torn(true);
      return true;
  }
  return false;
}

void FleetFaults::heal(FaultKind kind, std::uint32_t node, std::uint32_t other) {
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return fleet_.start(node);
    case FaultKind::pause:
      return fleet_.resume(node);
    case FaultKind::isolate:
      return network_.set_isolated(node, false);
    case FaultKind::cut:
      return network_.set_cut(node, other, false);
    case FaultKind::cut_one_way:
      return network_.set_cut_one_way(node, other, false);
    case FaultKind::split:
      return network_.set_split({});
    case FaultKind::slow_link:
      return network_.set_rate(node, other, 0);
    case FaultKind::stall_link:
      return network_.set_stalled(node, other, false);
    case FaultKind::nat:
      return network_.set_nat(node, std::nullopt);
    case FaultKind::clock_drift:
      return fleet_.set_drift(node, 0);
    case FaultKind::disk_full:
      return make_room(node);
    case FaultKind::disk_slow:
      return fleet_.disk(node).set_slow(1);
    case FaultKind::disk_unsynced:
      return fleet_.disk(node).set_unsynced(false);
    case FaultKind::disk_torn:
      return fleet_.disk(node).set_torn(false);
    case FaultKind::reset:
    case FaultKind::move:
    case FaultKind::clock_step:
      return;  // they have no end
  }
}

// A store that met a full disk stays read-only: whoever makes room starts the node again.
void FleetFaults::make_room(std::uint32_t number) {
  fleet_.disk(number).set_full(false);
  if (!fleet_.is_up(number) || !fleet_.node(number).wiring().store_failure()) return;
  fleet_.stop(number);
  fleet_.start(number);
}

}  // namespace mycel::sim
