// Small attacks, as stories: what plain Kademlia loses and what this DHT keeps. The tables for
// large networks are printed by sim_attack.

#include "sim/attacks/attack.hpp"

#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

const Tally& with(const AttackOutcome& outcome, std::string_view name) {
  for (std::size_t way = 0; way < ways.size(); ++way)
    if (ways[way].name == name) return outcome.tallies[way];
  ADD_FAILURE() << "no way is called " << name;
  return outcome.tallies[0];
}

TEST(Attack, a_third_that_colludes_from_the_first_second_hides_hardly_anything) {
  const AttackOutcome outcome = run(ShareAttack{.nodes = 150, .liars_percent = 33, .asks = 30});
  const Tally& d8 = with(outcome, "d=8");
  EXPECT_GE(d8.found_with_retry, 29U);
  EXPECT_LE(d8.nearest_missed, d8.finds) << "of about fourteen honest ones each";
}

TEST(Attack, ids_ground_onto_a_key_deny_its_record_to_plain_kademlia_only) {
  const AttackOutcome outcome =
      run(RegionAttack{.nodes = 200, .ids_per_key = 50, .keys = 1, .asks = 10});
  EXPECT_GE(with(outcome, "d=8").found, 9U);
  EXPECT_GE(with(outcome, "d=8").put_facts.at(0).messages, 120U)
      << "its author heard of the end from liars, before the region was searched";
  EXPECT_LE(with(outcome, "plain").found, 5U) << "the attack is too weak to prove anything";
}

TEST(Attack, a_newcomer_whom_an_attacker_surrounds_still_finds_what_there_is) {
  const AttackOutcome outcome =
      run(EclipseAttack{.nodes = 150, .ids_per_victim = 20, .victims = 1, .asks = 20});
  EXPECT_GE(outcome.liars_per_mille_in_tables, 250U) << "nobody was surrounded";
  EXPECT_GE(with(outcome, "d=8").found_with_retry, 19U);
}

TEST(Attack, the_same_seed_tells_the_same_story) {
  const ShareAttack attack{.nodes = 100, .liars_percent = 20, .asks = 10};
  const AttackOutcome one = run(attack);
  const AttackOutcome two = run(attack);
  EXPECT_EQ(one.deliveries, two.deliveries);
  EXPECT_EQ(with(one, "d=3").found, with(two, "d=3").found);
}

}  // namespace
}  // namespace mycel::sim
