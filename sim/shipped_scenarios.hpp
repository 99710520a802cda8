#pragma once
// The scenarios of sim/scenarios as the build found them; CMake writes the .cpp.

#include <string_view>
#include <vector>

namespace mycel::sim {

struct ShippedScenario {
  std::string_view name;  ///< of the file, without .toml
  std::string_view toml;
};
/// By name.
const std::vector<ShippedScenario>& shipped_scenarios();

}  // namespace mycel::sim
