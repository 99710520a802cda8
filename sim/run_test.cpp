// A run does what its plan says, is the same run every time, and its judges see what goes wrong.

#include "sim/run.hpp"

#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

using testing::IsEmpty;

Scenario scenario_of(const std::string& toml) {
  const auto scenario = parse_scenario(toml, "test");
  EXPECT_TRUE(scenario) << scenario.error();
  return *scenario;
}

Scenario shipped(const char* name) {
  const auto scenario = find_scenario(name);
  EXPECT_TRUE(scenario) << scenario.error();
  return *scenario;
}

std::vector<std::string> in_words(const std::vector<Violation>& violations) {
  std::vector<std::string> words;
  for (const Violation& one : violations) words.push_back(one.judge + ": " + one.what);
  return words;
}

constexpr const char* small = R"(
nodes = 8
[time]
settle = "5s"
safety = "20s"
converge = "5s"
calm = "10s"
[workload.dht]
every = "2s"
)";

TEST(Run, records_of_crashing_nodes_are_found_and_the_same_seed_is_the_same_run) {
  const Scenario dht = shipped("dht");
  const Plan plan = draw(dht, 3, 40);
  const Outcome first = run(dht, plan);
  const Outcome again = run(dht, plan);
  EXPECT_THAT(in_words(first.violations), IsEmpty());
  EXPECT_EQ(first.faults.at("crash"), 8U);
  EXPECT_GT(first.figures.at("get").count, 100U);
  EXPECT_EQ(first.fingerprint, again.fingerprint);
  EXPECT_EQ(first.deliveries, again.deliveries);
}

TEST(Run, another_seed_or_one_changed_byte_is_another_run) {
  Scenario scenario = scenario_of(small);
  const std::uint64_t base = run(scenario, draw(scenario, 3)).fingerprint;
  EXPECT_NE(base, run(scenario, draw(scenario, 4)).fingerprint);
  scenario.workloads[0].text = "Value";
  EXPECT_NE(base, run(scenario, draw(scenario, 3)).fingerprint);
}

TEST(Run, every_kind_of_fault_happens_and_is_healed) {
  const Scenario chaos = shipped("chaos");
  for (std::size_t i = 0; i < fault_kind_count; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    Plan plan = draw(chaos, 1, 8);
    plan.safety = 20s;
    plan.faults = {{.kind = kind, .at = 5s, .lasts = 30s, .node = 1, .other = 2, .amount = 1}};
    if (kind == FaultKind::slow_link) plan.faults[0].amount = 1000;
    const Outcome outcome = run(chaos, plan);
    EXPECT_THAT(in_words(outcome.violations), IsEmpty()) << to_text(kind);
    EXPECT_EQ(outcome.faults.count(std::string(to_text(kind))), 1U) << to_text(kind);
  }
}

TEST(Run, a_link_that_two_faults_cut_heals_when_both_have_ended) {
  const Scenario scenario = scenario_of(small);
  Plan plan = draw(scenario, 1);
  plan.faults = {{.kind = FaultKind::cut, .at = 1s, .lasts = 4s, .node = 1, .other = 2},
                 {.kind = FaultKind::cut, .at = 2s, .lasts = 10s, .node = 2, .other = 1}};
  std::vector<std::string> told;
  Watch watch;
  watch.trace = [&](const TraceEvent& event) {
    if (event.kind == TraceKind::fault_begins || event.kind == TraceKind::fault_ends)
      told.push_back(event.text);
  };
  run(scenario, plan, watch);
  EXPECT_THAT(told, testing::ElementsAre("#0 cut", "#1 cut", "#0 cut", "#1 cut"));
}

// A part that begins to hold more shows here; larger meshes are in docs/performance.md.
TEST(Run, a_whole_node_of_a_mesh_holds_no_more_than_64_KiB) {
  const Scenario large = shipped("large");
  const Outcome outcome = run(large, draw(large, 1, 60));
  EXPECT_THAT(in_words(outcome.violations), IsEmpty());
  if (outcome.node_bytes == 0) GTEST_SKIP() << "a sanitizer's allocator does not count";
  EXPECT_GT(outcome.node_bytes, 16U * 1024);
  EXPECT_LE(outcome.node_bytes, 64U * 1024);
}

/// The judges that a run has when every node's answers of the DHT are bent.
std::set<std::string> accusers_when(const std::function<void(dht::Message&)>& bend) {
  const Scenario scenario = scenario_of(small);
  Watch watch;
  watch.prepare = [&](Fleet& fleet) {
    fleet.on_made([&](Node& node) {
      node.wiring().dht().bend([&](dht::Output& output, Now) {
        for (dht::Answer& answer : output.early.answers) bend(answer.message);
        for (dht::Answer& answer : output.answers) bend(answer.message);
      });
    });
  };
  std::set<std::string> accusers;
  // More than k, or everybody would hold every record and know everybody.
  for (const Violation& one : run(scenario, draw(scenario, 1, 40), watch).violations)
    accusers.insert(one.judge);
  return accusers;
}

TEST(Run, nodes_that_keep_silent_about_records_they_acknowledged_are_found_out) {
  EXPECT_THAT(accusers_when([](dht::Message& answer) {
                if (answer.type == dht::MessageType::get_value) answer.record.reset();
              }),
              testing::Contains("durable"));
}

TEST(Run, nodes_that_name_only_one_neighbour_are_found_out) {
  EXPECT_THAT(accusers_when([](dht::Message& answer) {
                if (answer.closer.size() > 1) answer.closer.resize(1);
              }),
              testing::Contains("nearest"));
}

}  // namespace
}  // namespace mycel::sim
