#pragma once
// Parameters of the DHT that belong together, under one name.

#include "node/config/config.hpp"

namespace mycel::config {

/// Sets what the preset speaks of and leaves the rest alone.
void use_preset(Config& config, DhtPreset preset);

}  // namespace mycel::config
