#pragma once
// Threads have names in the system's lists, so that an operator sees which one is busy.

#include <string>

namespace mycel::os {

/// The kernel keeps the first 15 characters.
void name_this_thread(const std::string& name);

}  // namespace mycel::os
