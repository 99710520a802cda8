#pragma once
// How strong an attack on lookups is: a share of all nodes lies from the first second, and honest
// nodes with one, three and eight disjoint paths publish, get and look for the nearest.

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "sim/plan.hpp"

namespace mycel::sim {

inline constexpr std::array<std::size_t, 3> attack_paths{1, 3, 8};

struct AttackPlan {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 200;
  std::uint32_t liars_percent = 20;
  LiarKind kind = LiarKind::collude;
  std::uint32_t asks = 100;  ///< gets, and lookups of nearest nodes, for each number of paths
};

struct AttackTally {
  std::uint32_t gets = 0;
  std::uint32_t found = 0;
  std::uint32_t finds = 0;
  std::uint32_t nearest_found = 0;  ///< the honest node nearest to the key is in the result
  std::uint64_t messages = 0;
};

struct AttackOutcome {
  std::array<AttackTally, attack_paths.size()> by_paths;  ///< as attack_paths
};

AttackOutcome attack(const AttackPlan& plan, const std::function<void(std::string)>& progress = {});

}  // namespace mycel::sim
