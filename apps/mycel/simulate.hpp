#pragma once
// `mycel sim`: the simulated world from the command line.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// Exit codes: done when no judge found anything, refused when one did.
int run_simulation(const Arguments& arguments);
int list_scenarios(const Arguments& arguments);
int count_costs(const Arguments& arguments);

}  // namespace mycel::app
