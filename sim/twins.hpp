#pragma once
// Twins: one or two of a few nodes live twice, with the same keys at different addresses, and every
// one runs the honest code. In each round the network falls into groups in another way, so that the
// twins tell different peers different things without anybody writing a lie. Then it heals.
// Source: Bano and others, Twins: BFT Systems Made Robust (2021), §4.
//
// A run takes milliseconds: breadth is the point. The first `twins_enumerated` seeds are every way
// to part four nodes and one twin in two groups over three rounds; later ones draw.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "foundation/base/time.hpp"

#include "sim/fleet.hpp"

namespace mycel::sim {

/// Which group each instance stands in.
using Parting = std::vector<std::uint8_t>;

struct TwinsPlan {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 4;             ///< with keys of their own
  std::vector<std::uint32_t> twinned;  ///< instance `nodes + i` has the keys of node `twinned[i]`
  std::vector<Parting> rounds;

  std::uint32_t instances() const { return nodes + static_cast<std::uint32_t>(twinned.size()); }
};

struct TwinsOutcome {
  std::uint64_t fingerprint = 0;
  std::vector<std::string> violations;
  Duration simulated{};
  std::uint64_t deliveries = 0;
  std::uint64_t gets = 0;
  std::uint64_t rival_values = 0;  ///< keys for which twins published two values of one version
};

inline constexpr std::uint64_t twins_enumerated = 4096;  // 2^(5-1) partings of five, three rounds

TwinsPlan draw_twins(std::uint64_t seed);
/// `prepare` may bend the nodes before they start; it may be empty.
TwinsOutcome run_twins(const TwinsPlan& plan, const std::function<void(Fleet&)>& prepare = {});
TwinsOutcome run_twins(std::uint64_t seed);

}  // namespace mycel::sim
