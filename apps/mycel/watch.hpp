#pragma once
// Commands that go on: they print what is new until somebody stops them.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// Prints each edition of a card once, as it is found. Ends on Ctrl-C or after `count` editions.
int watch_card(const Arguments& arguments);

}  // namespace mycel::app
