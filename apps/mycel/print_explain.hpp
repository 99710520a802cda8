#pragma once
// How a lookup went, for people.

#include <boost/json/fwd.hpp>

namespace mycel::app {

/// Prints what an answer says of its own lookup; nothing when it was not asked to.
void print_explanation(const boost::json::object& answer);

}  // namespace mycel::app
