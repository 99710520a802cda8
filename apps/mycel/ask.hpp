#pragma once
// Commands that talk to a running node over its control socket.

#include <string>

#include <boost/json/object.hpp>

#include "runtime/http/message.hpp"

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// Asks the node and prints its answer; returns the exit code.
int ask(const Arguments& arguments);

/// What a node answered: an object, also when it refuses.
struct Answer {
  unsigned status = 200;
  boost::json::object body;
};
/// Why there is no answer.
struct Failure {
  int code = refused;
  std::string text;
  std::string reason;
};
/// One question, for commands that ask several.
Result<Answer, Failure> ask_node(const Arguments& arguments, const std::string& socket,
                                 const http::Request& question);
/// Says why on standard error, or as JSON; returns `code`.
int fail(const Arguments& arguments, int code, const std::string& text, const std::string& reason);

}  // namespace mycel::app
