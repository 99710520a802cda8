#pragma once
// A run as one picture: virtual time from left to right, a lane for each node, and what happened in
// it. Above 60 nodes a lane stands for several. SVG 1.1 with nothing outside the file.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/reduction.hpp"
#include "sim/trace.hpp"

namespace mycel::sim {

struct PlotFacts {
  std::uint64_t fingerprint = 0;
  Duration simulated{};
};

/// `events` are those of one run, in order; deliveries are not drawn.
std::string plot(const Reduced& reduced, const std::vector<TraceEvent>& events,
                 const PlotFacts& facts);

}  // namespace mycel::sim
