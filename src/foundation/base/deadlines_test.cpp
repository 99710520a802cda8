// The heap does what a sorted list would do, only faster.

#include "foundation/base/deadlines.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace mycel {
namespace {

Instant at(std::int64_t seconds) {
  return Instant{std::chrono::seconds(seconds)};
}

TEST(Deadlines, come_out_in_the_order_they_are_due) {
  Deadlines<std::string> deadlines;
  deadlines.add(at(3), "third");
  deadlines.add(at(1), "first");
  deadlines.add(at(2), "second");
  EXPECT_EQ(deadlines.next(), at(1));
  EXPECT_EQ(deadlines.pop_due(at(0)), std::nullopt);
  EXPECT_EQ(deadlines.pop_due(at(2)), "first");
  EXPECT_EQ(deadlines.pop_due(at(2)), "second");
  EXPECT_EQ(deadlines.pop_due(at(2)), std::nullopt);
  EXPECT_EQ(deadlines.next(), at(3));
}

TEST(Deadlines, that_are_equal_come_out_in_the_order_they_were_set) {
  Deadlines<int> deadlines;
  for (int i = 0; i < 100; ++i) deadlines.add(at(1), i);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(deadlines.pop_due(at(1)), i);
}

TEST(Deadlines, wait_for_nothing_when_there_are_none) {
  Deadlines<int> deadlines;
  EXPECT_EQ(deadlines.next(), never);
  EXPECT_TRUE(deadlines.empty());
  EXPECT_EQ(deadlines.pop_due(never), std::nullopt);
}

TEST(Deadlines, that_were_cancelled_never_come_out) {
  Deadlines<int> deadlines;
  const DeadlineId first = deadlines.add(at(1), 1);
  deadlines.add(at(2), 2);
  EXPECT_TRUE(deadlines.cancel(first));
  EXPECT_FALSE(deadlines.cancel(first));
  EXPECT_EQ(deadlines.size(), 1U);
  EXPECT_EQ(deadlines.pop_due(at(9)), 2);
}

TEST(Deadlines, a_stale_id_does_not_cancel_the_deadline_that_took_its_place) {
  Deadlines<int> deadlines;
  const DeadlineId old = deadlines.add(at(1), 1);
  EXPECT_EQ(deadlines.pop_due(at(1)), 1);
  const DeadlineId fresh = deadlines.add(at(1), 2);
  EXPECT_NE(old, fresh);
  EXPECT_FALSE(deadlines.cancel(old));
  EXPECT_FALSE(deadlines.cancel(DeadlineId{}));
  EXPECT_FALSE(deadlines.cancel(DeadlineId{77}));
  EXPECT_EQ(deadlines.size(), 1U);
}

TEST(Deadlines, let_go_of_what_they_carried) {
  Deadlines<std::shared_ptr<int>> deadlines;
  const auto value = std::make_shared<int>(1);
  const DeadlineId id = deadlines.add(at(1), value);
  EXPECT_EQ(value.use_count(), 2);
  deadlines.cancel(id);
  EXPECT_EQ(value.use_count(), 1);
  deadlines.add(at(1), value);
  (void)deadlines.pop_due(at(1));
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Deadlines, give_back_the_room_of_a_burst_and_know_none_of_its_names) {
  Deadlines<int> deadlines;
  const DeadlineId stays = deadlines.add(at(1000), -1);
  std::vector<DeadlineId> burst;
  for (int i = 0; i < 500; ++i) burst.push_back(deadlines.add(at(i), i));
  for (int i = 0; i < 500; ++i) ASSERT_EQ(deadlines.pop_due(at(i)), i);
  EXPECT_LE(deadlines.room(), 16U);
  for (int i = 0; i < 20; ++i) deadlines.add(at(i), i);
  for (const DeadlineId gone : burst) EXPECT_FALSE(deadlines.cancel(gone));
  EXPECT_TRUE(deadlines.cancel(stays));
  EXPECT_EQ(deadlines.size(), 20U);
}

TEST(Deadlines, keep_the_names_of_those_that_outlive_a_burst) {
  Deadlines<int> deadlines;
  std::vector<DeadlineId> ids;
  for (int i = 0; i < 400; ++i) ids.push_back(deadlines.add(at(i), i));
  for (int i = 0; i < 400; ++i)
    EXPECT_TRUE(i % 100 == 50 || deadlines.cancel(ids[static_cast<std::size_t>(i)]));
  for (const int kept : {50, 150, 350})
    EXPECT_TRUE(deadlines.cancel(ids[static_cast<std::size_t>(kept)]));
  EXPECT_EQ(deadlines.pop_due(at(999)), 250);
  EXPECT_TRUE(deadlines.empty());
}

/// What Deadlines should be: a list in the order of setting, searched from end to end.
struct Model {
  struct Entry {
    Instant due;
    int value;
  };
  std::vector<Entry> entries;

  auto earliest() const {
    return std::ranges::min_element(entries, {}, &Entry::due);  // the first among equals
  }
  Instant next() const { return entries.empty() ? never : earliest()->due; }
  std::optional<int> pop_due(Instant now) {
    const auto entry = earliest();
    if (entry == entries.end() || entry->due > now) return std::nullopt;
    const int value = entry->value;
    entries.erase(entry);
    return value;
  }
  bool cancel(int value) {
    return std::erase_if(entries, [&](const Entry& entry) { return entry.value == value; }) > 0;
  }
};

TEST(Deadlines, behave_like_a_sorted_list_whatever_is_done_to_them) {
  EXPECT_TRUE(rc::check("heap and list agree", [] {
    Deadlines<int> heap;
    Model list;
    std::vector<DeadlineId> ids;  // of every deadline ever set; its value is its place here
    // A burst first, so that its end, and what is forgotten then, is met as well.
    const int burst = *rc::gen::inRange(0, 150);
    for (int value = 0; value < burst; ++value) {
      ids.push_back(heap.add(at(value % 7), value));
      list.entries.push_back({at(value % 7), value});
    }
    const int steps = *rc::gen::inRange(0, 300);
    for (int step = 0; step < steps; ++step) {
      const int action = *rc::gen::inRange(0, 5);
      const Instant when = at(*rc::gen::inRange(0, 12));
      if (action <= 2) {
        const int value = static_cast<int>(ids.size());
        ids.push_back(heap.add(when, value));
        list.entries.push_back({when, value});
      } else if (action == 3) {
        RC_ASSERT(heap.pop_due(when) == list.pop_due(when));
      } else if (!ids.empty()) {
        const int value = *rc::gen::inRange(0, static_cast<int>(ids.size()));
        RC_ASSERT(heap.cancel(ids[static_cast<std::size_t>(value)]) == list.cancel(value));
      }
      RC_ASSERT(heap.next() == list.next());
      RC_ASSERT(heap.size() == list.entries.size());
    }
    while (!list.entries.empty()) RC_ASSERT(heap.pop_due(never) == list.pop_due(never));
    RC_ASSERT(heap.empty());
  }));
}

}  // namespace
}  // namespace mycel
