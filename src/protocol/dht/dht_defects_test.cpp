// What earlier DHTs got wrong, each defect under its number in ORIGINS, part A: a story of a whole
// network in which it would show. Parts of it are told of single classes in key_test, lookup_test,
// witness/witness_defects_test and witness/partial_tables_test. Defect 12 is not about a DHT.

#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

struct Mesh {
  explicit Mesh(std::size_t size, std::size_t paths = 8) : world(31, config(paths)) {
    world.grow(size);
    world.run_for(30s);
  }
  static Config config(std::size_t paths) {
    Config config;
    config.lookup.disjoint_paths = paths;
    return config;
  }

  LookupDone put(std::size_t node, const char* value) {
    return world.finish(node, world.tell(node, [&](Dht& dht) {
      return dht.put(world.now(), key, Bytes::copy(value));
    }));
  }
  LookupDone get(std::size_t node, std::size_t quorum) {
    return world.finish(
        node, world.tell(node, [&](Dht& dht) { return dht.get(world.now(), key, {quorum}); }));
  }
  LookupDone nearest(std::size_t node) {
    return world.finish(node, world.tell(node, [&](Dht& dht) {
      return dht.find_nearest(world.now(), key.view());
    }));
  }
  /// A node that does not keep the record.
  std::size_t stranger() {
    const auto keepers = world.nearest(key.view(), 40, SIZE_MAX);
    std::size_t node = 0;
    while (std::ranges::count(keepers, testing::peer_number(node)) > 0) node += 1;
    return node;
  }

  World world;
  Bytes key = key_text("/test/a key");
};

// Results were sorted by leading zero bits, ascending: the farthest first, and ties by chance.
TEST(DhtDefects, a1_a_lookup_and_the_table_name_the_nearest_nearest_first) {
  Mesh mesh(120);
  for (std::size_t node = 0; node < 120; node += 30) {
    const LookupDone done = mesh.nearest(node);
    std::vector<PeerId> found;
    for (const PeerInfo& peer : std::get<Peers>(done.result).nearest) found.push_back(peer.id);
    EXPECT_EQ(found, mesh.world.nearest(mesh.key.view(), 20, node));
    // Its neighbours, which others called the sibling list.
    const Key self = Key::of(testing::peer_number(node));
    const auto siblings =
        mesh.world.node(node).dht->table().nearest(self, 16, RoutingTable::Which::all);
    EXPECT_TRUE(std::ranges::is_sorted(
        siblings, {}, [&](const PeerInfo& peer) { return distance(Key::of(peer.id), self); }));
    const auto truly = mesh.world.nearest(testing::peer_number(node).view(), 1, node);
    ASSERT_FALSE(siblings.empty());
    EXPECT_EQ(siblings.front().id, truly.front());
  }
}

// "Close" meant 128 common bits: results stayed empty, and an empty result was valid.
TEST(DhtDefects, a2_finding_nothing_is_a_failure_and_finding_far_ones_is_not) {
  Mesh mesh(30);
  EXPECT_EQ(std::get<Peers>(mesh.nearest(3).result).nearest.size(), 20U);
  const LookupDone done = mesh.get(3, 1);
  EXPECT_TRUE(std::holds_alternative<NotFound>(done.result));
  EXPECT_EQ(mesh.world.node(3).dht->counters().lookups_failed, 1U);
  for (std::size_t i = 1; i < 30; ++i) mesh.world.kill(i);
  const LookupDone alone = mesh.put(0, "1:a");
  EXPECT_EQ(std::get<Stored>(alone.result).count, 0U) << "nobody confirmed";
  EXPECT_EQ(mesh.world.node(0).dht->counters().lookups_failed, 1U);
}

// Paths were walked one after another, and an inconsistent result was logged and returned.
TEST(DhtDefects, a3_paths_run_at_once_and_what_does_not_fit_is_not_returned) {
  Mesh one(100, 1);
  Mesh eight(100, 8);
  const Duration alone = one.nearest(7).facts.duration;
  const Duration together = eight.nearest(7).facts.duration;
  EXPECT_LE(together, 2 * std::max<Duration>(alone, eight.world.latency * 2))
      << "eight paths one after another take eight times as long";

  eight.put(2, "1:true");
  for (std::size_t i = 0; i < 100; ++i)
    eight.world.node(i).twist = [](Message& answer) {
      if (answer.record) answer.record->value = Bytes::copy("x forged");
    };
  const LookupDone lied_to = eight.get(eight.stranger(), 1);
  const auto* nothing = std::get_if<NotFound>(&lied_to.result);
  ASSERT_NE(nothing, nullptr);
  EXPECT_GT(nothing->refused.of(Verdict::bad_signature), 0U);
}

// One node, perhaps malicious, could stand on two paths.
TEST(DhtDefects, a4_no_node_is_asked_twice_in_one_lookup) {
  Mesh mesh(100);
  std::vector<std::uint64_t> before;
  for (std::size_t i = 0; i < 100; ++i) before.push_back(mesh.world.node(i).received);
  const LookupDone done = mesh.nearest(5);
  EXPECT_EQ(done.facts.messages, done.facts.asked);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_LE(mesh.world.node(i).received - before[i], 1U) << "node " << i;
}

// The distance was that of an id's text, cut to 32 bytes: whoever chose its first letters chose its
// place.
TEST(DhtDefects, a5_a_place_cannot_be_chosen_by_how_an_id_begins) {
  const auto id = [](std::byte last) {
    std::vector<std::byte> multihash(34, std::byte{7});
    multihash[0] = std::byte{0x12};
    multihash[1] = std::byte{0x20};
    multihash[33] = last;
    return *PeerId::from_multihash(multihash);
  };
  const Key target = Key::of(id(std::byte{0}));
  int nearer_than_chance = 0;
  for (int last = 1; last < 256; ++last)
    nearer_than_chance +=
        shared_prefix_bits(target, Key::of(id(static_cast<std::byte>(last)))) >= 16 ? 1 : 0;
  EXPECT_LE(nearer_than_chance, 1) << "255 ids that differ in their last byte only";
}

}  // namespace
}  // namespace mycel::dht
