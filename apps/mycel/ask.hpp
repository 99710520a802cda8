#pragma once
// Commands that talk to a running node over its control socket.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// True for a command that ask() can do.
bool is_question(const std::string& command);
/// Asks the node and prints its answer; returns the exit code.
int ask(const Arguments& arguments);

}  // namespace mycel::app
