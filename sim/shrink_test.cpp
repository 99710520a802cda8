// Failures whose cause is known are shrunk to that cause; a plan survives being written as options.

#include "sim/shrink.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel::sim {
namespace {

Plan drawn_plan(std::uint32_t nodes, std::uint32_t faults) {
  Plan plan{.scenario = "test", .seed = 7, .nodes = nodes, .safety = 120s, .converge = 60s};
  for (std::uint32_t i = 0; i < faults; ++i)
    plan.faults.push_back({.kind = static_cast<FaultKind>(i % fault_kind_count),
                           .at = std::chrono::seconds(i),
                           .lasts = 5s,
                           .node = (i * 7) % nodes,
                           .other = (i * 7 + 1) % nodes});
  for (std::uint32_t i = 0; i < 4; ++i)
    plan.liars.push_back({.node = i, .kind = static_cast<LiarKind>(i)});
  return plan;
}

bool has_fault(const Plan& plan, Duration at) {
  return std::any_of(plan.faults.begin(), plan.faults.end(),
                     [at](const Fault& fault) { return fault.at == at; });
}

TEST(Shrink, two_faults_that_fail_together_are_all_that_is_left) {
  const Plan plan = drawn_plan(20, 40);
  const auto shrunk =
      shrink(plan, {}, [](const Plan& p) { return has_fault(p, 13s) && has_fault(p, 31s); }, {});
  EXPECT_EQ(shrunk.left.faults, (Numbers{13, 31}));
  EXPECT_TRUE(shrunk.left.liars.empty());
  EXPECT_EQ(shrunk.left.plan.safety, 1s);
  EXPECT_TRUE(shrunk.is_smallest);
  // 13 resets 11 and 12 are cut off by 31's kind; whoever is named stays, and three at least.
  EXPECT_LE(shrunk.left.plan.nodes, 4U);
  EXPECT_LT(shrunk.runs, 200U);
}

TEST(Shrink, a_failure_without_a_cause_in_the_plan_leaves_an_empty_one) {
  const auto shrunk = shrink(drawn_plan(16, 9), {}, [](const Plan&) { return true; }, {});
  EXPECT_TRUE(shrunk.left.plan.faults.empty());
  EXPECT_TRUE(shrunk.left.plan.liars.empty());
  EXPECT_EQ(shrunk.left.plan.nodes, nodes_min);
  EXPECT_EQ(to_options(shrunk.reduction),
            " --without-nodes 3..15 --keep-faults none --keep-liars none --safety 1s");
}

TEST(Shrink, a_liar_and_a_crowd_that_are_needed_stay) {
  const auto shrunk =
      shrink(drawn_plan(32, 12), {},
             [](const Plan& p) {
               return p.nodes >= 11 && p.safety >= 20s &&
                      std::any_of(p.liars.begin(), p.liars.end(),
                                  [](const Liar& liar) { return liar.kind == LiarKind::delay; });
             },
             {});
  EXPECT_EQ(shrunk.left.plan.nodes, 11U);
  EXPECT_EQ(shrunk.left.liars, Numbers{2});
  EXPECT_EQ(shrunk.left.plan.safety, 30s);
}

TEST(Shrink, it_ends_after_the_allowed_runs_and_keeps_what_it_has) {
  std::size_t runs = 0;
  const auto shrunk = shrink(
      drawn_plan(64, 64), {},
      [&](const Plan& p) {
        runs += 1;
        return p.faults.size() >= 20;
      },
      {}, 12);
  EXPECT_EQ(runs, 12U);
  EXPECT_EQ(shrunk.runs, 12U);
  EXPECT_FALSE(shrunk.is_smallest);
  EXPECT_GE(shrunk.left.plan.faults.size(), 20U);
}

TEST(Shrink, every_single_fault_that_is_left_is_needed) {
  Rng rng(5);
  for (int round = 0; round < 50; ++round) {
    const Plan plan = drawn_plan(12, 30);
    std::vector<Duration> needed;
    for (int i = 0; i < 3; ++i) needed.push_back(std::chrono::seconds(rng.below(30)));
    const StillFails fails = [&](const Plan& p) {
      return std::all_of(needed.begin(), needed.end(),
                         [&](Duration at) { return has_fault(p, at); });
    };
    const auto shrunk = shrink(plan, {}, fails, {});
    ASSERT_TRUE(fails(shrunk.left.plan));
    for (const std::uint32_t fault : shrunk.left.faults) {
      Reduction without = shrunk.reduction;
      std::erase(*without.faults, fault);
      EXPECT_FALSE(fails(reduce(plan, without).plan));
    }
  }
}

TEST(Reduction, faults_of_a_removed_node_go_and_the_rest_is_renumbered) {
  Plan plan = drawn_plan(6, 0);
  plan.liars.clear();
  plan.faults = {{.kind = FaultKind::crash, .at = 1s, .node = 2},
                 {.kind = FaultKind::cut, .at = 2s, .node = 4, .other = 2},
                 {.kind = FaultKind::cut, .at = 3s, .node = 4, .other = 5},
                 {.kind = FaultKind::split, .at = 4s, .node = 2, .amount = 0.5}};
  const auto reduced = reduce(plan, {.without_nodes = {2}});
  EXPECT_EQ(reduced.faults, (Numbers{2, 3}));
  EXPECT_EQ(reduced.nodes, (Numbers{0, 1, 3, 4, 5}));
  EXPECT_EQ(reduced.plan.nodes, 5U);
  EXPECT_EQ(reduced.plan.faults[0].node, 3U);
  EXPECT_EQ(reduced.plan.faults[0].other, 4U);
}

TEST(Reduction, numbers_survive_being_written_and_read) {
  for (const Numbers& numbers :
       {Numbers{}, Numbers{0}, Numbers{0, 1}, Numbers{3, 4, 5}, Numbers{0, 2, 3, 4, 9, 10}}) {
    const auto read = parse_numbers(to_text(numbers));
    ASSERT_TRUE(read) << to_text(numbers);
    EXPECT_EQ(*read, numbers);
  }
  EXPECT_EQ(to_text(Numbers{0, 2, 3, 4, 9, 10}), "0,2..4,9,10");
  for (const char* wrong : {"", "a", "3,", "1..", "5..3", "1,,2", "-1", "9999999999", "0..2000000"})
    EXPECT_FALSE(parse_numbers(wrong)) << wrong;
}

}  // namespace
}  // namespace mycel::sim
