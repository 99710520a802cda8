// Every planted bug is found by the judges, and without it the same run is clean.

#include "sim/planted.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// As docs/planted-bugs.md has it: the first seed of the scenario that finds the bug.
struct Found {
  std::string plant;
  std::string scenario;
  std::uint64_t seed = 1;
  std::string judge;
};
const std::vector<Found> all_found{
    {"lost_ack", "liars", 1, "promised"},
    {"forged_accept", "liars", 1, "verified"},
    {"one_path", "colluders", 23, "reach"},
    {"stuck_timer", "clocks", 1, "ends"},
    {"two_connections", "connect", 1, "connections"},
    {"leak", "connect", 1, "forgotten"},
    {"stale_value", "liars", 1, "never_older"},
    {"small_quorum", "witness", 1, "witnessed"},
    {"gullible", "witness", 1, "witnessed"},
    {"hasty_check", "cross_check", 20, "accused"},
    {"no_minimum", "hello", 2, "admitted"},
};

std::vector<std::string> judges_that_accuse(const Found& found, bool is_planted) {
  const auto scenario = find_scenario(found.scenario);
  if (!scenario) return {scenario.error()};
  Watch watch;
  if (is_planted)
    watch.prepare = [&](Fleet& fleet) { EXPECT_TRUE(planted::plant(fleet, found.plant)); };
  std::vector<std::string> judges;
  for (const Violation& violation : run(*scenario, draw(*scenario, found.seed), watch).violations)
    if (std::ranges::find(judges, violation.judge) == judges.end())
      judges.push_back(violation.judge);
  return judges;
}

class PlantedBug : public testing::TestWithParam<Found> {};

TEST_P(PlantedBug, is_found_by_its_judge_and_the_same_run_is_clean_without_it) {
  EXPECT_EQ(judges_that_accuse(GetParam(), false), std::vector<std::string>{});
  const auto judges = judges_that_accuse(GetParam(), true);
  EXPECT_NE(std::ranges::find(judges, GetParam().judge), judges.end());
}

INSTANTIATE_TEST_SUITE_P(Planted, PlantedBug, testing::ValuesIn(all_found),
                         [](const auto& each) { return each.param.plant; });

TEST(PlantedBugs, each_has_a_sentence_and_a_seed_that_finds_it) {
  for (const std::string& name : planted::names()) {
    EXPECT_FALSE(planted::describe(name).empty());
    EXPECT_TRUE(std::ranges::any_of(all_found, [&](const Found& found) {
      return found.plant == name;
    })) << name;
  }
}

TEST(PlantedBugs, an_unknown_one_is_refused) {
  World world(1);
  Network network(world, {});
  Fleet fleet(world, network, 1);
  EXPECT_FALSE(planted::plant(fleet, "no_such_bug"));
}

}  // namespace
}  // namespace mycel::sim
