// Stories of connections that are there: which of two is used, and which are closed.

#include <gtest/gtest.h>

#include "protocol/connect/connector_story_test.hpp"

namespace mycel::connect {
namespace {

TEST(Connector, a_peer_that_dials_us_meanwhile_is_as_good) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  const DialId given_up = story.dials.at(0).id;
  story.comes_in(alice);
  EXPECT_EQ(story.take_events(), Words{"connected 1 by 1"});
  EXPECT_EQ(story.dials.size(), 0U);
  // The dial had succeeded when it was given up.
  story.connects({alice, home(1), Direction::outbound, given_up});
  EXPECT_EQ(story.take_closed(), Words{"2 not needed any more"});
  EXPECT_EQ(story.take_events(), Words{});
}

TEST(Connector, of_two_simultaneous_connections_the_one_of_the_smaller_dialler_is_used) {
  Story story;
  const auto ours = story.connects({alice, home(1), Direction::outbound, std::nullopt});
  const auto theirs = story.comes_in(alice);  // alice is smaller than we are
  EXPECT_EQ(story.connector.connection_of(alice), theirs);
  EXPECT_EQ(story.take_events(), (Words{"connected 1 by 1", "replaced 1 by 2"}));

  const auto to_zoe = story.connects({zoe, home(2), Direction::outbound, std::nullopt});
  story.comes_in(zoe);
  EXPECT_EQ(story.connector.connection_of(zoe), to_zoe);
  EXPECT_EQ(story.take_events(), Words{"connected 200 by 3"});

  story.streams(ours, 2);
  story.pass(1min);
  EXPECT_EQ(story.take_closed(), Words{"4 another connection is used"});
  story.streams(ours, 0);
  story.pass(4s);
  EXPECT_EQ(story.take_closed(), Words{});
  story.pass(1s);
  EXPECT_EQ(story.take_closed(), Words{"1 another connection is used"});
  EXPECT_EQ(story.take_events(), Words{});
}

TEST(Connector, a_redundant_connection_does_not_last_even_with_streams) {
  Story story;
  const auto ours = story.connects({alice, home(1), Direction::outbound, std::nullopt});
  const auto theirs = story.comes_in(alice);
  story.streams(ours, 1);
  story.streams(theirs, 1);
  story.pass(5min);
  EXPECT_EQ(story.take_closed(), Words{"1 another connection is used"});
}

TEST(Connector, a_peer_that_dials_again_later_has_lost_its_connection) {
  Story story;
  const auto old = story.connects({zoe, home(1), Direction::outbound, std::nullopt});
  story.streams(old, 1);
  story.pass(1min);
  const auto again = story.comes_in(zoe);  // ours would win, were they simultaneous
  EXPECT_EQ(story.connector.connection_of(zoe), again);
}

TEST(Connector, the_other_connection_takes_over_when_the_one_in_use_ends) {
  Story story;
  const auto ours = story.connects({alice, home(1), Direction::outbound, std::nullopt});
  const auto theirs = story.comes_in(alice);
  story.take_events();
  story.closes_itself(theirs);
  EXPECT_EQ(story.take_events(), Words{"replaced 2 by 1"});
  EXPECT_EQ(story.connector.connection_of(alice), ours);
  story.pass(1min);
  EXPECT_EQ(story.take_closed(), Words{});
}

TEST(Connector, a_third_connection_of_a_peer_ends_the_oldest_that_is_not_used) {
  Story story;
  story.comes_in(alice);
  story.comes_in(alice);
  story.comes_in(alice);
  EXPECT_EQ(story.take_closed(),
            Words{"1 limit of 2 connections a peer is reached: held by this peer"});
  EXPECT_EQ(story.connector.connections().size(), 2U);
}

TEST(Connector, an_idle_connection_is_closed_unless_its_peer_is_protected) {
  Story story;
  story.connector.protect(story.now, bob, true);
  const auto with_alice = story.comes_in(alice);
  story.comes_in(bob);
  story.streams(with_alice, 1);
  story.pass(10min);
  EXPECT_EQ(story.take_closed(), Words{});
  story.streams(with_alice, 0);
  story.pass(4min);
  story.want(alice);
  story.pass(4min);
  EXPECT_EQ(story.take_closed(), Words{});
  story.pass(1min);
  EXPECT_EQ(story.take_closed(), Words{"1 idle"});
  story.connector.protect(story.now, bob, false);
  story.pass(5min);
  EXPECT_EQ(story.take_closed(), Words{"2 idle"});
  EXPECT_EQ(story.connector.counters().pooled_connections, 0U);
}

TEST(Connector, too_many_connections_are_trimmed_from_the_least_used) {
  Config config;
  config.pool.connections_high = 6;
  config.pool.connections_low = 3;
  Story story(config);
  std::vector<ConnectionId> ids;
  for (std::uint8_t who = 1; who <= 6; ++who) {
    ids.push_back(story.comes_in(peer(who)));
    story.pass(10s);
  }
  story.streams(ids[0], 1);
  story.connector.protect(story.now, peer(2), true);
  story.comes_in(peer(7));
  EXPECT_EQ(story.take_closed(), (Words{"3 trimmed", "4 trimmed", "5 trimmed", "6 trimmed"}));
}

TEST(Connector, nothing_is_accepted_beyond_the_limit) {
  Config config;
  config.pool.connections_max = 3;
  Story story(config);
  for (std::uint8_t who = 1; who <= 4; ++who) story.streams(story.comes_in(peer(who)), 1);
  EXPECT_EQ(
      story.take_closed(),
      Words{
          "4 limit connections.max of 3 is reached: held by 3 peers, 3 with streams, 0 protected"});
  EXPECT_EQ(story.connector.connections().size(), 3U);
  story.take_events();
  story.know(zoe, {home(1)});
  story.want(zoe);
  EXPECT_EQ(story.take_events(), Words{"unreachable 200: overloaded"});
  EXPECT_EQ(describe(story.last_unreachable),
            "overloaded: limit connections.max of 3 is reached: held by 3 peers, 3 with streams, 0 "
            "protected");
}

TEST(Connector, disconnecting_closes_and_gives_up) {
  Story story;
  story.comes_in(alice);
  story.know(bob, {home(2)});
  story.want(bob);
  story.take_events();
  story.connector.disconnect(story.now, alice);
  story.connector.disconnect(story.now, bob);
  story.collect();
  EXPECT_EQ(story.take_closed(), Words{"1 disconnected"});
  EXPECT_EQ(story.take_events(), (Words{"disconnected 1", "unreachable 2: cancelled"}));
  EXPECT_EQ(story.dials.size(), 0U);
}

}  // namespace
}  // namespace mycel::connect
