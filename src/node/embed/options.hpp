#pragma once
// What an embedding program asks for, as a configuration.

#include <string>

#include "foundation/base/result.hpp"

#include "node/config/config.hpp"

#include "mycel/mycel.hpp"

namespace mycel::embed {

/// The error is everything that is wrong, one line a problem.
Result<config::Config, std::string> config_of(const NodeOptions& options);

}  // namespace mycel::embed
