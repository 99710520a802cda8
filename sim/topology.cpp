#include "sim/topology.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/rng.hpp"

namespace mycel::sim {
namespace {

// Median (P50) round trips in milliseconds between regions of the Azure backbone over the thirty
// days to 29 June 2025: "Azure network round-trip latency statistics", Microsoft Learn,
// learn.microsoft.com/azure/networking/azure-network-latency, as published on 30 June 2025. The
// column is the region that comes first here, the row ("Source") the later one. The page has no
// figure within a region: the 2 ms are what Azure states as the bound between the zones of one
// ("What are availability zones?",
// learn.microsoft.com/azure/reliability/availability-zones-overview).
constexpr std::uint16_t near = 2;
constexpr std::size_t count = Topology::region_count;
using Row = std::array<std::uint16_t, count>;
constexpr std::array<Row, count> milliseconds_upper{{
    // eus cus  wus  brz  uk   ger  saf  uae  ind  sgp  jpn  aus
    {near, 29, 74, 119, 79, 94, 219, 185, 241, 223, 165, 201},
    {0, near, 42, 151, 111, 124, 250, 215, 245, 200, 136, 176},
    {0, 0, near, 178, 147, 158, 277, 253, 230, 171, 107, 141},
    {0, 0, 0, near, 180, 196, 319, 285, 340, 335, 271, 305},
    {0, 0, 0, 0, near, 17, 161, 119, 137, 155, 230, 247},
    {0, 0, 0, 0, 0, near, 165, 119, 141, 157, 219, 247},
    {0, 0, 0, 0, 0, 0, near, 254, 275, 292, 356, 385},
    {0, 0, 0, 0, 0, 0, 0, near, 45, 82, 152, 173},
    {0, 0, 0, 0, 0, 0, 0, 0, near, 58, 125, 152},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, near, 72, 94},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, near, 104},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, near},
}};

// As many pairs as give the quantiles of a table of twelve regions to the millisecond.
constexpr std::uint32_t sampled_nodes = 1000;
constexpr std::uint64_t pairs_max = 1'000'000;

}  // namespace

const std::array<std::string_view, Topology::region_count> Topology::region_names{
    "East US",
    "Central US",
    "West US",
    "Brazil South",
    "UK South",
    "Germany West Central",
    "South Africa North",
    "UAE North",
    "Central India",
    "Southeast Asia",
    "Japan East",
    "Australia East"};

Topology::Topology(std::uint64_t seed, TopologyConfig config) : seed_(seed) {
  if (!config.round_trip_median) return;
  const Duration median = round_trip_quantile(*this, sampled_nodes, 500);
  scale_ = unscaled * static_cast<std::uint64_t>(config.round_trip_median->count()) /
           static_cast<std::uint64_t>(median.count());
}

std::size_t Topology::region_of(std::uint32_t number) const {
  return static_cast<std::size_t>(Rng(seed_ ^ number).below(region_count));
}

Duration Topology::round_trip(std::uint32_t a, std::uint32_t b) const {
  const auto [low, high] = std::minmax(a, b);
  const std::pair<std::size_t, std::size_t> regions = std::minmax({region_of(a), region_of(b)});
  const std::uint64_t base =
      std::uint64_t{milliseconds_upper[regions.first][regions.second]} * 1'000'000;
  const std::uint64_t own = Rng(~seed_ ^ (std::uint64_t{low} << 32 | high)).below(base / 4 + 1);
  return Duration{static_cast<Duration::rep>((base + own) * scale_ / unscaled)};
}

// The number of leading zeros k of a random word has the odds 2^-(k+1), so a delay that doubles
// with k has the long tail of a queue: half as many are twice as late.
Duration Topology::jitter(Duration round_trip, std::uint64_t draw) {
  constexpr int tail_max = 9;
  const int tail = std::min(std::countl_zero(draw), tail_max);
  const Duration unit = round_trip / 2 / 512;
  const auto part = static_cast<Duration::rep>(draw & 1023);
  return unit * (1 << tail) + unit * (1 << tail) * part / 1024;
}

Duration round_trip_quantile(const Topology& topology, std::uint32_t nodes,
                             std::uint32_t per_mille) {
  check(nodes >= 2 && per_mille <= 1000, "there is a pair, and a share of it");
  const std::uint64_t pairs = std::uint64_t{nodes} * (nodes - 1) / 2;
  std::vector<Duration> all;
  if (pairs <= pairs_max) {
    for (std::uint32_t a = 0; a < nodes; ++a)
      for (std::uint32_t b = 0; b < a; ++b) all.push_back(topology.round_trip(a, b));
  } else {
    Rng rng(nodes);
    while (all.size() < pairs_max) {
      const auto a = static_cast<std::uint32_t>(rng.below(nodes));
      const auto b = static_cast<std::uint32_t>(rng.below(nodes));
      if (a != b) all.push_back(topology.round_trip(a, b));
    }
  }
  const std::size_t index = std::min(all.size() - 1, all.size() * per_mille / 1000);
  std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(index));
  return all[index];
}

}  // namespace mycel::sim
