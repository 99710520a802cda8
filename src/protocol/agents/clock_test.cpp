#include "protocol/agents/clock.hpp"

#include <gtest/gtest.h>

#include "foundation/wire/key.hpp"

namespace mycel::agents {
namespace {

PeerId node(std::uint8_t number) {
  crypto::Ed25519PublicKey key;
  key.bytes[0] = std::byte{number};
  return wire::peer_id_of(key);
}

TEST(VectorClock, tells_what_came_after_what) {
  VectorClock first;
  first.advance(node(1));
  VectorClock second = first;
  second.advance(node(2));
  EXPECT_EQ(order_of(second, first), ClockOrder::after);
  EXPECT_EQ(order_of(first, second), ClockOrder::before);
  EXPECT_EQ(order_of(first, first), ClockOrder::equal);
  first.advance(node(1));
  EXPECT_EQ(order_of(first, second), ClockOrder::concurrent);
  second.merge(first);
  EXPECT_EQ(order_of(second, first), ClockOrder::after);
}

TEST(VectorClock, what_comes_after_is_heavier) {
  VectorClock clock;
  for (std::uint8_t i = 0; i < 10; ++i) {
    VectorClock later = clock;
    later.advance(node(i % 3));
    EXPECT_GT(later.weight(), clock.weight());
    clock = later;
  }
}

TEST(VectorClock, forgets_the_writer_that_counted_least_when_it_is_full) {
  VectorClock clock;
  for (std::uint8_t i = 0; i < VectorClock::writers_max; ++i) {
    clock.advance(node(i));
    if (i != 5) clock.advance(node(i));
  }
  clock.advance(node(100));
  EXPECT_EQ(clock.entries().size(), VectorClock::writers_max);
  EXPECT_EQ(clock.count_of(node(5)), 0U);
  EXPECT_EQ(clock.count_of(node(100)), 1U);
}

TEST(VectorClock, entries_that_are_not_in_order_are_no_clock) {
  const PeerId a = std::min(node(1), node(2));
  const PeerId b = std::max(node(1), node(2));
  EXPECT_TRUE(VectorClock::from({{a, 1}, {b, 2}}));
  EXPECT_FALSE(VectorClock::from({{b, 1}, {a, 2}}));
  EXPECT_FALSE(VectorClock::from({{a, 1}, {a, 2}}));
  EXPECT_FALSE(VectorClock::from({{a, 0}}));
  EXPECT_FALSE(VectorClock::from({{a, VectorClock::count_max + 1}}));
  EXPECT_FALSE(VectorClock::from({{PeerId{}, 1}}));
}

}  // namespace
}  // namespace mycel::agents
