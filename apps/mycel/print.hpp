#pragma once
// Answers of a node, for people.

#include <string>

#include <boost/json/fwd.hpp>

namespace mycel::app {

/// Prints the answer to `command` on standard output: tables for lists, lines for facts.
void print_answer(const std::string& command, const boost::json::object& answer);

}  // namespace mycel::app
