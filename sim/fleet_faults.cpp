#include "sim/fleet_faults.hpp"

#include <cmath>

#include "sim/shared_faults.hpp"

namespace mycel::sim {
namespace {

std::uint32_t whole(double amount) {
  return static_cast<std::uint32_t>(amount);
}

}  // namespace

bool FleetFaults::apply(const Fault& fault) {
  if (break_ways(network_, fault, fleet_.size()) || break_disk(fleet_.disk(fault.node), fault))
    return true;
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
    default:
      return false;
  }
}

void FleetFaults::heal(FaultKind kind, std::uint32_t node, std::uint32_t other) {
  if (open_ways(network_, kind, node, other) || mend_disk(fleet_.disk(node), kind)) return;
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return fleet_.start(node);
    case FaultKind::pause:
      return fleet_.resume(node);
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
    default:
      return;  // reset, move and clock_step have no end
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
