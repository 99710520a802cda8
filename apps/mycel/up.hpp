#pragma once
// Runs a node in the foreground.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

int run_node(const Arguments& arguments);
/// Prints the effective configuration.
int print_config(const Arguments& arguments);

}  // namespace mycel::app
