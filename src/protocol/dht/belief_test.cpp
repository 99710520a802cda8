#include "protocol/dht/belief.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::peer_number;

constexpr std::size_t k = 20;
using Numbers = std::vector<std::uint64_t>;

Numbers numbers_of(std::uint64_t first, std::uint64_t count) {
  Numbers numbers;
  for (std::uint64_t i = first; i < first + count; ++i) numbers.push_back(i);
  return numbers;
}

Testimony testimony(std::uint64_t number, const Numbers& named) {
  Testimony testimony{.peer = {peer_number(number), {}}, .named = {}};
  for (const std::uint64_t each : named) testimony.named.push_back(tail_of(peer_number(each)));
  return testimony;
}

bool is_belied(const Belief& belief, std::uint64_t number) {
  return std::ranges::find(belief.belied, peer_number(number)) != belief.belied.end();
}

bool is_borne_out(const Belief& belief, std::uint64_t number) {
  return std::ranges::find(belief.borne_out, peer_number(number), &PeerInfo::id) !=
         belief.borne_out.end();
}

/// Peers 0 to 12 are honest and know the twenty around the key; 13 to 19 are liars among them and
/// name liars only.
struct Neighbourhood {
  Neighbourhood() {
    for (const std::uint64_t i : numbers_of(0, 13))
      testimonies.push_back(testimony(i, numbers_of(0, 20)));
    for (const std::uint64_t i : numbers_of(13, 7))
      testimonies.push_back(testimony(i, numbers_of(13, 20)));
  }
  std::vector<Testimony> testimonies;
};

TEST(Belief, a_neighbour_who_hides_most_neighbours_is_belied_and_the_others_are_borne_out) {
  const Neighbourhood around;
  const Belief belief = weigh(around.testimonies, k);
  EXPECT_EQ(belief.belied.size(), 7);
  EXPECT_EQ(belief.borne_out.size(), 13);
  EXPECT_TRUE(is_belied(belief, 13));
  EXPECT_TRUE(is_borne_out(belief, 12));
}

TEST(Belief, one_far_away_who_names_nobody_there_but_liars_is_one_of_them) {
  Neighbourhood around;
  around.testimonies.push_back(testimony(100, numbers_of(13, 20)));
  EXPECT_TRUE(is_belied(weigh(around.testimonies, k), 100));
}

TEST(Belief, one_far_away_who_knows_few_there_is_not_judged) {
  Neighbourhood around;
  around.testimonies.push_back(testimony(100, numbers_of(200, 20)));
  around.testimonies.push_back(testimony(101, {13, 14, 15, 200, 201}));
  around.testimonies.push_back(testimony(102, {0, 13, 14, 15, 16, 17}));
  const Belief belief = weigh(around.testimonies, k);
  for (const std::uint64_t honest : {100U, 101U, 102U}) {
    EXPECT_FALSE(is_belied(belief, honest)) << honest;
    EXPECT_FALSE(is_borne_out(belief, honest)) << honest;
  }
}

TEST(Belief, a_neighbour_that_has_just_started_is_neither_belied_nor_borne_out) {
  Neighbourhood around;
  Numbers knows_one = numbers_of(200, 19);
  knows_one.push_back(3);
  around.testimonies[4] = testimony(4, {});
  around.testimonies[5] = testimony(5, knows_one);
  const Belief belief = weigh(around.testimonies, k);
  for (const std::uint64_t newcomer : {4U, 5U}) {
    EXPECT_FALSE(is_belied(belief, newcomer)) << newcomer;
    EXPECT_FALSE(is_borne_out(belief, newcomer)) << newcomer;
  }
}

TEST(Belief, a_neighbour_who_misses_some_is_borne_out) {
  Neighbourhood around;
  around.testimonies[5] = testimony(5, numbers_of(0, 12));
  EXPECT_TRUE(is_borne_out(weigh(around.testimonies, k), 5));
}

TEST(Belief, of_a_handful_nothing_can_be_told) {
  std::vector<Testimony> few;
  for (const std::uint64_t i : numbers_of(0, 9)) few.push_back(testimony(i, {}));
  const Belief belief = weigh(few, k);
  EXPECT_TRUE(belief.belied.empty());
  EXPECT_TRUE(belief.borne_out.empty());
}

}  // namespace
}  // namespace mycel::dht
