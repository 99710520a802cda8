// The scenario itself holds, and the fingerprint is what it claims to be.

#include "sim/dht_scenario.hpp"

#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

TEST(DhtScenario, every_record_is_found_and_the_same_seed_is_the_same_run) {
  const auto first = run({.seed = 3, .nodes = 40}, {});
  const auto again = run({.seed = 3, .nodes = 40}, {});
  EXPECT_EQ(first.violations, std::vector<std::string>{});
  EXPECT_EQ(first.found, first.gets);
  EXPECT_EQ(first.found_after_crashes, first.gets_after_crashes);
  EXPECT_EQ(first.fingerprint, again.fingerprint);
  EXPECT_EQ(first.deliveries, again.deliveries);
}

TEST(DhtScenario, another_seed_or_one_changed_byte_is_another_run) {
  const auto base = run({.seed = 3, .nodes = 12}, {});
  EXPECT_NE(base.fingerprint, run({.seed = 4, .nodes = 12}, {}).fingerprint);
  EXPECT_NE(base.fingerprint, run({.seed = 3, .nodes = 12, .flips_a_byte = true}, {}).fingerprint);
}

}  // namespace
}  // namespace mycel::sim
