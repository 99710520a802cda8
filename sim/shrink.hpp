#pragma once
// Makes a failing plan small: a person should read five faults on four nodes, not forty on a
// hundred. Works by trying again with less, so it knows nothing of what went wrong.

#include <cstddef>
#include <functional>
#include <string>

#include "sim/reduction.hpp"

namespace mycel::sim {

/// Runs a plan and says whether it fails as the first one did (the same judge).
using StillFails = std::function<bool(const Plan&)>;

struct Shrunk {
  Reduction reduction;
  Reduced left;
  std::size_t runs = 0;
  bool is_smallest = true;  ///< false: `runs_max` were used before nothing more could be left out
};

/// `drawn` reduced by `start` must fail. Leaves out faults, then nodes, then liars, one by one in
/// the end, so that each one left is needed; then shortens the time for faults. Repeats while that
/// helps. `progress` hears one line for each step that went well.
Shrunk shrink(const Plan& drawn, const Reduction& start, const StillFails& still_fails,
              const std::function<void(const std::string&)>& progress, std::size_t runs_max = 500);

}  // namespace mycel::sim
