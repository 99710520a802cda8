// Draws are fixed by the seed, on every compiler and library, and fair.

#include "foundation/base/rng.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace mycel {
namespace {

TEST(Rng, draws_the_published_numbers_of_splitmix64) {
  Rng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317U);
  EXPECT_EQ(rng.next(), 3203168211198807973U);
  EXPECT_EQ(rng.next(), 9817491932198370423U);
  EXPECT_EQ(rng.next(), 4593380528125082431U);
  EXPECT_EQ(rng.next(), 16408922859458223821U);
}

TEST(Rng, forks_do_not_depend_on_each_other_or_on_their_order) {
  const Rng root(1);
  Rng dht = root.fork("dht");
  const std::uint64_t first = dht.next();
  Rng gossip = root.fork("gossip");
  (void)gossip.next();
  EXPECT_EQ(root.fork("dht").next(), first);
  EXPECT_NE(root.fork("gossip").next(), first);
  EXPECT_NE(root.fork("").next(), Rng(1).next());
  EXPECT_NE(Rng(2).fork("dht").next(), first);
}

TEST(Rng, stays_below_its_bound) {
  EXPECT_TRUE(rc::check("below(n) < n", [](std::uint64_t seed, std::uint64_t bound) {
    RC_PRE(bound > 0U);
    Rng rng(seed);
    RC_ASSERT(rng.below(bound) < bound);
    RC_ASSERT(rng.below(1) == 0U);
  }));
}

TEST(Rng, draws_every_outcome_equally_often) {
  Rng rng(7);
  std::array<int, 6> faces{};
  for (int i = 0; i < 60'000; ++i) faces[rng.below(faces.size())] += 1;
  for (const int count : faces) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
}

TEST(Rng, is_fair_where_a_plain_remainder_would_not_be) {
  // With a bound of three quarters of 2^64 a remainder draws the lower third twice as often.
  Rng rng(7);
  const std::uint64_t bound = 3ULL << 62;
  int lower = 0;
  for (int i = 0; i < 30'000; ++i) lower += rng.below(bound) < bound / 3 ? 1 : 0;
  EXPECT_NEAR(lower, 10'000, 500);
}

TEST(Rng, takes_chances_as_often_as_told) {
  Rng rng(7);
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(rng.chance(0));
    EXPECT_TRUE(rng.chance(1));
    taken += rng.chance(0.25) ? 1 : 0;
  }
  EXPECT_NEAR(taken, 2'500, 250);
}

TEST(Rng, fills_every_byte_and_the_same_for_every_length) {
  std::array<std::byte, 100> whole{};
  Rng(3).fill(whole);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::vector<std::byte> part(size);
    Rng(3).fill(part);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin()));
  }
  EXPECT_LT(std::ranges::count(whole, std::byte{0}), 5);
}

TEST(Rng, shuffles_without_losing_anything) {
  std::vector<int> cards(52);
  std::iota(cards.begin(), cards.end(), 0);
  std::vector<int> shuffled = cards;
  Rng(3).shuffle(shuffled);
  EXPECT_NE(shuffled, cards);
  std::ranges::sort(shuffled);
  EXPECT_EQ(shuffled, cards);
  std::vector<int> nothing;
  Rng(3).shuffle(nothing);
}

TEST(Rng, shuffles_every_order_equally_often) {
  Rng rng(3);
  std::array<int, 6> orders{};
  for (int i = 0; i < 60'000; ++i) {
    std::array<int, 3> cards{0, 1, 2};
    rng.shuffle(cards);
    orders[static_cast<std::size_t>(2 * cards[0] + (cards[1] > cards[2] ? 1 : 0))] += 1;
  }
  for (const int count : orders) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace mycel
