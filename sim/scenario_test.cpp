// A scenario is read or says what is wrong with it, and a seed draws the same plan every time.

#include "sim/scenario.hpp"

#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view toml) {
  const auto scenario = parse_scenario(toml, "mine.toml");
  return scenario ? "" : scenario.error();
}

TEST(Scenario, every_shipped_one_can_be_read_and_says_what_it_is_about) {
  ASSERT_THAT(scenario_names(), testing::Contains("chaos"));
  for (const std::string& name : scenario_names()) {
    const auto scenario = find_scenario(name);
    ASSERT_TRUE(scenario) << scenario.error();
    EXPECT_NE(scenario->about, "") << name;
    EXPECT_TRUE(scenario->packets || !scenario->workloads.empty()) << name;
  }
}

TEST(Scenario, an_error_names_the_file_the_key_and_what_is_allowed) {
  EXPECT_THAT(error_of("nodes = 0"), HasSubstr("mine.toml: nodes must be a whole number from 1"));
  EXPECT_THAT(error_of("nodes = [9, 3]"), HasSubstr("nodes must not begin with the greater"));
  EXPECT_THAT(error_of("nods = 3"), HasSubstr("nods is not known; known are about"));
  EXPECT_THAT(error_of("[faults.crsh]\ncount = 1"),
              HasSubstr("faults.crsh is not known; known are crash, wipe"));
  EXPECT_THAT(error_of("[faults.crash]\nlasts = 20"),
              HasSubstr("faults.crash.lasts must be a time like \"30s\""));
  EXPECT_THAT(error_of("[faults.crash]\namount = 20"),
              HasSubstr("faults.crash.amount is not known"));
  EXPECT_THAT(error_of("[faults.split]\namount = 1.5"),
              HasSubstr("faults.split.amount must be a number from 0 to 1"));
  EXPECT_THAT(error_of("judges = [\"fair\"]"), HasSubstr("judges must be a list of"));
  EXPECT_THAT(error_of("nodes = "), HasSubstr("mine.toml: line 1"));
  EXPECT_THAT(find_scenario("/no/such/file").error(), HasSubstr("neither a scenario (calm, "));
}

TEST(Scenario, each_cut_has_keys_of_its_own) {
  const auto packets = parse_scenario(
      "cut = \"datagrams\"\n[weather]\nloss = 0.5\n[mail]\nevery = \"2s\"\n[faults.move]\ncount = "
      "1",
      "packets");
  ASSERT_TRUE(packets) << packets.error();
  const Plan plan = draw(*packets, 1);
  ASSERT_TRUE(plan.packets);
  EXPECT_EQ(plan.packets->weather.loss, 0.5);
  EXPECT_EQ(plan.packets->mail_every, 2s);
  EXPECT_EQ(plan.faults.size(), 1U);
  EXPECT_FALSE(draw(*parse_scenario("cut = \"links\"", "links"), 1).packets);
  EXPECT_THAT(error_of("cut = \"wires\""), HasSubstr("cut must be \"links\" or \"datagrams\""));
  EXPECT_THAT(error_of("[weather]\nloss = 0.5"), HasSubstr("weather is not known"));
  EXPECT_THAT(error_of("cut = \"datagrams\"\n[liars]\nshare = 0.5"),
              HasSubstr("liars is not known"));
  EXPECT_THAT(error_of("cut = \"datagrams\"\nnodes = 100"), HasSubstr("from 2 to 64"));
  EXPECT_THAT(error_of("cut = \"datagrams\"\n[weather]\nloss = 1.5"),
              HasSubstr("weather.loss must be a number from 0 to 1"));
  EXPECT_THAT(error_of("cut = \"datagrams\"\n[faults.stall_link]\ncount = 1"),
              HasSubstr("faults.stall_link is not known"));
}

TEST(Scenario, in_a_swarm_the_weather_too_is_now_there_and_now_not) {
  const auto scenario = find_scenario("datagrams");
  ASSERT_TRUE(scenario);
  std::set<std::pair<bool, bool>> seen;
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    const Weather weather = draw(*scenario, seed).packets->weather;
    EXPECT_LE(weather.loss, scenario->packets->loss.high);
    seen.emplace(weather.loss > 0, weather.rate_bytes_per_s > 0);
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(Scenario, the_same_seed_draws_the_same_plan_and_another_seed_another) {
  const auto chaos = find_scenario("chaos");
  ASSERT_TRUE(chaos);
  const Plan first = draw(*chaos, 7);
  const Plan again = draw(*chaos, 7);
  ASSERT_EQ(first.faults.size(), again.faults.size());
  for (std::size_t i = 0; i < first.faults.size(); ++i) {
    EXPECT_EQ(first.faults[i].kind, again.faults[i].kind);
    EXPECT_EQ(first.faults[i].at, again.faults[i].at);
    EXPECT_EQ(first.faults[i].amount, again.faults[i].amount);
  }
  EXPECT_NE(first.faults.size(), draw(*chaos, 8).faults.size());
}

std::vector<Duration> times_of(FaultKind kind, const Plan& plan) {
  std::vector<Duration> times;
  for (const Fault& fault : plan.faults)
    if (fault.kind == kind) times.push_back(fault.at);
  return times;
}

TEST(Scenario, a_change_to_one_kind_of_fault_leaves_the_others_as_they_were) {
  const std::string crashes = "nodes = 10\n[faults.crash]\ncount = 5\nlasts = \"3s\"\n";
  const auto few = parse_scenario(crashes + "[faults.cut]\ncount = 1", "few");
  const auto many = parse_scenario(crashes + "[faults.cut]\ncount = 50", "many");
  ASSERT_TRUE(few && many);
  EXPECT_EQ(times_of(FaultKind::crash, draw(*few, 1)), times_of(FaultKind::crash, draw(*many, 1)));
  EXPECT_EQ(times_of(FaultKind::cut, draw(*many, 1)).size(), 50U);
}

TEST(Scenario, in_a_swarm_every_kind_is_there_for_some_seeds_and_not_for_others) {
  const auto swarm = parse_scenario(
      "swarm = true\n[faults.crash]\ncount = 1\n[faults.cut]\ncount = 1\nlasts = \"1s\"", "swarm");
  ASSERT_TRUE(swarm);
  std::set<std::pair<bool, bool>> seen;
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    const Plan plan = draw(*swarm, seed);
    seen.emplace(!times_of(FaultKind::crash, plan).empty(),
                 !times_of(FaultKind::cut, plan).empty());
  }
  EXPECT_EQ(seen.size(), 4U);
}

}  // namespace
}  // namespace mycel::sim
