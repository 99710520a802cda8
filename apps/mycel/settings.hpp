#pragma once
// The configuration that the flags of a command line make.

#include "node/config/config.hpp"

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// Defaults, then --config, then the flags; prints what is wrong and returns none.
std::optional<config::Config> configuration(const Arguments& arguments);
/// The control socket of the node that the flags mean; none and a printed reason when unclear.
std::optional<std::string> control_socket(const Arguments& arguments);
/// The data folder that the flags mean.
std::optional<config::Paths> paths_of(const config::Config& config);

}  // namespace mycel::app
