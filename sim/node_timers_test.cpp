// The clocks of one node, and a process that stands still.

#include "sim/node_timers.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

using Words = std::vector<std::string>;

Duration since_start(Instant instant) {
  return instant.time_since_epoch();
}

struct Story {
  /// Writes `word` down when `span` has passed by the node's clock.
  ports::TimerId say_in(Duration span, const std::string& word) {
    return timers->call_at(timers->now().instant + span, [this, word] { say(word); });
  }
  void say(const std::string& word) { said.push_back(word); }

  World world{7};
  std::unique_ptr<NodeTimers> timers = std::make_unique<NodeTimers>(world);
  Words said;
};

TEST(NodeTimers, a_node_without_faults_has_the_time_of_the_world) {
  Story story;
  story.world.run_for(1234567ns);
  EXPECT_EQ(story.timers->now().instant, story.world.now().instant);
  EXPECT_EQ(story.timers->now().unix, story.world.now().unix);
}

TEST(NodeTimers, calls_come_by_their_due_time_and_equal_ones_as_they_were_asked_for) {
  Story story;
  story.say_in(2s, "third");
  story.say_in(1s, "first");
  story.say_in(1s, "second");
  story.world.run_for(1999ms);
  EXPECT_EQ(story.said, (Words{"first", "second"}));
  story.world.run_for(1ms);
  EXPECT_EQ(story.said, (Words{"first", "second", "third"}));
}

TEST(NodeTimers, a_cancelled_call_never_comes_and_does_not_delay_the_others) {
  Story story;
  const auto first = story.say_in(1s, "cancelled");
  story.say_in(2s, "kept");
  story.timers->cancel(first);
  story.timers->cancel(first);
  story.world.run_for(2s);
  EXPECT_EQ(story.said, Words{"kept"});
}

TEST(NodeTimers, a_crash_forgets_every_call_even_from_within_one) {
  Story story;
  story.timers->call_at(Instant{} + 1s, [&] { story.timers.reset(); });
  story.say_in(1s, "after the crash");
  story.world.run_for(5s);
  EXPECT_EQ(story.said, Words{});
}

TEST(NodeTimers, ten_thousand_calls_of_a_node_are_one_event_of_the_world) {
  Story story;
  for (int i = 0; i < 10'000; ++i)
    story.timers->cancel(story.say_in(Duration{10'000'000 - i}, "never"));
  story.say_in(20ms, "once");
  story.world.run_for(1s);
  EXPECT_EQ(story.said, Words{"once"});
  EXPECT_LE(story.world.events_run(), 3U);
}

TEST(NodeTimers, a_fast_clock_reaches_its_deadlines_early_and_a_slow_one_late) {
  for (const std::int64_t ppm : {100'000, 37, -41, -100'000}) {
    Story story;
    story.timers->set_drift(ppm);
    Instant at{};
    const Instant due = story.timers->now().instant + 1000s;
    story.timers->call_at(due, [&] {
      at = story.world.now().instant;
      EXPECT_GE(story.timers->now().instant, due);
    });
    story.world.run_for(2000s);
    const double expected = 1000.0 * 1e6 / (1e6 + static_cast<double>(ppm));
    EXPECT_NEAR(static_cast<double>(since_start(at).count()) / 1e9, expected, 1e-6) << ppm;
  }
}

TEST(NodeTimers, a_call_comes_in_the_first_nanosecond_in_which_it_is_due) {
  Rng rng(5);
  for (int i = 0; i < 2000; ++i) {
    Clock clock;
    World world(1);
    world.run_for(Duration{static_cast<Duration::rep>(rng.below(1'000'000'000'000))});
    clock.set_drift(static_cast<std::int64_t>(rng.below(1'000'001)) - 500'000, world.now());
    const Instant due = clock.read(world.now()).instant +
                        Duration{static_cast<Duration::rep>(1 + rng.below(std::uint64_t{1} << 50))};
    const Instant at = clock.world_time_of(due);
    EXPECT_GE(clock.read({at, {}}).instant, due);
    EXPECT_LT(clock.read({at - 1ns, {}}).instant, due);
  }
}

TEST(NodeTimers, what_waits_follows_a_change_of_the_drift) {
  Story story;
  story.say_in(100s, "due");
  story.world.run_for(50s);
  story.timers->set_drift(250'000);  // the other 50 s pass in 40
  story.world.run_for(40s - 1us);
  EXPECT_EQ(story.said, Words{});
  story.world.run_for(1us);
  EXPECT_EQ(story.said, Words{"due"});
}

TEST(NodeTimers, the_monotonic_clock_never_goes_back_whatever_the_drift) {
  Story story;
  Rng rng(3);
  Instant before = story.timers->now().instant;
  for (int i = 0; i < 5000; ++i) {
    story.timers->set_drift(static_cast<std::int64_t>(rng.below(1'000'000)) - 500'000);
    story.timers->step_calendar(Duration{static_cast<Duration::rep>(rng.below(1000))} - 500s);
    story.world.run_for(Duration{static_cast<Duration::rep>(rng.below(5))});
    EXPECT_GE(story.timers->now().instant, before);
    before = story.timers->now().instant;
  }
}

TEST(NodeTimers, a_step_of_the_calendar_moves_no_deadline) {
  Story story;
  story.say_in(10s, "due");
  story.timers->step_calendar(24h);
  EXPECT_EQ(story.timers->now().unix, story.world.now().unix + 24h);
  story.timers->step_calendar(-48h);
  EXPECT_EQ(story.timers->now().unix, story.world.now().unix - 24h);
  story.world.run_for(10s);
  EXPECT_EQ(story.said, Words{"due"});
}

TEST(NodeTimers, a_restarted_process_finds_the_clocks_of_its_machine) {
  Story story;
  story.timers->set_drift(1000);
  story.timers->step_calendar(1h);
  story.world.run_for(100s);
  const Clock clock = story.timers->clock();
  const Now before = story.timers->now();
  story.timers = std::make_unique<NodeTimers>(story.world, clock);
  EXPECT_EQ(story.timers->now().instant, before.instant);
  EXPECT_EQ(story.timers->now().unix, before.unix);
  EXPECT_EQ(since_start(story.timers->now().instant), 100s + 100ms);
}

TEST(NodeTimers, a_paused_process_does_everything_late_and_in_due_order) {
  Story story;
  story.say_in(3s, "third");
  story.say_in(1s, "first");
  story.timers->pause();
  story.world.run_for(2s);
  story.timers->when_running([&] { story.say("second, from outside"); });
  story.world.run_for(58s);
  EXPECT_EQ(story.said, Words{});
  EXPECT_TRUE(story.timers->is_paused());
  EXPECT_EQ(since_start(story.timers->now().instant), 60s);
  story.timers->resume();
  story.world.run_for(0s);
  EXPECT_EQ(story.said, (Words{"first", "second, from outside", "third"}));
}

TEST(NodeTimers, what_arrives_right_after_the_pause_stands_behind_what_waited) {
  Story story;
  story.timers->pause();
  story.timers->when_running([&] { story.say("one"); });
  story.timers->when_running([&] { story.say("two"); });
  story.timers->resume();
  story.timers->when_running([&] { story.say("three"); });
  story.world.run_for(0s);
  story.timers->when_running([&] { story.say("four"); });
  EXPECT_EQ(story.said, (Words{"one", "two", "three", "four"}));
}

TEST(NodeTimers, a_process_may_stand_still_again_before_it_caught_up) {
  Story story;
  story.say_in(1s, "due");
  story.timers->pause();
  story.world.run_for(2s);
  story.timers->resume();
  story.timers->pause();
  story.world.run_for(2s);
  EXPECT_EQ(story.said, Words{});
  story.timers->resume();
  story.world.run_for(0s);
  EXPECT_EQ(story.said, Words{"due"});
}

}  // namespace
}  // namespace mycel::sim
