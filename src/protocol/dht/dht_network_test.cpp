// Many machines together: what the DHT promises as a whole.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

/// Nodes by number, which read better than ids when a test fails.
std::vector<std::size_t> numbers_of(const World& world, const std::vector<PeerId>& peers) {
  std::vector<std::size_t> numbers;
  for (const PeerId& peer : peers) numbers.push_back(world.index_of(peer));
  return numbers;
}

LookupDone look_for(World& world, std::size_t from, const Bytes& key) {
  const auto operation =
      world.tell(from, [&](Dht& dht) { return dht.find_nearest(world.now(), key.view()); });
  return world.finish(from, operation);
}

std::vector<std::size_t> found_nearest(World& world, std::size_t from, const Bytes& key) {
  std::vector<PeerId> found;
  const LookupDone done = look_for(world, from, key);
  for (const PeerInfo& peer : std::get<Peers>(done.result).nearest) found.push_back(peer.id);
  return numbers_of(world, found);
}

std::vector<std::size_t> true_nearest(const World& world, std::size_t from, const Bytes& key,
                                      std::size_t count = 20) {
  return numbers_of(world, world.nearest(key.view(), count, from));
}

Bytes key_number(int number) {
  return key_text("key " + std::to_string(number));
}

/// Few nodes and few copies, for stories of many hours.
Config small_config() {
  Config config;
  config.table.bucket_size = 6;
  config.lookup.k = 6;
  return config;
}

LookupDone put_at(World& world, std::size_t node, const Bytes& key, std::string_view value) {
  return world.finish(
      node, world.tell(node, [&](Dht& dht) { return dht.put(world.now(), key, key_text(value)); }));
}

LookupDone get_at(World& world, std::size_t node, const Bytes& key, std::size_t quorum = 1) {
  return world.finish(node, world.tell(node, [&](Dht& dht) {
    return dht.get(world.now(), key, {.quorum = quorum});
  }));
}

TEST(DhtNetwork, a_lookup_ends_at_the_true_k_nearest) {
  World world(1);
  world.grow(250);
  world.run_for(1min);
  for (int i = 0; i < 30; ++i) {
    const auto from = static_cast<std::size_t>(world.rng().below(world.size()));
    EXPECT_EQ(found_nearest(world, from, key_number(i)), true_nearest(world, from, key_number(i)));
  }
}

TEST(DhtNetwork, a_fifth_of_the_nodes_may_die_and_the_nearest_live_ones_are_found) {
  World world(2);
  world.grow(120);
  world.run_for(1min);
  for (std::size_t i = 0; i < 24; ++i) world.kill(i * 5);
  const auto live_node = [&] { return 5 * static_cast<std::size_t>(world.rng().below(24)) + 1; };
  // At once, though every answer still names the dead.
  for (int i = 0; i < 20; ++i) {
    const std::size_t from = live_node();
    auto found = found_nearest(world, from, key_number(i));
    ASSERT_GE(found.size(), 10);
    found.resize(10);
    EXPECT_EQ(found, true_nearest(world, from, key_number(i), 10));
  }
  // All k of them, when the dead have left the tables.
  world.run_for(40min);
  for (int i = 0; i < 20; ++i) {
    const std::size_t from = live_node();
    EXPECT_EQ(found_nearest(world, from, key_number(i)), true_nearest(world, from, key_number(i)));
  }
}

TEST(DhtNetwork, disjoint_paths_together_find_the_true_k_nearest) {
  Config config;
  config.lookup.disjoint_paths = 3;
  World world(3, config);
  world.grow(150);
  world.run_for(1min);
  for (int i = 0; i < 20; ++i) {
    const auto from = static_cast<std::size_t>(world.rng().below(world.size()));
    EXPECT_EQ(found_nearest(world, from, key_number(i)), true_nearest(world, from, key_number(i)));
  }
}

TEST(DhtNetwork, hops_grow_with_the_logarithm_of_the_network) {
  Config config;
  config.table.bucket_size = 4;  // small buckets, so that hundreds of nodes need several hops
  config.lookup.k = 4;
  World world(4, config);
  world.grow(300);
  world.run_for(1min);
  std::uint32_t hops_max = 0;
  for (int i = 0; i < 50; ++i) {
    const auto from = static_cast<std::size_t>(world.rng().below(world.size()));
    hops_max = std::max(hops_max, look_for(world, from, key_number(i)).facts.hops);
  }
  EXPECT_LE(hops_max, 2 + std::log2(300.0 / 4));
}

TEST(DhtNetwork, a_record_survives_the_death_of_its_publisher) {
  Config config;
  config.confirmations_enough = 0;
  World world(5, config);
  world.grow(100);
  world.run_for(1min);
  const Bytes key = key_text("/test/a");
  EXPECT_EQ(std::get<Stored>(put_at(world, 7, key, "1:a").result).count, 20);
  world.kill(7);
  const LookupDone got = get_at(world, 50, key);
  ASSERT_TRUE(std::holds_alternative<Value>(got.result));
  EXPECT_EQ(std::get<Value>(got.result).value, key_text("1:a"));
}

TEST(DhtNetwork, a_record_survives_although_half_its_holders_die_again_and_again) {
  World world(6, small_config());
  world.grow(40);
  world.run_for(1min);
  const Bytes key = key_text("/test/a");
  put_at(world, 0, key, "1:a");
  for (int round = 0; round < 4; ++round) {
    int died = 0;
    for (std::size_t i = 0; i + 1 < world.size() && died < 3; ++i) {
      const World::Node& node = world.node(i);
      if (node.is_dead || !node.disk.contains({Table::records, key})) continue;
      world.kill(i);
      died += 1;
    }
    world.run_for(80min);
  }
  EXPECT_TRUE(std::holds_alternative<Value>(get_at(world, world.size() - 1, key).result));
}

TEST(DhtNetwork, passing_a_record_on_does_not_make_it_immortal) {
  World world(7, small_config());
  world.grow(12);
  world.run_for(1min);
  const Bytes key = key_text("/test/a");
  put_at(world, 0, key, "1:a");
  world.kill(0);
  world.run_for(35h);
  EXPECT_TRUE(std::holds_alternative<Value>(get_at(world, 3, key).result));
  world.run_for(3h);
  for (std::size_t i = 1; i < world.size(); ++i)
    EXPECT_FALSE(world.node(i).disk.contains({Table::records, key})) << i;
}

TEST(DhtNetwork, a_living_publisher_keeps_its_record_alive) {
  World world(8, small_config());
  world.grow(12);
  world.run_for(1min);
  const Bytes key = key_text("/test/a");
  put_at(world, 0, key, "1:a");
  world.run_for(60h);
  EXPECT_TRUE(std::holds_alternative<Value>(get_at(world, 5, key).result));
}

TEST(DhtNetwork, held_records_are_renewed_by_one_holder_and_not_by_all) {
  World world(9, small_config());
  world.grow(12);
  world.run_for(1min);
  put_at(world, 0, key_text("/test/a"), "1:a");
  world.run_for(10h);
  std::uint64_t republished = 0;
  for (std::size_t i = 0; i < world.size(); ++i)
    republished += world.node(i).dht->counters().records_republished;
  EXPECT_LE(republished, 20);  // six holders for ten hours would be sixty
  EXPECT_GE(republished, 8);
}

TEST(DhtNetwork, providers_are_found_and_forgotten_when_they_stop) {
  Config config;
  config.providers.ttl = 1h;
  config.providers.refresh = 30min;
  config.confirmations_enough = 0;
  World world(10, config);
  world.grow(45);
  world.run_for(1min);
  const Bytes key = key_text("a multihash");
  for (const std::size_t provider : {std::size_t{3}, std::size_t{9}}) {
    const auto provide =
        world.tell(provider, [&](Dht& dht) { return dht.provide(world.now(), key); });
    EXPECT_EQ(std::get<Stored>(world.finish(provider, provide).result).count, 20);
  }
  const auto find_all = [&](std::size_t from) {
    const auto find =
        world.tell(from, [&](Dht& dht) { return dht.find_providers(world.now(), key, 10); });
    const LookupDone done = world.finish(from, find);
    const auto* found = std::get_if<Providers>(&done.result);
    return found == nullptr ? std::vector<PeerInfo>{} : found->providers;
  };
  auto found = find_all(40);
  EXPECT_EQ(found.size(), 2);
  EXPECT_FALSE(found.front().addresses.empty());
  world.run_for(3h);
  EXPECT_EQ(find_all(40).size(), 2) << "both refresh";
  world.kill(3);
  world.run_for(2h);
  found = find_all(41);
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found.front().id, world.node(9).info.id);
}

TEST(DhtNetwork, a_peer_is_found_with_its_addresses) {
  World world(11);
  world.grow(160);
  world.run_for(1min);
  for (const std::size_t wanted : {std::size_t{5}, std::size_t{90}, std::size_t{150}}) {
    const World::Node& node = world.node(wanted);
    const auto find =
        world.tell(20, [&](Dht& dht) { return dht.find_peer(world.now(), node.info.id); });
    const LookupDone done = world.finish(20, find);
    ASSERT_TRUE(std::holds_alternative<PeerFound>(done.result));
    EXPECT_EQ(std::get<PeerFound>(done.result).peer, node.info);
  }
}

TEST(DhtNetwork, a_value_is_found_although_a_fifth_of_the_nodes_hide_it_and_name_only_each_other) {
  Config config;
  config.lookup.disjoint_paths = 8;
  World world(16, config);
  world.grow(120);
  world.run_for(1min);
  for (int i = 0; i < 10; ++i) put_at(world, 1, key_text("/test/" + std::to_string(i)), "1:a");
  std::vector<Peer> liars;
  for (std::size_t i = 0; i < world.size(); i += 5)
    liars.push_back({world.node(i).info.id, world.node(i).info.addresses});
  for (std::size_t i = 0; i < world.size(); i += 5)
    world.node(i).twist = [&](Message& message) {
      message.record.reset();
      message.closer = liars;
    };
  for (int i = 0; i < 10; ++i) {
    const std::size_t reader = 5 * static_cast<std::size_t>(world.rng().below(24)) + 2;
    const LookupDone got = get_at(world, reader, key_text("/test/" + std::to_string(i)));
    EXPECT_TRUE(std::holds_alternative<Value>(got.result)) << i;
  }
}

TEST(DhtNetwork, liars_who_name_only_each_other_are_soon_not_named_any_more) {
  Config config;
  config.lookup.disjoint_paths = 8;
  World world(17, config);
  world.grow(120);
  world.run_for(1min);
  std::vector<Peer> liars;
  for (std::size_t i = 0; i < world.size(); i += 4)
    liars.push_back({world.node(i).info.id, world.node(i).info.addresses});
  for (std::size_t i = 0; i < world.size(); i += 4)
    world.node(i).twist = [&](Message& message) { message.closer = liars; };
  const std::size_t asker = 1;
  const auto count_believed = [&] {
    const RoutingTable& table = world.node(asker).dht->table();
    return std::ranges::count_if(table.peers(RoutingTable::Which::believed),
                                 [&](const PeerId& id) { return world.index_of(id) % 4 == 0; });
  };
  const auto believed_before = count_believed();
  ASSERT_GE(believed_before, 10);
  for (int i = 0; i < 20; ++i)
    world.finish(asker, world.tell(asker, [&](Dht& dht) {
      return dht.find_nearest(world.now(), as_bytes("any " + std::to_string(i)));
    }));
  EXPECT_LE(count_believed(), believed_before / 3);
  const RoutingTable& table = world.node(asker).dht->table();
  const auto honest =
      std::ranges::count_if(table.peers(RoutingTable::Which::believed),
                            [&](const PeerId& id) { return world.index_of(id) % 4 != 0; });
  EXPECT_GE(honest, 40) << "who says what is so stays believed";
}

TEST(DhtNetwork, stale_holders_are_corrected_by_a_careful_reader) {
  World world(12);
  world.grow(60);
  world.run_for(1min);
  const Bytes key = key_text("/test/a");
  world.finish(0,
               world.tell(0, [&](Dht& dht) { return dht.put(world.now(), key, key_text("1:a")); }));
  std::vector<std::size_t> asleep;
  for (std::size_t i = 1; i < world.size() && asleep.size() < 5; ++i)
    if (world.node(i).disk.contains({Table::records, key})) asleep.push_back(i);
  for (const std::size_t i : asleep) world.node(i).is_dead = true;
  world.finish(0,
               world.tell(0, [&](Dht& dht) { return dht.put(world.now(), key, key_text("2:b")); }));
  for (const std::size_t i : asleep) {
    world.node(i).is_dead = false;
    world.start(i);
    world.connect(i, 0);
  }
  world.run_for(1min);
  const LookupDone got = get_at(world, 59, key, 25);
  EXPECT_EQ(std::get<Value>(got.result).value, key_text("2:b"));
  world.run_for(1s);
  const auto corrected = std::ranges::count_if(asleep, [&](std::size_t i) {
    const auto record = decode_stored_record(world.node(i).disk.at({Table::records, key}).view());
    return record && record->value == key_text("2:b");
  });
  EXPECT_EQ(corrected, 5);
}

TEST(DhtNetwork, a_network_that_was_cut_off_comes_back_by_itself) {
  World world(13);
  world.grow(20);
  world.run_for(1min);
  for (std::size_t i = 1; i < world.size(); ++i) world.node(i).is_dead = true;
  world.run_for(90min);
  EXPECT_LE(world.node(0).dht->table().size(), 2) << "dead peers leave the table";
  for (std::size_t i = 1; i < world.size(); ++i) {
    world.node(i).is_dead = false;
    world.start(i);
  }
  world.run_for(10min);
  EXPECT_GE(world.node(0).dht->table().size(), 1);
}

TEST(DhtNetwork, records_and_provided_keys_survive_a_restart) {
  World world(14);
  world.grow(30);
  world.run_for(1min);
  const Bytes key = key_text("/test/a");
  world.finish(0,
               world.tell(0, [&](Dht& dht) { return dht.put(world.now(), key, key_text("1:a")); }));
  world.finish(0, world.tell(0, [&](Dht& dht) { return dht.provide(world.now(), key); }));
  for (std::size_t i = 0; i < world.size(); ++i) world.start(i);
  EXPECT_EQ(world.node(0).dht->counters().records, 1);
  EXPECT_TRUE(std::holds_alternative<Value>(get_at(world, 0, key).result));
  const auto find =
      world.tell(0, [&](Dht& dht) { return dht.find_providers(world.now(), key, 1); });
  EXPECT_TRUE(std::holds_alternative<Providers>(world.finish(0, find).result));
}

TEST(DhtNetwork, one_seed_gives_one_history) {
  const auto delivered = [] {
    World world(15);
    world.grow(40);
    world.run_for(20min);
    return world.delivered();
  };
  EXPECT_EQ(delivered(), delivered());
}

}  // namespace
}  // namespace mycel::dht
