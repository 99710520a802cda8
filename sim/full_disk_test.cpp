// A node whose disk is full goes on, and confirms nothing that is not on it.

#include <gtest/gtest.h>

#include "sim/fleet.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

struct Story {
  Story() {
    fleet.on_setup([](std::uint32_t number, NodeSetup& setup) {
      setup.identify.observed.is_private_allowed = true;
      setup.dht.namespaces.push_back(sealed_namespace());
      if (number > 0) setup.join = {Network::address_of(0)};
    });
    fleet.start(0);
    fleet.start(1);
    world.run_for(5s);
  }

  /// How many others confirm a put of the same record.
  std::uint32_t put() {
    std::uint32_t confirmed = 99;
    const Bytes key = sealed_key(1, 0);
    fleet.node(1).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, key, seal(key.view(), 1, "text")); },
        [&](const dht::LookupDone& done) { confirmed = std::get<dht::Stored>(done.result).count; });
    world.run_for(30s);
    return confirmed;
  }

  World world{7};
  Network network{world, {}};
  Fleet fleet{world, network, 2};
};

TEST(FullDisk, a_record_that_could_not_be_written_is_not_confirmed_when_it_comes_again) {
  Story story;
  story.fleet.disk(0).set_full(true);
  EXPECT_EQ(story.put(), 0U);
  EXPECT_EQ(story.put(), 0U);
}

TEST(FullDisk, with_room_again_a_node_that_starts_anew_confirms_and_keeps) {
  Story story;
  story.fleet.disk(0).set_full(true);
  EXPECT_EQ(story.put(), 0U);
  story.fleet.disk(0).set_full(false);
  story.fleet.stop(0);
  story.fleet.start(0);
  story.world.run_for(60s);
  EXPECT_EQ(story.put(), 1U);
  EXPECT_TRUE(
      story.fleet.node(0).store().get(Table::records, sealed_key(1, 0).view())->has_value());
}

}  // namespace
}  // namespace mycel::sim
