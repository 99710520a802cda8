#include "protocol/dht/witness/frozen_lists.hpp"

#include <gtest/gtest.h>

#include "foundation/base/bytes.hpp"

namespace mycel::dht::witness {
namespace {

Point point(int number) {
  return crypto::sha256(as_bytes(std::to_string(number)));
}

/// A table that changes each time it is asked.
struct Story {
  FrozenLists lists;
  UnixTime now = UnixTime{} + 1000h;
  int asked = 0;

  std::string asks(int key) {
    const auto list =
        lists.list(now, point(key), [this](const Point&) { return std::vector{point(++asked)}; });
    if (!list) return std::string(to_text(list.error()));
    check(list->neighbours.size() == 1, "this table knows one node");
    return (list->is_new_slot ? "new slot, list " : "list ") +
           std::string(list->neighbours[0] == point(asked) ? "of now" : "of before");
  }
};

TEST(FrozenLists, a_list_is_computed_once_a_slot) {
  Story story;
  story.lists.start(story.now - slot_length);
  EXPECT_EQ(story.asks(1), "new slot, list of now");
  EXPECT_EQ(story.asks(2), "list of now");
  EXPECT_EQ(story.asks(1), "list of before");
  story.now = story.now + slot_length;
  EXPECT_EQ(story.asks(1), "new slot, list of now");
}

TEST(FrozenLists, nothing_is_signed_in_the_slot_of_the_start) {
  Story story;
  EXPECT_EQ(story.asks(1), "slot_closed");
  story.lists.start(story.now);
  EXPECT_EQ(story.asks(1), "slot_closed");
  story.now = story.now + slot_length;
  EXPECT_EQ(story.asks(1), "new slot, list of now");
}

TEST(FrozenLists, a_slot_that_is_gone_stays_closed_when_the_calendar_steps_back) {
  Story story;
  story.lists.start(story.now);
  story.now = story.now + 2 * slot_length;
  EXPECT_EQ(story.asks(1), "new slot, list of now");
  story.now = story.now - slot_length;
  EXPECT_EQ(story.asks(1), "slot_closed");
  story.now = story.now + slot_length;
  story.asks(2);
  EXPECT_EQ(story.asks(1), "list of before");
}

TEST(FrozenLists, slots_that_the_disk_knows_stay_closed_after_a_restart) {
  Story story;
  story.lists.load(Slot{slot_of(story.now).value() + 3});
  story.lists.start(story.now);
  story.now = story.now + 3 * slot_length;
  EXPECT_EQ(story.asks(1), "slot_closed");
  story.now = story.now + slot_length;
  EXPECT_EQ(story.asks(1), "new slot, list of now");
}

TEST(FrozenLists, more_keys_than_it_may_hold_are_refused_and_never_forgotten) {
  Story story;
  story.lists.start(story.now - slot_length);
  for (int key = 0; key < static_cast<int>(FrozenLists::size_max); ++key) story.asks(key);
  EXPECT_EQ(story.asks(-1), "overloaded");
  EXPECT_EQ(story.asks(0), "list of before");
  story.now = story.now + slot_length;
  EXPECT_EQ(story.asks(-1), "new slot, list of now");
}

}  // namespace
}  // namespace mycel::dht::witness
