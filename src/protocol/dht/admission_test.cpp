// Identities that cost something, or that somebody vouches for.

#include "protocol/dht/admission.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::peer_number;
using testing::World;

constexpr unsigned difficulty = 4;

/// Peers by number, of those that are costly or of those that are not.
class Ids {
 public:
  explicit Ids(bool are_costly) : are_costly_(are_costly) {}
  PeerId next() {
    while ((id_cost(peer_number(number_)) >= difficulty) != are_costly_) number_ += 1;
    return peer_number(number_++);
  }

 private:
  bool are_costly_;
  std::uint64_t number_ = 0;
};

Config asking_for_costly_ids() {
  Config config;
  config.admission.id_difficulty = difficulty;
  return config;
}

void join(World& world, const PeerId& id) {
  const std::size_t index = world.add(id);
  if (index == 0) return;
  world.connect(index, index - 1);
  world.connect(index, static_cast<std::size_t>(world.rng().below(index)));
  world.run_for(50ms);
}

TEST(Admission, an_id_costs_two_to_the_difficulty_and_points_stay_everywhere) {
  std::set<unsigned> quarters;
  std::size_t costly = 0;
  for (std::uint64_t number = 0; number < 4096; ++number) {
    const PeerId peer = peer_number(number);
    if (id_cost(peer) < difficulty) continue;
    costly += 1;
    quarters.insert(static_cast<unsigned>(Key::of(peer).words[0] >> 62));
  }
  EXPECT_GT(costly, 4096U / 16 - 64);
  EXPECT_LT(costly, 4096U / 16 + 64);
  EXPECT_EQ(quarters.size(), 4U) << "the puzzle must not say where on the ring a node stands";
}

TEST(Admission, every_id_is_admitted_unless_the_network_asks_for_more) {
  const Admission open;
  for (std::uint64_t number = 0; number < 64; ++number)
    EXPECT_TRUE(open.admits(peer_number(number)));
}

TEST(Admission, cheap_ids_enter_no_table_and_no_result_of_a_lookup) {
  World world(1, asking_for_costly_ids());
  Ids costly(true);
  Ids cheap(false);
  std::set<PeerId> honest;
  for (int i = 0; i < 40; ++i) {
    const PeerId id = costly.next();
    honest.insert(id);
    join(world, id);
  }
  for (int i = 0; i < 40; ++i) join(world, cheap.next());
  world.run_for(2min);
  for (std::size_t node = 0; node < 40; ++node)
    for (const PeerId& known : world.node(node).dht->table().peers())
      EXPECT_TRUE(honest.contains(known)) << "node " << node;
  const auto operation = world.tell(
      3, [&](Dht& dht) { return dht.find_nearest(world.now(), key_text("somewhere").view()); });
  const auto nearest = std::get<Peers>(world.finish(3, operation).result).nearest;
  EXPECT_EQ(nearest.size(), 20U);
  for (const PeerInfo& peer : nearest) EXPECT_TRUE(honest.contains(peer.id));
}

TEST(Admission, cheap_ids_in_an_answer_are_not_even_asked) {
  World world(2, asking_for_costly_ids());
  Ids costly(true);
  for (int i = 0; i < 25; ++i) join(world, costly.next());
  world.run_for(1min);
  Ids cheap(false);
  const std::vector<PeerId> crowd{cheap.next(), cheap.next(), cheap.next()};
  for (const PeerId& id : crowd) world.add(id);  // there, but connected to nobody
  for (std::size_t node = 1; node < 25; ++node)
    world.node(node).twist = [&](Message& answer) {
      for (const PeerId& id : crowd) answer.closer.push_back({.id = id});
    };
  const auto operation = world.tell(
      0, [&](Dht& dht) { return dht.find_nearest(world.now(), key_text("somewhere").view()); });
  world.finish(0, operation);
  for (std::size_t node = 25; node < 28; ++node) EXPECT_EQ(world.node(node).received, 0U);
  EXPECT_GT(world.node(0).dht->counters().ids_not_admitted, 0U);
}

TEST(Admission, who_shows_no_certificate_is_in_no_table_until_it_shows_one) {
  std::set<PeerId> members;
  Config config;
  config.admission.is_certified = [&](const PeerId& peer) { return members.contains(peer); };
  World world(3, config);
  for (std::uint64_t number = 0; number < 20; ++number) {
    members.insert(peer_number(number));
    join(world, peer_number(number));
  }
  for (std::uint64_t number = 100; number < 110; ++number) join(world, peer_number(number));
  world.run_for(1min);
  const PeerId late = peer_number(105);
  for (std::size_t node = 0; node < 20; ++node)
    for (const PeerId& known : world.node(node).dht->table().peers())
      EXPECT_TRUE(members.contains(known)) << "node " << node;
  members.insert(late);  // its certificate has come
  world.tell(0, [&](Dht& dht) {
    dht.on_peer(world.now(), world.node(world.index_of(late)).info, true);
    return 0;
  });
  world.run_for(1s);
  EXPECT_TRUE(world.node(0).dht->table().contains(late));
}

}  // namespace
}  // namespace mycel::dht
