#include "sim/datagram_fleet.hpp"

#include <cmath>
#include <utility>

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
  switch (fault.kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return take_down(fault.kind, fault.node);
    case FaultKind::pause:
      if (place.node) place.node->timers().pause();
      return place.node != nullptr;
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
      network_.set_split(sides_of(fault, size()));
      return true;
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
    case FaultKind::disk_full:
      place.disk.set_full(true);
      return true;
    case FaultKind::disk_slow:
      place.disk.set_slow(static_cast<std::uint32_t>(fault.amount));
      return true;
    case FaultKind::disk_unsynced:
      place.disk.set_unsynced(true);
      return true;
    case FaultKind::disk_torn:
      place.disk.set_torn(true);
      return true;
    case FaultKind::slow_link:
    case FaultKind::stall_link:
    case FaultKind::reset:
    case FaultKind::nat:
      return false;  // no scenario of this cut has them
  }
  return false;
}

void DatagramFleet::heal(FaultKind kind, std::uint32_t node, std::uint32_t other) {
  Place& place = places_[node];
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::wipe:
    case FaultKind::stop:
      return start(node);
    case FaultKind::pause:
      if (place.node) place.node->timers().resume();
      return;
    case FaultKind::isolate:
      return network_.set_isolated(node, false);
    case FaultKind::cut:
      return network_.set_cut(node, other, false);
    case FaultKind::cut_one_way:
      return network_.set_cut_one_way(node, other, false);
    case FaultKind::split:
      return network_.set_split({});
    case FaultKind::clock_drift:
      apply({.kind = FaultKind::clock_drift, .node = node});
      return;
    case FaultKind::disk_full:
      return make_room(node);
    case FaultKind::disk_slow:
      return place.disk.set_slow(1);
    case FaultKind::disk_unsynced:
      return place.disk.set_unsynced(false);
    case FaultKind::disk_torn:
      return place.disk.set_torn(false);
    case FaultKind::slow_link:
    case FaultKind::stall_link:
    case FaultKind::reset:
    case FaultKind::nat:
    case FaultKind::move:
    case FaultKind::clock_step:
      return;  // they have no end
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
