#pragma once
// The node's counters in Prometheus' text format.

#include <string>

#include "node/daemon/daemon.hpp"

namespace mycel::control {

std::string metrics_text(const daemon::Daemon& daemon);

}  // namespace mycel::control
