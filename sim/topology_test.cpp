#include "sim/topology.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel::sim {
namespace {

TEST(Topology, has_nodes_everywhere_and_a_pair_is_as_far_from_either_end) {
  const Topology topology(3, {});
  std::set<std::size_t> regions;
  for (std::uint32_t a = 0; a < 100; ++a) {
    regions.insert(topology.region_of(a));
    EXPECT_EQ(topology.round_trip(a, 7), topology.round_trip(7, a));
  }
  EXPECT_EQ(regions.size(), Topology::region_count);
}

TEST(Topology, keeps_to_the_table_within_a_quarter) {
  const Topology topology(3, {});
  std::uint32_t far = 0;
  for (std::uint32_t b = 0; b < 1000; ++b) {
    const auto from = Topology::region_names[topology.region_of(0)];
    const auto to = Topology::region_names[topology.region_of(b)];
    const Duration way = topology.round_trip(0, b);
    if (from == to) {
      EXPECT_GE(way, 2ms);
      EXPECT_LE(way, 2500us);
    }
    EXPECT_LE(way, 385ms * 5 / 4);
    far += way > 40ms ? 1 : 0;
  }
  EXPECT_GT(far, 500U) << "the world is not one room";
}

TEST(Topology, is_scaled_to_the_median_that_was_asked_for) {
  const Topology topology(3, {.round_trip_median = 20ms});
  const Duration median = round_trip_quantile(topology, 2000, 500);
  const Duration p99 = round_trip_quantile(topology, 2000, 990);
  EXPECT_GT(median, 19ms);
  EXPECT_LT(median, 21ms);
  EXPECT_GT(p99, 2 * median);
  std::cout << "round trips: median " << median.count() / 1000 << " us, p99 " << p99.count() / 1000
            << " us\n";
}

TEST(Topology, jitter_is_small_with_a_long_tail) {
  Rng rng(1);
  std::vector<Duration> all;
  for (int i = 0; i < 100'000; ++i) all.push_back(Topology::jitter(200ms, rng.next()));
  std::ranges::sort(all);
  EXPECT_GT(all.front(), 0ms);
  EXPECT_LT(all[50'000], 500us);
  EXPECT_GT(all[99'000], 10ms);
  EXPECT_LT(all[99'000], 40ms);
  EXPECT_GT(all[99'950], 50ms);
  EXPECT_LE(all.back(), 200ms);
}

}  // namespace
}  // namespace mycel::sim
