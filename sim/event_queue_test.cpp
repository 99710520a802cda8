#include "sim/event_queue.hpp"

#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel::sim {
namespace {

/// What the queue should be: a sorted map, by time and by the order of asking.
struct Model {
  std::map<std::pair<Instant, std::uint64_t>, std::uint64_t> events;  // what each stands for
  std::uint64_t asked = 0;
  void add(Instant due, std::uint64_t what) { events[{due, asked++}] = what; }
};

Instant at(std::uint64_t ticks) {
  return Instant{Duration{static_cast<Duration::rep>(ticks)}};
}

// Times near and far, often equal, as timeouts and packets are.
Instant some_time(Rng& rng, Instant now) {
  const std::uint64_t spread = std::uint64_t{1} << rng.below(45);
  return now + Duration{static_cast<Duration::rep>(rng.below(spread))};
}

TEST(EventQueue, does_the_same_as_a_sorted_map_whatever_is_asked) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng(seed);
    EventQueue queue;
    Model model;
    std::uint64_t called = 0;
    std::vector<std::pair<EventQueue::CallId, std::uint64_t>> calls;
    Instant now = at(rng.below(1000));
    for (std::uint64_t what = 1; what <= 5000; ++what) {
      const std::uint64_t choice = rng.below(10);
      const Instant due = some_time(rng, now);
      if (choice < 3) {
        queue.post(due, what);
        model.add(due, what);
      } else if (choice < 6) {
        calls.emplace_back(queue.add(due, [&called, what] { called = what; }), what);
        model.add(due, what);
      } else if (choice < 8 && !calls.empty()) {
        const auto& [id, which] = calls[static_cast<std::size_t>(rng.below(calls.size()))];
        const auto erased = std::erase_if(
            model.events, [which](const auto& entry) { return entry.second == which; });
        ASSERT_EQ(queue.cancel(id), erased == 1);
      } else {
        const Instant end = some_time(rng, now);
        while (auto event = queue.take(end)) {
          ASSERT_FALSE(model.events.empty());
          called = event->word;
          if (event->call) event->call();
          ASSERT_EQ(event->due, model.events.begin()->first.first);
          ASSERT_EQ(called, model.events.begin()->second);
          model.events.erase(model.events.begin());
          if (rng.below(4) != 0) continue;  // what happens often asks for something at once
          queue.post(event->due, what);
          model.add(event->due, what);
        }
        ASSERT_TRUE(model.events.empty() || model.events.begin()->first.first > end);
        now = end;
      }
      ASSERT_EQ(queue.size(), model.events.size());
    }
  }
}

TEST(EventQueue, forgets_what_was_cancelled_before_its_time) {
  EventQueue queue;
  const auto held = std::make_shared<int>(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto id = queue.add(at(1'000'000'000'000), [held] {});
    EXPECT_TRUE(queue.cancel(id));
    EXPECT_FALSE(queue.cancel(id));
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_FALSE(queue.take(at(UINT64_MAX / 2)));
}

}  // namespace
}  // namespace mycel::sim
