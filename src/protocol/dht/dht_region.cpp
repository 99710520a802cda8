// How an operation searches the whole region of its key when the place is crowded.

#include <algorithm>
#include <utility>

#include "foundation/base/probe.hpp"

#include "protocol/dht/dht.hpp"

namespace mycel::dht {

/// Whether the region is searched now: once an operation, and only around a crowded key.
bool Dht::begin_region(Now now, Operation& operation) {
  if (!config_.region.is_enabled || operation.region || operation.is_upkeep) return false;
  const auto nodes = size_.nodes();
  if (!nodes) return false;
  const std::vector<PeerInfo> nearest = operation.lookup.nearest();
  if (!is_crowded(operation.lookup.target(), nearest, *nodes)) return false;
  probe("a region was searched because its key is crowded");
  counters_.crowded_lookups += 1;
  Region& region = operation.region.emplace();
  region.began = now.instant;
  // Half as much again as the replicas need: an estimate may be off by a third.
  region.radius = radius_for(config_.lookup.k * 3 / 2, *nodes);
  const std::vector<PeerInfo> met = operation.lookup.answered_peers();
  for (Bytes& key : keys_in_region(operation.lookup.target(), region.radius, rng_)) {
    const Key point = Key::of(key.view());
    Lookup lookup(config_.lookup, point, self_);
    std::vector<PeerInfo> entry_points =
        table_.nearest(point, config_.lookup.k, RoutingTable::Which::all);
    entry_points.insert(entry_points.end(), met.begin(), met.end());
    lookup.enter(entry_points);
    region.sweeps.push_back({std::move(key), std::move(lookup)});
  }
  return true;
}

void Dht::advance_region(Now now, Operation& operation) {
  Region& region = *operation.region;
  if (is_satisfied(operation)) return end_lookup(now, operation);
  if (!region.is_swept) {
    if (!sweep(now, operation)) return rearm(now, operation);
    region.is_swept = true;
    take_members(operation);
    if (question_of(operation.goal) != MessageType::find_node) ask_members(now, operation);
  }
  if (region.waiting == 0) return end_lookup(now, operation);
  rearm(now, operation);
}

/// Asks whom there is to ask on every sweep; true when all of them are over.
bool Dht::sweep(Now now, Operation& operation) {
  Region& region = *operation.region;
  const bool is_late = now.instant >= region.began + config_.enough_after;
  bool is_over = true;
  for (std::size_t i = 0; i < region.sweeps.size(); ++i) {
    Sweep& sweep = region.sweeps[i];
    for (const PeerInfo& peer : sweep.lookup.next(now.instant)) {
      operation.messages += 1;
      explain_question(now, operation, Purpose::sweep, peer.id, i);
      ask(peer, Purpose::sweep, operation.id, {.type = MessageType::find_node, .key = sweep.key},
          static_cast<std::uint8_t>(i));
    }
    is_over =
        is_over && (sweep.lookup.is_settled() || (is_late && sweep.lookup.waits_for_slow_only()));
  }
  return is_over;
}

/// Everyone who answered within the radius, and the nearest of the first lookup in any case.
void Dht::take_members(Operation& operation) {
  Region& region = *operation.region;
  const Key& target = operation.lookup.target();
  std::map<Distance, PeerInfo> met;
  const auto take = [&](const PeerInfo& peer) {
    const Distance where = distance(Key::of(peer.id), target);
    if (where <= region.radius) met.try_emplace(where, peer);
  };
  for (const PeerInfo& peer : operation.lookup.answered_peers()) take(peer);
  for (const Sweep& sweep : region.sweeps)
    for (const PeerInfo& peer : sweep.lookup.answered_peers()) take(peer);
  for (auto& [where, peer] : met) region.members.push_back(std::move(peer));
  if (region.members.size() <= config_.region.nodes_max) return;
  // Not the nearest: that is where the attacker's are.
  rng_.shuffle(region.members);
  region.members.resize(config_.region.nodes_max);
  std::ranges::sort(region.members, {},
                    [&](const PeerInfo& peer) { return distance(Key::of(peer.id), target); });
}

/// Members that the first lookup has not asked may hold what it did not find.
void Dht::ask_members(Now now, Operation& operation) {
  Region& region = *operation.region;
  for (const PeerInfo& peer : region.members) {
    if (operation.lookup.has_answered(peer.id)) continue;
    region.waiting += 1;
    operation.messages += 1;
    explain_question(now, operation, Purpose::member, peer.id);
    ask(peer, Purpose::member, operation.id,
        {.type = question_of(operation.goal), .key = operation.key});
  }
}

void Dht::on_region_answer(Now now, Operation& operation, const Pending& pending,
                           const Message* message) {
  if (operation.is_storing || !operation.region) return;
  Region& region = *operation.region;
  if (pending.purpose == Purpose::member) {
    region.waiting -= 1;
    if (message != nullptr) gather_answer(now, operation, pending.to.id, *message);
  } else if (!region.is_swept) {
    Lookup& lookup = region.sweeps[pending.sweep].lookup;
    if (message == nullptr) {
      lookup.on_failure(pending.to.id);
    } else {
      lookup.on_answer(pending.to.id, message->closer);
    }
  }
  advance_region(now, operation);
}

}  // namespace mycel::dht
