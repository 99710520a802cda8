#pragma once
// `mycel sim`: the simulated world from the command line.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

int run_simulation(const Arguments& arguments);

}  // namespace mycel::app
