// Defect 11 of ORIGINS, part A: validators were asked for their whole routing tables, and a peer
// that stood in some of them only, which is what tables of Kademlia are like, was suspicious.

#include <gtest/gtest.h>

#include "protocol/dht/witness/world_testing.hpp"

namespace mycel::dht::witness {
namespace {

// Every node misses a third of the mesh, each another third.
TEST(WitnessDefects, a11_honest_witnesses_whose_tables_differ_are_not_suspected) {
  constexpr World::Number size = 40;
  World world(size);
  world.table = [](World::Number of, const Point& key) {
    std::vector<Point> known;
    for (World::Number number = 0; number < size; ++number)
      if ((number + of) % 3 != 0) known.push_back(point_of(identity(number).id));
    return nearest_of(key, known);
  };
  for (World::Number round = 0; round < 4; ++round) {
    world.collected.reset();
    world.collects(round, 20 + round);
    ASSERT_TRUE(world.collected) << "they agree enough for a proof";
    world.pass(slot_length);
  }
  EXPECT_TRUE(world.evidence.empty());
}

// Only the nearest of the key are compared, and what enough of them name is found.
TEST(WitnessDefects, a11_only_the_nearest_of_the_key_are_told_and_a_few_gaps_hide_nobody) {
  const Case at;
  const auto who = at.eligible();
  Proof proof{.draw = at.draw};
  std::vector<Point> all = at.word_of(who[0]).neighbours;
  ASSERT_EQ(all.size(), neighbours_max);
  for (std::size_t i = 0; i < 7; ++i) {
    Attestation word = at.word_of(who[i]);
    word.neighbours.erase(word.neighbours.begin() + static_cast<std::ptrdiff_t>(i));
    proof.parts.push_back(Case::part_of(who[i], word));
  }
  const Judgement judgement = verify(at.view(), proof);
  ASSERT_TRUE(judgement.proof);
  EXPECT_TRUE(judgement.refused.empty());
  EXPECT_EQ(findings_of(at.rules, *judgement.proof).neighbours, all);
}

}  // namespace
}  // namespace mycel::dht::witness
