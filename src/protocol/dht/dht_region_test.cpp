// Sybils on a key: ids ground nearer to it than any honest node's, who answer with each other only
// and deny what they hold.

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

Config config(bool searches_regions) {
  Config config;
  config.lookup.disjoint_paths = 8;
  config.region.is_enabled = searches_regions;
  // Whoever is told on the way to a crowded place is honest: without regions that alone would blunt
  // the attack.
  if (!searches_regions) config.confirmations_enough = 0;
  return config;
}

/// A network that knows its size, and an attacker who sits on one key.
class Attack {
 public:
  Attack(std::size_t honest, std::size_t sybils, bool searches_regions)
      : world_(11, config(searches_regions)), honest_(honest) {
    world_.grow(honest);
    world_.run_for(60s);
    for (std::size_t i = 0; i < honest; i += 5) warm_up(i);
    sit_on_key(sybils);
    world_.run_for(60s);
  }

  LookupDone put(std::size_t node, const char* value) {
    return world_.finish(node, world_.tell(node, [&](Dht& dht) {
      return dht.put(world_.now(), key_, Bytes::copy(value));
    }));
  }
  LookupDone get(std::size_t node) {
    return world_.finish(node,
                         world_.tell(node, [&](Dht& dht) { return dht.get(world_.now(), key_); }));
  }
  std::size_t honest_holders() {
    std::size_t holders = 0;
    for (std::size_t i = 0; i < honest_; ++i)
      holders += world_.node(i).disk.contains({Table::records, key_}) ? 1 : 0;
    return holders;
  }
  World& world() { return world_; }

 private:
  // Estimates of the network's size come from what a node looked up.
  void warm_up(std::size_t node) {
    for (int i = 0; i < 5; ++i) {
      const Bytes key = key_text("/test/warm " + std::to_string(node) + " " + std::to_string(i));
      world_.finish(node, world_.tell(node, [&](Dht& dht) {
        return dht.find_nearest(world_.now(), key.view());
      }));
    }
  }

  void sit_on_key(std::size_t sybils) {
    const Key target = Key::of(key_.view());
    const Distance nearest = distance(Key::of(world_.nearest(key_.view(), 1, honest_)[0]), target);
    const std::vector<PeerId> victims = world_.nearest(key_.view(), 40, honest_);
    for (std::uint64_t tried = 1'000'000; accomplices_.size() < sybils; ++tried) {
      const PeerId id = testing::peer_number(tried);
      if (distance(Key::of(id), target) >= nearest) continue;
      const std::size_t index = world_.add(id);
      accomplices_.push_back({id, world_.node(index).info.addresses});
      world_.node(index).twist = [this](Message& answer) { deny(answer); };
      for (const PeerId& victim : victims) world_.connect(index, world_.index_of(victim));
    }
  }
  void deny(Message& answer) {
    if (answer.type == MessageType::put_value) return;  // taken with thanks
    answer.record.reset();
    answer.closer.clear();
    for (const PeerInfo& peer : accomplices_)
      if (answer.closer.size() < 20)
        answer.closer.push_back({.id = peer.id, .addresses = peer.addresses});
  }

  World world_;
  std::size_t honest_;
  Bytes key_ = key_text("/test/the victim's");
  std::vector<PeerInfo> accomplices_;
};

TEST(DhtRegion, a_record_under_attack_is_stored_on_honest_nodes_and_found) {
  Attack attack(300, 40, true);
  const LookupDone put = attack.put(10, "7:true");
  EXPECT_FALSE(std::get<Stored>(put.result).goes_on) << "liars' word was enough";
  EXPECT_GE(attack.honest_holders(), 10);
  for (std::size_t asker = 50; asker < 300; asker += 50) {
    const LookupDone done = attack.get(asker);
    const auto* value = std::get_if<Value>(&done.result);
    ASSERT_NE(value, nullptr) << "asker " << asker << ", " << done.facts.messages << " messages";
    EXPECT_EQ(value->value, Bytes::copy("7:true"));
  }
}

TEST(DhtRegion, without_regions_the_same_attack_denies_the_record) {
  Attack attack(300, 40, false);
  attack.put(10, "7:true");
  std::size_t found = 0;
  for (std::size_t asker = 50; asker < 300; asker += 50)
    found += std::holds_alternative<Value>(attack.get(asker).result) ? 1 : 0;
  EXPECT_LT(found, 5) << "the attack is too weak to prove anything";
}

// A region is searched while peers of the first lookup still owe their answers. They turn slow, and
// nobody asks that lookup any more: time must go on nevertheless.
TEST(DhtRegion, a_search_goes_on_while_peers_of_the_first_lookup_never_answer) {
  Attack attack(300, 40, true);
  attack.put(10, "7:true");
  for (std::size_t dead = 3; dead < 300; dead += 4) attack.world().kill(dead);
  std::size_t found = 0;
  for (std::size_t asker = 50; asker < 300; asker += 50)
    found += std::holds_alternative<Value>(attack.get(asker).result) ? 1 : 0;
  EXPECT_GE(found, 4);
}

TEST(DhtRegion, keys_that_are_not_crowded_hardly_ever_cost_sweeps) {
  Attack attack(300, 0, true);
  std::uint64_t lookups = 0;
  std::uint64_t crowded = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    lookups += attack.world().node(i).dht->counters().lookups;
    crowded += attack.world().node(i).dht->counters().crowded_lookups;
  }
  EXPECT_GE(lookups, 300);
  EXPECT_LE(crowded * 100, lookups);
}

TEST(DhtRegion, keys_are_drawn_in_every_quarter_of_the_region) {
  Rng rng(3);
  const Key target = Key::of(as_bytes("somewhere"));
  const Distance radius = radius_for(30, 10000);
  const auto keys = keys_in_region(target, radius, rng);
  ASSERT_EQ(keys.size(), sweeps_per_region);
  std::set<std::uint64_t> quarters;
  for (const Bytes& key : keys) {
    const Key point = Key::of(key.view());
    EXPECT_GE(shared_prefix_bits(point, target), radius.leading_zero_bits());
    quarters.insert(point.words[0] >> (64 - radius.leading_zero_bits() - 2));
  }
  EXPECT_EQ(quarters.size(), sweeps_per_region);
}

TEST(DhtSharing, two_who_want_the_same_share_one_lookup) {
  World world(5, config(true));
  world.grow(30);
  world.run_for(30s);
  const Bytes key = key_text("/test/shared");
  world.finish(
      3, world.tell(3, [&](Dht& dht) { return dht.put(world.now(), key, Bytes::copy("1:a")); }));
  const std::uint64_t before = world.node(7).dht->counters().messages;
  const auto first = world.tell(7, [&](Dht& dht) { return dht.get(world.now(), key, {5}); });
  const std::uint64_t asked = world.node(7).dht->counters().messages;
  const auto second = world.tell(7, [&](Dht& dht) { return dht.get(world.now(), key, {5}); });
  EXPECT_GT(asked, before);
  EXPECT_EQ(world.node(7).dht->counters().messages, asked);
  EXPECT_TRUE(std::holds_alternative<Value>(world.finish(7, first).result));
  EXPECT_TRUE(std::holds_alternative<Value>(world.finish(7, second).result));
  EXPECT_EQ(world.node(7).dht->counters().deduplicated_requests, 1);
}

TEST(DhtSharing, who_cancels_leaves_the_lookup_to_the_others) {
  World world(5, config(true));
  world.grow(30);
  world.run_for(30s);
  const Bytes key = key_text("/test/missing");
  const auto first = world.tell(7, [&](Dht& dht) { return dht.get(world.now(), key); });
  const auto second = world.tell(7, [&](Dht& dht) { return dht.get(world.now(), key); });
  EXPECT_TRUE(world.tell(7, [&](Dht& dht) { return dht.cancel(first); }));
  EXPECT_FALSE(world.tell(7, [&](Dht& dht) { return dht.cancel(first); }));
  // It fails, and whoever is left hears of that.
  EXPECT_TRUE(std::holds_alternative<NotFound>(world.finish(7, second).result));
  EXPECT_FALSE(world.node(7).done.contains(first));
}

TEST(DhtSharing, a_cached_value_costs_no_message_and_a_newer_one_drives_it_out) {
  World world(5, config(true));
  world.grow(30);
  world.run_for(30s);
  const Bytes key = key_text("/test/cached");
  const auto put = [&](const char* value) {
    world.finish(
        3, world.tell(3, [&](Dht& dht) { return dht.put(world.now(), key, Bytes::copy(value)); }));
  };
  const auto get = [&](std::size_t node, bool may_be_cached) {
    const auto done = world.finish(node, world.tell(node, [&](Dht& dht) {
      return dht.get(world.now(), key, {.quorum = 5, .may_be_cached = may_be_cached});
    }));
    return std::get<Value>(done.result).value;
  };
  put("1:old");
  EXPECT_EQ(get(7, false), Bytes::copy("1:old"));
  const std::uint64_t messages = world.node(7).dht->counters().messages;
  EXPECT_EQ(get(7, true), Bytes::copy("1:old"));
  EXPECT_EQ(world.node(7).dht->counters().messages, messages);
  EXPECT_EQ(world.node(7).dht->counters().cache_hits, 1);
  put("2:new");
  EXPECT_EQ(get(7, false), Bytes::copy("2:new"));
  EXPECT_EQ(get(7, true), Bytes::copy("2:new"));
}

}  // namespace
}  // namespace mycel::dht
