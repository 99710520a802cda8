#pragma once
// Bugs that are planted to see whether the judges find them: mutated machines and setups, brought
// in through the fleet's hooks. Production code knows nothing of them.
// docs/planted-bugs.md says which scenario and seed finds which.

#include <string>
#include <string_view>
#include <vector>

#include "sim/fleet.hpp"

namespace mycel::sim::planted {

std::vector<std::string> names();
/// One sentence; empty when there is no such bug.
std::string_view describe(std::string_view name);
/// Every node has the bug from its next start on. After all other hooks were added, so that nothing
/// takes it back. False when there is no such bug.
bool plant(Fleet& fleet, std::string_view name);

}  // namespace mycel::sim::planted
