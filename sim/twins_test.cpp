// Twins tell different peers different things; what honest readers believe stays one.

#include "sim/twins.hpp"

#include <set>

#include <gtest/gtest.h>

#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

TEST(Twins, enumerated_seeds_are_all_different_and_drawn_ones_stay_within_seven_instances) {
  std::set<std::vector<Parting>> seen;
  for (std::uint64_t seed = 1; seed <= twins_enumerated; ++seed)
    EXPECT_TRUE(seen.insert(draw_twins(seed).rounds).second) << seed;
  for (std::uint64_t seed = twins_enumerated + 1; seed < twins_enumerated + 200; ++seed) {
    const TwinsPlan plan = draw_twins(seed);
    EXPECT_LE(plan.instances(), 8U);
    EXPECT_GE(plan.rounds.size(), 2U);
  }
}

TEST(Twins, readers_agree_after_every_parting) {
  for (const std::uint64_t seed : {1U, 77U, 1234U, 4096U, 5000U, 5001U, 5002U, 5003U}) {
    const TwinsOutcome outcome = run_twins(seed);
    EXPECT_EQ(outcome.violations, std::vector<std::string>{}) << "seed " << seed;
    EXPECT_GT(outcome.rival_values, 0U) << "seed " << seed;
  }
}

TEST(Twins, one_seed_is_one_run) {
  EXPECT_EQ(run_twins(5001).fingerprint, run_twins(5001).fingerprint);
  EXPECT_NE(run_twins(5001).fingerprint, run_twins(5002).fingerprint);
}

TEST(Twins, readers_who_order_rivals_differently_are_caught) {
  const auto prefer_the_first = [](Fleet& fleet) {
    fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
      for (dht::Namespace& space : setup.dht.namespaces)
        space.better = [](ByteView key, ByteView a, ByteView b) {
          const auto order = open_sealed(key, a) <=> open_sealed(key, b);
          return order > 0 ? 1 : order < 0 ? -1 : 0;
        };
    });
  };
  std::size_t caught = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    caught += run_twins(draw_twins(seed), prefer_the_first).violations.empty() ? 0 : 1;
  EXPECT_GT(caught, 0U);
}

}  // namespace
}  // namespace mycel::sim
