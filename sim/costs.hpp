#pragma once
// What operations cost when nothing goes wrong: one at a time in a settled mesh, everything counted
// that the network carries meanwhile. Exact: a change that sends one message more is seen.

#include <cstdint>
#include <map>
#include <string>

#include "foundation/base/time.hpp"

namespace mycel::sim {

/// Of all operations of one kind together.
struct Cost {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  std::uint64_t messages = 0;  ///< deliveries, both ways, with acknowledged credit
  std::uint64_t bytes = 0;     ///< of streams
  Duration time{};             ///< until the user has the answer
};

/// "join" (per node), "put", "get" (the first value, own store first), "get_best_of_5", "find",
/// "provide".
std::map<std::string, Cost> count_costs(std::uint32_t nodes, std::uint64_t seed);

}  // namespace mycel::sim
