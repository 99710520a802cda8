// A node that publishes much repeats its words in time and evenly: what came at once must not leave
// at once, hour after hour, nor after a restart.

#include <algorithm>
#include <cstdio>
#include <deque>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

constexpr std::size_t keys = 300;

Config config() {
  Config config;
  config.providers = {.ttl = 1h, .refresh = 30min};
  config.records.ttl = 2h;
  config.records.republish_own = 1h;
  return config;
}

/// Node 0 publishes hundreds of records and provides as many keys, all within a moment.
struct Story {
  Story() : world(21, config()) {
    world.grow(40);
    world.run_for(1min);
    world.tell(0, [&](Dht& dht) {
      for (std::size_t i = 0; i < keys; ++i) {
        dht.put(world.now(), record_key(i), Bytes::copy("1:a"));
        dht.provide(world.now(), provided_key(i));
      }
      return 0;
    });
    world.run_for(1min);
  }

  static Bytes record_key(std::size_t number) {
    return key_text("/test/r" + std::to_string(number));
  }
  static Bytes provided_key(std::size_t number) { return key_text("p" + std::to_string(number)); }

  std::uint64_t renewals() {
    const Counters& counters = world.node(0).dht->counters();
    return counters.provider_refreshes + counters.records_republished;
  }
  /// The most renewals that began within ten seconds.
  std::uint64_t largest_burst(Duration span) {
    std::uint64_t largest = 0;
    std::deque<std::uint64_t> last{renewals()};
    for (Duration passed{}; passed < span; passed += 1s) {
      world.run_for(1s);
      last.push_back(renewals());
      if (last.size() > 11) last.pop_front();
      largest = std::max(largest, last.back() - last.front());
    }
    return largest;
  }
  std::size_t provided() {
    std::size_t found = 0;
    for (std::size_t i = 0; i < keys; i += 10) {
      const auto find = world.tell(
          7, [&](Dht& dht) { return dht.find_providers(world.now(), provided_key(i), 1); });
      found += std::holds_alternative<Providers>(world.finish(7, find).result) ? 1 : 0;
    }
    return found;
  }
  std::size_t recorded() {
    std::size_t found = 0;
    for (std::size_t i = 0; i < keys; i += 10) {
      const auto get = world.tell(
          7, [&](Dht& dht) { return dht.get(world.now(), record_key(i), {.quorum = 3}); });
      found += std::holds_alternative<Value>(world.finish(7, get).result) ? 1 : 0;
    }
    return found;
  }

  World world;
};

TEST(DhtRepublish, what_came_at_once_leaves_evenly_and_in_time) {
  Story story;
  // A provided key has its turn in the last tenth of its 30 min: 300 keys in 180 s are 17 in ten
  // seconds. Twice that is more than chance makes of it; all at once would be 300.
  const std::uint64_t largest = story.largest_burst(2h);
  EXPECT_LE(largest, 34U) << "of " << 2 * keys << " that were published at once";
  EXPECT_GE(story.renewals(), keys * (3 + 1)) << "everything had its turns";
  EXPECT_EQ(story.provided(), keys / 10);
  EXPECT_EQ(story.recorded(), keys / 10);
  std::printf("largest burst in 10 s: %d\n", static_cast<int>(largest));
}

TEST(DhtRepublish, a_restart_is_no_burst_either_and_loses_nothing) {
  Story story;
  story.world.run_for(20min);
  story.world.kill(0);  // nobody is connected to it any more
  story.world.node(0).is_dead = false;
  story.world.start(0);
  story.world.connect(0, 1);
  const std::uint64_t largest = story.largest_burst(40min);
  // Provided keys are told again within a tenth of their interval: 300 in 180 s, as above.
  EXPECT_LE(largest, 34U);
  EXPECT_GE(story.renewals(), keys) << "every provided key was told again";
  story.world.run_for(70min);
  EXPECT_EQ(story.provided(), keys / 10) << "longer than a provider is named without a word";
  EXPECT_EQ(story.recorded(), keys / 10) << "longer than a record is kept without a word";
  std::printf("largest burst in 10 s: %d\n", static_cast<int>(largest));
}

TEST(DhtRepublish,
     in_a_small_mesh_where_all_hold_everything_a_record_lives_as_long_as_its_publisher) {
  World world(23);
  world.grow(8);
  world.run_for(1min);
  const Bytes key = Story::record_key(0);
  world.finish(
      0, world.tell(0, [&](Dht& dht) { return dht.put(world.now(), key, Bytes::copy("1:a")); }));
  const auto holders = [&] {
    std::size_t count = 0;
    for (std::size_t i = 1; i < world.size(); ++i)
      count += world.node(i).disk.contains({Table::records, key}) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(holders(), 7U);
  world.run_for(3 * RecordConfig{}.ttl);
  EXPECT_EQ(holders(), 7U);
}

TEST(DhtRepublish, what_a_lonely_node_put_reaches_the_mesh_soon_after_it_joined) {
  World world(24);
  world.grow(12);
  world.run_for(1min);
  const std::size_t late = world.add();
  const Bytes key = Story::record_key(0);
  const auto put =
      world.tell(late, [&](Dht& dht) { return dht.put(world.now(), key, Bytes::copy("1:a")); });
  EXPECT_EQ(std::get<Stored>(world.finish(late, put).result).count, 0U);
  world.run_for(1h);
  world.connect(late, 3);
  world.run_for(15min);
  const auto get = world.tell(5, [&](Dht& dht) { return dht.get(world.now(), key, {5}); });
  EXPECT_TRUE(std::holds_alternative<Value>(world.finish(5, get).result));
}

TEST(DhtRepublish, a_turn_that_reached_nobody_is_repeated_soon) {
  World world(22, config());
  world.grow(30);
  world.run_for(1min);
  const Bytes key = Story::record_key(0);
  world.finish(
      0, world.tell(0, [&](Dht& dht) { return dht.put(world.now(), key, Bytes::copy("1:a")); }));
  world.run_for(50min);
  // All the others refuse to keep anything while the turn of the record comes.
  for (std::size_t i = 1; i < world.size(); ++i)
    world.node(i).twist = [](Message& answer) { answer.record.reset(); };
  world.run_for(20min);
  const std::uint64_t in_vain = world.node(0).dht->counters().records_republished;
  EXPECT_GE(in_vain, 1U);
  for (std::size_t i = 1; i < world.size(); ++i) world.node(i).twist = nullptr;
  world.run_for(15min);
  EXPECT_GT(world.node(0).dht->counters().records_republished, in_vain)
      << "not after another hour, when the others may have forgotten it";
}

TEST(DhtRepublish, whoever_stops_is_forgotten_and_counted_as_stale) {
  Story story;
  story.world.kill(0);
  story.world.run_for(75min);
  EXPECT_EQ(story.provided(), 0U);
  story.world.run_for(60min);
  EXPECT_EQ(story.recorded(), 0U);
  std::uint64_t cleaned = 0;
  std::uint64_t left = 0;
  for (std::size_t i = 1; i < story.world.size(); ++i) {
    const Counters& counters = story.world.node(i).dht->counters();
    cleaned += counters.stale_records_cleaned;
    left += counters.records + counters.providers;
    EXPECT_TRUE(story.world.node(i).disk.empty()) << "nothing stays on disk either";
  }
  EXPECT_EQ(left, 0U);
  EXPECT_GE(cleaned, 2 * keys);
}

}  // namespace
}  // namespace mycel::dht
