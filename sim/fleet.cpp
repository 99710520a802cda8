#include "sim/fleet.hpp"

#include <utility>

#include "foundation/base/check.hpp"

namespace mycel::sim {

Fleet::Fleet(World& world, Network& network, std::uint32_t count)
    : world_(world), network_(network), rng_(world.fork("fleet")) {
  while (size() < count) add();
}

std::uint32_t Fleet::add() {
  const std::uint32_t number = size();
  places_.push_back(std::make_unique<Place>());
  give_key_of(number, number);
  return number;
}

void Fleet::give_key_of(std::uint32_t number, std::uint32_t whose) {
  Place& place = *places_[number];
  check(!place.node, "a node that runs keeps its keys");
  place.whose = whose;
  place.peer = peer_of_number(whose);
  numbers_.try_emplace(place.peer, number);
}

void Fleet::mark_liar(std::uint32_t number) {
  places_[number]->is_liar = true;
}

void Fleet::start(std::uint32_t number) {
  Place& place = *places_[number];
  if (place.node) return;
  place.starts += 1;
  place.node = std::make_unique<Node>(world_, network_, Node::Machine{place.disk, place.clock},
                                      number, place.whose, place.starts, setup_of(number));
  for (const NodeHook& hook : made_hooks_) hook(*place.node);
  place.node->start();
  for (const NodeHook& hook : started_hooks_) hook(*place.node);
}

void Fleet::crash(std::uint32_t number) {
  if (!is_up(number)) return;
  take_down(number, "crash");
  places_[number]->disk.lose_power(rng_);
}

void Fleet::wipe(std::uint32_t number) {
  crash(number);
  places_[number]->disk.wipe();
  places_[number]->wipes += 1;
}

void Fleet::stop(std::uint32_t number) {
  if (!is_up(number)) return;
  places_[number]->node->stop();
  take_down(number, "stop");
}

// What comes meanwhile waits in the network, as in a socket's buffer.
void Fleet::pause(std::uint32_t number) {
  if (!is_up(number) || is_paused(number)) return;
  places_[number]->is_paused = true;
  places_[number]->node->timers().pause();
  network_.set_paused(number, true);
}

void Fleet::resume(std::uint32_t number) {
  if (!is_up(number) || !is_paused(number)) return;
  places_[number]->is_paused = false;
  places_[number]->node->timers().resume();
  network_.set_paused(number, false);
}

void Fleet::set_drift(std::uint32_t number, std::int64_t ppm) {
  Place& place = *places_[number];
  place.node ? place.node->timers().set_drift(ppm) : place.clock.set_drift(ppm, world_.now());
}

void Fleet::step_calendar(std::uint32_t number, Duration by) {
  Place& place = *places_[number];
  place.node ? place.node->timers().step_calendar(by) : place.clock.step_calendar(by);
}

void Fleet::drop() {
  for (const auto& place : places_) place->node.reset();
}

void Fleet::take_down(std::uint32_t number, std::string_view how) {
  Place& place = *places_[number];
  for (const DownHook& hook : down_hooks_) hook(number, how);
  place.clock = place.node->timers().clock();
  place.node.reset();
  if (std::exchange(place.is_paused, false)) network_.set_paused(number, false);
}

std::vector<std::uint32_t> Fleet::alive() const {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number = 0; number < size(); ++number)
    if (is_up(number)) numbers.push_back(number);
  return numbers;
}

Node& Fleet::node(std::uint32_t number) {
  check(is_up(number), "a node that is asked for runs");
  return *places_[number]->node;
}

std::optional<std::uint32_t> Fleet::number_of(const PeerId& peer) const {
  const auto entry = numbers_.find(peer);
  if (entry == numbers_.end()) return std::nullopt;
  return entry->second;
}

NodeSetup Fleet::setup_of(std::uint32_t number) const {
  NodeSetup setup;
  setup.self = places_[number]->peer;
  for (const SetupHook& hook : setup_hooks_) hook(number, setup);
  return setup;
}

}  // namespace mycel::sim
