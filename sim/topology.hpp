#pragma once
// Where the nodes stand in the world, and how long the way between them takes.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/base/time.hpp"

namespace mycel::sim {

struct TopologyConfig {
  /// Shrinks or stretches every way alike, so that half of the pairs are nearer than this.
  std::optional<Duration> round_trip_median = {};
};

/// Every node stands in a region, drawn evenly from its number. All arithmetic is on integers.
class Topology {
 public:
  static constexpr std::size_t region_count = 12;
  static const std::array<std::string_view, region_count> region_names;

  Topology(std::uint64_t seed, TopologyConfig config);

  std::size_t region_of(std::uint32_t number) const;
  /// There and back when nothing disturbs: the table's figure for the two regions, and up to a
  /// quarter more that each pair draws once for the way to its data centres.
  Duration round_trip(std::uint32_t a, std::uint32_t b) const;
  /// What one delivery takes beyond half a round trip of `round_trip`; `draw` is any random word.
  /// Half of them less than 0.5 %, one in a hundred 20 %, one in a thousand twice as long.
  static Duration jitter(Duration round_trip, std::uint64_t draw);

 private:
  std::uint64_t seed_;
  std::uint64_t scale_ = unscaled;
  static constexpr std::uint64_t unscaled = 1U << 16;
};

/// The round trip that `per_mille` of the pairs among `nodes` nodes stay below (sampled evenly when
/// there are more than a million pairs).
Duration round_trip_quantile(const Topology& topology, std::uint32_t nodes,
                             std::uint32_t per_mille);

}  // namespace mycel::sim
