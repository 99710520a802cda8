#pragma once
// Commands that talk to a running node over its control socket.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// Asks the node and prints its answer; returns the exit code.
int ask(const Arguments& arguments);

}  // namespace mycel::app
