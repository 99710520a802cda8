#pragma once
// Shrinks a failing run. Each try runs in a process of its own: a plan may end it, and that too is
// a failure that can be made smaller.

#include <optional>
#include <string>

#include "sim/reduction.hpp"
#include "sim/run.hpp"

namespace mycel::app {

/// None when `drawn`, reduced by `start`, does not fail. Tells its progress on stderr.
std::optional<sim::Reduction> shrink_failing(const sim::Scenario& scenario, const sim::Plan& drawn,
                                             const sim::Reduction& start, const std::string& plant);

/// Who looks on at a run with this bug; an empty name is none.
sim::Watch watch_of(const std::string& plant);
/// Empty, or what is wrong with the name of the bug.
std::string check_plant(const std::string& plant);

}  // namespace mycel::app
