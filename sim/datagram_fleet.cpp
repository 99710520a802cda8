#include "sim/datagram_fleet.hpp"

#include <cmath>
#include <utility>

#include "sim/shared_faults.hpp"

namespace mycel::sim {

void DatagramFleet::start(std::uint32_t number) {
  Place& place = places_[number];
  if (place.node) return;
  place.node = std::make_unique<DatagramNode>(
      world_, network_, Node::Machine{place.disk, place.clock}, number, lives_++, setup_of(number));
  on_start(*place.node, place.node->start());
}

bool DatagramFleet::take_down(FaultKind how, std::uint32_t number) {
  Place& place = places_[number];
  const bool was_up = place.node != nullptr;
  if (was_up && how == FaultKind::stop) place.node->stop();
  if (was_up) {
    place.clock = place.node->timers().clock();
    place.node.reset();
  }
  if (how != FaultKind::stop && was_up) place.disk.lose_power(rng_);
  if (how == FaultKind::wipe) place.disk.wipe();
  disks_harmed_ += how == FaultKind::wipe || (how == FaultKind::crash && was_up) ? 1 : 0;
  if (was_up) on_down(number, to_text(how));
  return was_up || how == FaultKind::wipe;
}

bool DatagramFleet::apply(const Fault& fault) {
  Place& place = places_[fault.node];
  if (break_ways(network_, fault, size()) || break_disk(place.disk, fault)) return true;
  switch (fault.kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return take_down(fault.kind, fault.node);
    case FaultKind::pause:
      if (place.node) place.node->timers().pause();
      return place.node != nullptr;
    case FaultKind::move:
      if (fault.node >= datagram_doors) network_.move(fault.node);
      return fault.node >= datagram_doors;
    case FaultKind::clock_drift: {
      const std::int64_t ppm = std::llround(fault.amount);
      place.node ? place.node->timers().set_drift(ppm) : place.clock.set_drift(ppm, world_.now());
      return true;
    }
    case FaultKind::clock_step: {
      const std::chrono::seconds by(std::llround(fault.amount));
      place.node ? place.node->timers().step_calendar(by) : place.clock.step_calendar(by);
      return true;
    }
    default:
      return false;  // no scenario of this cut has them
  }
}

void DatagramFleet::heal(FaultKind kind, std::uint32_t node, std::uint32_t other) {
  Place& place = places_[node];
  if (open_ways(network_, kind, node, other) || mend_disk(place.disk, kind)) return;
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return start(node);
    case FaultKind::pause:
      if (place.node) place.node->timers().resume();
      return;
    case FaultKind::clock_drift:
      apply({.kind = FaultKind::clock_drift, .node = node});
      return;
    case FaultKind::disk_full:
      return make_room(node);
    default:
      return;  // move and clock_step have no end
  }
}

// A store that met a full disk stays read-only: whoever makes room starts the node again.
void DatagramFleet::make_room(std::uint32_t number) {
  Place& place = places_[number];
  place.disk.set_full(false);
  if (!place.node || !place.node->wiring().store_failure()) return;
  take_down(FaultKind::stop, number);
  start(number);
}

}  // namespace mycel::sim
