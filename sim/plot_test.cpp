// A picture says what the events said; the lines of a trace explain a violation.

#include "sim/plot.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/timeline.hpp"
#include "sim/trace_text.hpp"

namespace mycel::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

Instant at(Duration span) {
  return Instant{} + span;
}

/// Two nodes; one crashes and comes back, a link is cut meanwhile, and a get fails.
struct Story {
  Plan plan{.scenario = "story", .seed = 9, .nodes = 3, .safety = 20s, .converge = 10s};
  std::vector<TraceEvent> events;

  Story() {
    plan.faults = {{.kind = FaultKind::crash, .at = 2s, .lasts = 3s, .node = 1},
                   {.kind = FaultKind::cut, .at = 4s, .lasts = 4s, .node = 0, .other = 2},
                   {.kind = FaultKind::pause, .at = 9s, .lasts = 2s, .node = 2}};
    events = {
        {.kind = TraceKind::phase, .at = at(0s), .text = "joining"},
        {.kind = TraceKind::node_up, .at = at(0s), .node = 0},
        {.kind = TraceKind::node_up, .at = at(1s), .node = 1},
        {.kind = TraceKind::node_up, .at = at(1s), .node = 2},
        {.kind = TraceKind::connected, .at = at(1s), .node = 1, .other = 0},
        {.kind = TraceKind::fault_begins, .at = at(2s), .node = 1, .fault = 0},
        {.kind = TraceKind::node_down, .at = at(2s), .node = 1, .text = "crash"},
        {.kind = TraceKind::fault_begins, .at = at(4s), .node = 0, .other = 2, .fault = 1},
        {.kind = TraceKind::node_up, .at = at(5s), .node = 1},
        {.kind = TraceKind::fault_ends, .at = at(5s), .node = 1, .fault = 0},
        {.kind = TraceKind::lookup,
         .at = at(7s),
         .node = 0,
         .since = at(6s),
         .text = "get <a & b>: nobody answered",
         .is_failed = true},
        {.kind = TraceKind::fault_ends, .at = at(8s), .node = 0, .other = 2, .fault = 1},
        {.kind = TraceKind::fault_begins, .at = at(9s), .node = 2, .fault = 2},
        {.kind = TraceKind::violation, .at = at(10s), .node = 0, .text = "found: <lost>"},
    };
  }
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto i = text.find(what); i != std::string::npos; i = text.find(what, i + 1)) found += 1;
  return found;
}

TEST(Timeline, a_node_is_down_while_crashed_and_paused_until_the_end_when_nothing_heals_it) {
  const Story story;
  const Timeline timeline(story.plan, story.events, at(12s));
  const auto of = [&](std::uint32_t node) { return timeline.states(node, node + 1, Duration{1}); };
  const auto crashed = of(1);
  ASSERT_EQ(crashed.size(), 4U);  // not yet started, up, down, up
  EXPECT_EQ(crashed[2].from, at(2s));
  EXPECT_EQ(crashed[2].to, at(5s));
  EXPECT_EQ(crashed[2].nodes[static_cast<std::size_t>(NodeState::down)], 1U);
  const auto paused = of(2);
  EXPECT_EQ(paused.back().from, at(9s));
  EXPECT_EQ(paused.back().to, at(12s));
  EXPECT_EQ(paused.back().nodes[static_cast<std::size_t>(NodeState::paused)], 1U);
}

TEST(Timeline, a_group_counts_its_nodes_and_forgets_nothing_that_lasts) {
  const Story story;
  const Timeline timeline(story.plan, story.events, at(12s));
  const auto spans = timeline.states(0, 3, 2s);
  std::uint32_t up = 0;
  for (const StateSpan& span : spans) {
    EXPECT_EQ(span.nodes[0] + span.nodes[1] + span.nodes[2] + span.nodes[3], 3U);
    up = span.nodes[static_cast<std::size_t>(NodeState::up)];
  }
  EXPECT_EQ(up, 2U);  // the third is paused
  EXPECT_EQ(timeline.faults().size(), 3U);
  EXPECT_EQ(timeline.faults()[1].to, at(8s));
}

TEST(Plot, every_kind_of_event_is_drawn_and_words_are_escaped) {
  const Story story;
  const auto reduced = reduce(story.plan, {});
  const std::string svg = plot(reduced, story.events, {.fingerprint = 0xabc, .simulated = 12s});
  EXPECT_THAT(svg, HasSubstr("story, seed 9"));
  EXPECT_THAT(svg, HasSubstr("fingerprint 0000000000000abc"));
  EXPECT_THAT(svg, HasSubstr(">1 violation<"));
  EXPECT_THAT(svg, HasSubstr("failed: get &lt;a &amp; b&gt;: nobody answered, 1000 ms"));
  EXPECT_THAT(svg, HasSubstr("found: &lt;lost&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("<lost>")));
  EXPECT_THAT(svg, HasSubstr("fault 1, cut: nothing passes between n0 and n2"));
  EXPECT_EQ(count(svg, "class=\"mark\""), 1U);
  EXPECT_EQ(count(svg, "class=\"connect\""), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Plot, a_thousand_nodes_share_forty_lanes) {
  Story story;
  story.plan.nodes = 1000;
  for (std::uint32_t node = 3; node < 1000; ++node)
    story.events.insert(story.events.begin() + 4,
                        {.kind = TraceKind::node_up, .at = at(1s), .node = node});
  const std::string svg = plot(reduce(story.plan, {}), story.events, {.simulated = 12s});
  EXPECT_THAT(svg, HasSubstr(">n975..999<"));
  EXPECT_LT(svg.size(), 60'000U);
}

TEST(TraceText, a_violation_is_told_with_what_its_node_lived_through_and_what_goes_on) {
  const Story story;
  const auto reduced = reduce(story.plan, {.faults = Numbers{1, 2}});
  TraceText text(reduced);
  std::string all;
  for (TraceEvent event : story.events) {
    if (event.fault == 0U) continue;  // it is not in the reduced plan
    if (event.fault) event.fault = *event.fault - 1;
    all += text.line(event);
  }
  EXPECT_THAT(all, HasSubstr("4.000 s  n0 - n2    fault begins: 1, cut: nothing passes between "
                             "n0 and n2\n"));
  EXPECT_THAT(all, HasSubstr("7.000 s  n0         FAILED after 1000 ms: get <a & b>"));
  EXPECT_THAT(all, HasSubstr("VIOLATION: found: <lost>\n"));
  const std::string context = all.substr(all.find("VIOLATION"));
  EXPECT_THAT(context, HasSubstr("before it, about n0"));
  EXPECT_THAT(context, HasSubstr("FAILED after 1000 ms"));
  EXPECT_THAT(context, Not(HasSubstr("crash")));  // that was another node
  EXPECT_THAT(context, HasSubstr("under way: fault 2, pause: n2 stands still"));
}

TEST(TraceText, the_plan_is_listed_with_the_numbers_of_the_draw) {
  const Story story;
  const std::string listed = describe(reduce(story.plan, {.faults = Numbers{1}}));
  EXPECT_THAT(listed, HasSubstr("story, seed 9: 3 nodes; faults for 20s, then 10s to converge\n"));
  EXPECT_THAT(listed,
              HasSubstr("  fault 1  cut: nothing passes between n0 and n2, from +4.000 s for "
                        "4.000 s\n"));
  EXPECT_THAT(listed, Not(HasSubstr("crash")));
}

}  // namespace
}  // namespace mycel::sim
