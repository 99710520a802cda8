// Whole nodes over the real QUIC, in every kind of weather.

#include "sim/datagram_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/datagram_node.hpp"
#include "sim/summary.hpp"

namespace mycel::sim {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;

Outcome run_toml(const std::string& toml, std::uint64_t seed, const Watch& watch = {}) {
  const auto scenario = parse_scenario("cut = \"datagrams\"\n" + toml, "test");
  EXPECT_TRUE(scenario) << scenario.error();
  return run(*scenario, draw(*scenario, seed), watch);
}

std::uint64_t count(const Outcome& outcome, const std::string& what) {
  const auto found = outcome.counts.find(what);
  return found == outcome.counts.end() ? 0 : found->second;
}

/// One trouble each, and all at once. A lane has one message on its way, so a far way gets fewer; a
/// narrow one gets larger ones, which wait for it but seldom overflow its queue.
struct Condition {
  std::string name;
  std::string toml;
};
const std::string five = "nodes = 5\n";
/// Ten nodes are killed, and one is there all the time.
const std::string eleven = "nodes = 11\n";
const std::string kills = "[faults.crash]\ncount = 10\nlasts = \"5s\"\n";

class InWeather : public testing::TestWithParam<Condition> {};

TEST_P(InWeather, messages_arrive_whole_and_in_order_and_all_nodes_meet_again) {
  const Outcome outcome = run_toml(GetParam().toml, 1);
  SCOPED_TRACE(details(outcome));
  for (const Violation& violation : outcome.violations)
    ADD_FAILURE() << violation.judge << ": " << violation.what;
  EXPECT_EQ(outcome.figures.at("message").failed, 0U);
  EXPECT_GE(outcome.figures.at("message").count, 290U);
  EXPECT_GE(outcome.figures.at("get at the end").count, 20U);
}

INSTANTIATE_TEST_SUITE_P(
    DatagramRun, InWeather,
    testing::Values(Condition{"quiet", five}, Condition{"loss", five + "[weather]\nloss = 0.3"},
                    Condition{"delay", five + "[weather]\ndelay = \"100ms\""},
                    Condition{"narrow", five + "[weather]\nrate = 125000\n"
                                               "[mail]\nevery = \"250ms\"\nsize = 10000"},
                    Condition{"far", five + "[weather]\ndelay = \"400ms\"\nrate = 125000\n"
                                            "[mail]\nevery = \"1s\"\nsize = 10000"},
                    Condition{"doubled", five + "[weather]\ndoubled = 0.2"},
                    Condition{"reordered", five + "[weather]\njitter = \"60ms\""},
                    Condition{"damaged", five + "[weather]\ndamaged = 0.05"},
                    Condition{"churn", eleven + kills},
                    Condition{"chaos",
                              eleven + kills +
                                  "[weather]\ndelay = \"100ms\"\njitter = \"20ms\"\nloss = 0.3\n"
                                  "doubled = 0.02\ndamaged = 0.02\nrate = 125000\n"
                                  "[mail]\nevery = \"500ms\""}),
    [](const auto& each) { return each.param.name; });

// What the weather is made of does happen, and the judges see it when it is not cured.

TEST(DatagramRun, every_kind_of_bad_weather_really_meets_the_packets) {
  const Outcome outcome = run_toml(
      "[time]\nsafety = \"10s\"\n[weather]\nloss = 0.3\njitter = \"20ms\"\n"
      "doubled = 0.02\ndamaged = 0.02\nrate = 50000\n[faults.crash]\ncount = 3\n"
      "lasts = \"5s\"",
      2);
  SCOPED_TRACE(details(outcome));
  EXPECT_GT(count(outcome, "packets lost"), count(outcome, "packets sent") / 10);
  for (const char* const what : {"packets doubled", "packets damaged", "packets overtaken",
                                 "packets for nobody", "messages sent again"})
    EXPECT_GT(count(outcome, what), 0U) << what;
}

TEST(DatagramRun, every_fault_of_its_cut_happens_and_is_traced_and_all_recover) {
  std::string toml = "nodes = 6\n[time]\nsafety = \"60s\"\n";
  std::size_t kinds = 0;
  for (std::size_t i = 0; i < fault_kind_count; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    if (!is_in_datagram_cut(kind)) continue;
    kinds += 1;
    toml += "[faults." + std::string(to_text(kind)) + "]\ncount = 3\nlasts = \"5s\"\n";
    if (kind == FaultKind::split) toml += "amount = 0.5\n";
    if (kind == FaultKind::clock_drift) toml += "amount = 20000\n";
    if (kind == FaultKind::clock_step) toml += "amount = [-60, 60]\n";
    if (kind == FaultKind::disk_slow) toml += "amount = 50\n";
  }
  std::size_t began = 0;
  const Outcome outcome = run_toml(
      toml, 3,
      {.progress = {},
       .trace = [&](const TraceEvent& event) { began += event.kind == TraceKind::fault_begins; },
       .is_full_trace = false,
       .prepare = {}});
  SCOPED_TRACE(details(outcome));
  for (const Violation& violation : outcome.violations)
    ADD_FAILURE() << violation.judge << ": " << violation.what;
  EXPECT_EQ(outcome.faults.size(), kinds);
  std::size_t happened = 0;
  for (const auto& [kind, times] : outcome.faults) happened += times;
  EXPECT_EQ(began, happened);
}

TEST(DatagramRun, a_node_that_moved_twice_and_one_that_moved_once_find_each_other_again) {
  const Outcome outcome = run_toml("nodes = 4\n[faults.move]\ncount = 8", 2);
  SCOPED_TRACE(details(outcome));
  for (const Violation& violation : outcome.violations)
    ADD_FAILURE() << violation.judge << ": " << violation.what;
  EXPECT_GE(outcome.faults.at("move"), 2U);
}

TEST(DatagramRun, a_mesh_that_has_no_time_to_recover_is_a_violation) {
  const Outcome outcome = run_toml(
      "nodes = 5\n[time]\nsafety = \"40s\"\nconverge = \"1ms\"\n[faults.isolate]\ncount = 2\n"
      "lasts = \"10m\"",
      3);
  SCOPED_TRACE(details(outcome));
  EXPECT_THAT(outcome.violations, Contains(Field(&Violation::judge, "recovers")));
  EXPECT_THAT(outcome.violations, Contains(Field(&Violation::what, HasSubstr("ways are silent"))));
}

TEST(DatagramNode, refuses_to_start_from_a_damaged_disk) {
  World world(1);
  DatagramNetwork network(world, {});
  Disk disk;
  disk.set_damaged(true);
  const Clock clock;
  DatagramNode node(world, network, {disk, clock}, 0, 0, {});
  const auto started = node.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().text.find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace mycel::sim
