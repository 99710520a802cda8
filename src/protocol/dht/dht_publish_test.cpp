// Puts and provides that end for their caller before the last node has been told.

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

constexpr std::size_t publisher = 10;

Config config(std::size_t confirmations_enough) {
  Config config;
  config.lookup.disjoint_paths = 8;
  config.confirmations_enough = confirmations_enough;
  return config;
}

/// A network whose publisher knows its size, and a key some of whose nearest nodes have just died:
/// nobody has noticed yet.
class Publishing {
 public:
  explicit Publishing(std::size_t confirmations_enough, std::size_t dead = 2)
      : world_(11, config(confirmations_enough)) {
    world_.grow(200);
    world_.run_for(60s);
    for (int i = 0; i < 5; ++i)
      finish(world_.tell(publisher, [&](Dht& dht) {
        return dht.find_nearest(world_.now(), key_text("/test/warm " + std::to_string(i)).view());
      }));
    const auto nearest = world_.nearest(key_.view(), 20, publisher);
    for (std::size_t i = 0; i < dead; ++i) world_.kill(world_.index_of(nearest[2 * i]));
  }

  LookupDone put(const char* value) {
    return finish(world_.tell(
        publisher, [&](Dht& dht) { return dht.put(world_.now(), key_, Bytes::copy(value)); }));
  }
  LookupDone provide() {
    return finish(
        world_.tell(publisher, [&](Dht& dht) { return dht.provide(world_.now(), key_); }));
  }
  /// How many of the twenty nodes that are nearest to the key and live know of it.
  std::size_t nearest_that_know(Table table) {
    std::size_t count = 0;
    for (const PeerId& peer : world_.nearest(key_.view(), 20, publisher)) {
      const auto& disk = world_.node(world_.index_of(peer)).disk;
      count +=
          std::ranges::any_of(disk, [&](const auto& entry) { return entry.first.first == table; })
              ? 1
              : 0;
    }
    return count;
  }
  World& world() { return world_; }
  Dht& machine() { return *world_.node(publisher).dht; }
  const Bytes& key() const { return key_; }

 private:
  LookupDone finish(OperationId operation) { return world_.finish(publisher, operation); }

  World world_;
  Bytes key_ = key_text("/test/published");
};

TEST(DhtPublish, a_put_does_not_wait_for_dead_neighbours_and_reaches_all_that_live) {
  Publishing story(10);
  const LookupDone done = story.put("1:a");
  EXPECT_LT(done.facts.duration, Duration{500ms});
  const auto& stored = std::get<Stored>(done.result);
  EXPECT_GE(stored.count, 10);
  EXPECT_TRUE(stored.goes_on);
  story.world().run_for(30s);
  EXPECT_EQ(story.nearest_that_know(Table::records), 20);
  EXPECT_EQ(story.machine().operations_under_way(), 0);
  EXPECT_EQ(story.machine().counters().early_publications, 1);
}

TEST(DhtPublish, where_half_of_the_neighbourhood_is_dead_the_others_are_told_before_that_is_known) {
  Publishing story(10, 10);
  const LookupDone done = story.put("1:a");
  EXPECT_LT(done.facts.duration, Duration{2s});
  EXPECT_TRUE(std::get<Stored>(done.result).goes_on);
  story.world().run_for(30s);
  EXPECT_EQ(story.nearest_that_know(Table::records), 20);
}

TEST(DhtPublish, the_plain_way_waits_for_them_and_reaches_no_more) {
  Publishing story(0);
  const LookupDone done = story.put("1:a");
  EXPECT_GE(done.facts.duration, Duration{5s});
  EXPECT_FALSE(std::get<Stored>(done.result).goes_on);
  EXPECT_EQ(story.nearest_that_know(Table::records), 20);
}

TEST(DhtPublish, a_provider_is_announced_early_and_to_all_that_live) {
  Publishing story(10);
  const LookupDone done = story.provide();
  EXPECT_LT(done.facts.duration, Duration{500ms});
  EXPECT_GE(std::get<Stored>(done.result).count, 10);
  story.world().run_for(30s);
  EXPECT_EQ(story.nearest_that_know(Table::providers), 20);
}

TEST(DhtPublish, who_stops_providing_meanwhile_is_announced_no_further) {
  Publishing story(10);
  EXPECT_TRUE(std::get<Stored>(story.provide().result).goes_on);
  story.world().tell(publisher, [&](Dht& dht) {
    dht.stop_providing(story.world().now(), story.key());
    return 0;
  });
  story.world().run_for(30s);
  EXPECT_LT(story.nearest_that_know(Table::providers), 20);
}

TEST(DhtPublish, a_caller_hears_of_the_end_once_and_cannot_cancel_what_goes_on) {
  Publishing story(10);
  const LookupDone done = story.put("1:a");
  EXPECT_EQ(story.machine().operations_under_way(), 1);
  EXPECT_FALSE(story.world().tell(publisher, [&](Dht& dht) { return dht.cancel(done.operation); }));
  story.world().run_for(30s);
  const auto& events = story.world().node(publisher).events;
  EXPECT_EQ(std::ranges::count_if(events,
                                  [&](const Event& event) {
                                    const auto* ended = std::get_if<LookupDone>(&event);
                                    return ended != nullptr && ended->operation == done.operation;
                                  }),
            1);
}

TEST(DhtPublish, where_the_size_of_the_network_is_unknown_everybody_is_waited_for) {
  World world(3, config(10));
  world.grow(2);
  world.run_for(1s);
  const Bytes key = key_text("/test/few");
  const LookupDone done = world.finish(
      0, world.tell(0, [&](Dht& dht) { return dht.put(world.now(), key, Bytes::copy("1:a")); }));
  EXPECT_EQ(std::get<Stored>(done.result).count, 1);
  EXPECT_FALSE(std::get<Stored>(done.result).goes_on);
}

}  // namespace
}  // namespace mycel::dht
