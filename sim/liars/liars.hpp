#pragma once
// Makes nodes lie: the machines stay honest, and functions on what they ask for do the lying. The
// rest of the run sees such nodes as not honest and asks nothing of them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "sim/fleet.hpp"
#include "sim/liars/lie.hpp"

namespace mycel::sim {

/// The point on which a grinder wants to sit: that of its victim's id, under which the victim is
/// looked up, unless a scenario says where else.
using VictimKey = std::function<Bytes(std::uint32_t victim)>;

/// Makes liars of the nodes that the plan names, whenever they start. Before any of them does.
void make_liars(World& world, Fleet& fleet, const std::vector<Liar>& liars,
                const VictimKey& victim_key = {}, const LiarConfig& config = {});

/// One node lies from now on. For stories about single liars; it must run already.
void make_liar(Node& node, LiarKind kind, const LieMaker& maker, Rng rng);

/// Of `tries` keys that an attacker draws the number of the one whose id is nearest to `target`.
std::uint32_t ground_key(const dht::Key& target, std::uint32_t tries, Rng rng);

}  // namespace mycel::sim
