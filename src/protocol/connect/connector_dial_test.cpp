// Stories of reaching a peer: whom to dial, in which order, and when to stop.

#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/connect/connector_story_test.hpp"

namespace mycel::connect {
namespace {

TEST(Connector, a_wanted_peer_is_dialled_and_its_connection_is_shared) {
  Story story;
  story.know(alice, {home(1)});
  EXPECT_EQ(story.want(alice), std::nullopt);
  EXPECT_EQ(story.want(alice), std::nullopt);  // somebody else wants it too
  EXPECT_EQ(story.dialled(), Addresses{home(1)});
  const auto connection = story.dial_succeeds();
  EXPECT_EQ(story.take_events(), Words{"connected 1 by 1"});
  EXPECT_EQ(story.want(alice), connection);
  EXPECT_EQ(story.take_events(), Words{});
  EXPECT_EQ(story.connector.counters().stream_reuses, 1U);
  EXPECT_EQ(story.connector.counters().dials, 1U);
  EXPECT_EQ(story.connector.counters().pooled_connections, 1U);
}

TEST(Connector, each_address_gets_a_head_start_and_at_most_four_are_dialled_at_once) {
  Story story;
  story.know(alice, {home(1, 1), home(1, 2), home(1, 3), home(1, 4), home(1, 5), home(1, 6)});
  story.want(alice);
  EXPECT_EQ(story.dials.size(), 1U);
  story.pass(249ms);
  EXPECT_EQ(story.dials.size(), 1U);
  story.pass(1ms);
  EXPECT_EQ(story.dials.size(), 2U);
  story.pass(5s);
  EXPECT_EQ(story.dials.size(), 4U);
  story.dial_fails(DialFailure::refused);
  EXPECT_EQ(story.dials.size(), 4U);
  story.dial_succeeds(2);
  EXPECT_EQ(story.dials.size(), 0U);
  EXPECT_EQ(story.abandoned, 3U);
  EXPECT_EQ(story.take_events(), Words{"connected 1 by 1"});
}

TEST(Connector, a_failed_dial_starts_the_next_at_once) {
  Story story;
  story.know(alice, {home(1, 1), home(1, 2)});
  story.want(alice);
  story.dial_fails(DialFailure::unreachable);
  EXPECT_EQ(story.dialled(), Addresses{home(1, 2)});
}

TEST(Connector, an_unreachable_peer_is_reported_once_with_what_each_address_said) {
  Story story;
  story.know(alice, {home(1, 1), home(1, 2)});
  story.want(alice);
  story.dial_fails(DialFailure::handshake_failed);
  story.pass(10s);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: all_failed"});
  EXPECT_EQ(story.last_unreachable.failures,
            (std::vector<AddressFailure>{{home(1, 1), DialFailure::handshake_failed, "it did"},
                                         {home(1, 2), DialFailure::timeout, ""}}));
  EXPECT_EQ(describe(story.last_unreachable),
            "all_failed: /ip4/8.8.1.1/udp/4001/quic-v1 handshake_failed (it did); "
            "/ip4/8.8.2.1/udp/4001/quic-v1 timeout");
  EXPECT_EQ(story.dials.size(), 0U);
}

TEST(Connector, a_peer_in_back_off_is_refused_at_once_unless_a_person_insists) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  story.dial_fails(DialFailure::unreachable);
  story.take_events();
  story.want(alice);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: backing_off"});
  EXPECT_EQ(story.last_unreachable.failures.size(), 1U);
  EXPECT_GT(*story.last_unreachable.retry_at, story.now.instant);
  story.want(alice, Urgency::forced);
  EXPECT_EQ(story.dials.size(), 1U);
}

TEST(Connector, the_back_off_grows_and_a_connection_that_lasts_ends_it) {
  Story story;
  story.know(alice, {home(1)}, Source::configured);
  Duration pause{};
  for (int attempt = 0; attempt < 6; ++attempt) {
    story.want(alice);
    story.dial_fails(DialFailure::unreachable);
    pause = *story.last_unreachable.retry_at - story.now.instant;
    story.pass(pause);
  }
  EXPECT_GE(pause, 32s);
  EXPECT_LE(pause, 64s);
  story.want(alice);
  const auto connection = story.dial_succeeds();
  story.pass(10s);
  story.closes_itself(connection);
  story.want(alice);
  story.dial_fails(DialFailure::unreachable);
  EXPECT_LE(*story.last_unreachable.retry_at - story.now.instant, 2s);
}

TEST(Connector, a_peer_that_hangs_up_at_once_has_refused) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  story.closes_itself(story.dial_succeeds());
  EXPECT_EQ(story.take_events(), (Words{"connected 1 by 1", "disconnected 1"}));
  story.want(alice);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: backing_off"});
}

TEST(Connector, a_peer_that_said_why_it_hung_up_is_quoted_until_it_is_dialled_again) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  const ConnectionId connection = story.dial_succeeds();
  story.connector.on_closed(story.now, connection, "other_network: go away");
  story.collect();
  story.want(alice);
  EXPECT_EQ(describe(story.last_unreachable),
            "backing_off: /ip4/8.8.0.1/udp/4001/quic-v1 refused (other_network: go away)");
}

TEST(Connector, a_want_beyond_the_limit_on_attempts_is_told_the_limit_and_who_holds_it) {
  Config config;
  config.dialer.attempts_max = 2;
  Story story(config);
  for (std::uint8_t who = 1; who <= 3; ++who) {
    story.know(peer(who), {home(who)});
    story.want(peer(who));
  }
  EXPECT_EQ(describe(story.last_unreachable),
            "overloaded: limit of 2 peers being dialled is reached: 2 dials are under way, of at "
            "most connections.dials_max 64");
}

TEST(Connector, a_peer_that_nobody_knows_the_way_to_is_not_punished) {
  Story story;
  story.want(alice);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: no_addresses"});
  story.know(alice, {at("/ip4/10.0.0.1/udp/4001/quic-v1")});
  story.want(alice);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: no_usable"});
  story.know(alice, {home(1)});
  story.want(alice);
  EXPECT_EQ(story.dials.size(), 1U);
}

TEST(Connector, a_node_does_not_dial_itself) {
  Story story;
  story.know(self, {home(1)});
  story.want(self);
  EXPECT_EQ(story.take_events(), Words{"unreachable 100: is_self"});
  story.know(alice, {home(1)});
  story.want(alice);
  story.connects({self, home(1), Direction::outbound, story.dials.at(0).id});
  EXPECT_EQ(story.take_closed(), Words{"1 wrong peer"});
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: all_failed"});
}

TEST(Connector, an_address_where_somebody_else_answers_is_forgotten) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  story.dial_fails(DialFailure::wrong_peer);
  EXPECT_TRUE(story.connector.addresses_of(story.now, alice).empty());
}

TEST(Connector, addresses_that_come_while_dialling_help) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  story.know(alice, {home(1, 7)});
  story.dial_fails(DialFailure::refused);
  EXPECT_EQ(story.dialled(), Addresses{home(1, 7)});
}

TEST(Connector, names_are_resolved_first) {
  Story story;
  story.know(alice, {at("/dns4/example.org/udp/4001/quic-v1")}, Source::configured);
  story.want(alice);
  ASSERT_EQ(story.resolves.size(), 1U);
  story.connector.on_resolved(story.now, story.resolves[0].token,
                              {home(1), wire::with_peer(home(2), bob), home(1)});
  story.collect();
  EXPECT_EQ(story.dialled(), Addresses{home(1)});
  story.dial_succeeds();
  EXPECT_EQ(story.take_events(), Words{"connected 1 by 1"});
}

TEST(Connector, a_name_that_leads_nowhere_does_not_stall) {
  Story story;
  story.know(alice, {at("/dns4/example.org/udp/4001/quic-v1")}, Source::configured);
  story.want(alice);
  story.pass(5s);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: all_failed"});
  EXPECT_EQ(story.last_unreachable.failures.at(0).failure, DialFailure::name_unresolved);
}

TEST(Connector, a_strangers_name_may_not_lead_into_our_own_network) {
  Story story;
  story.know(alice, {at("/dns4/example.org/udp/4001/quic-v1")});
  story.want(alice);
  story.connector.on_resolved(story.now, story.resolves.at(0).token,
                              {at("/ip4/127.0.0.1/udp/4001/quic-v1")});
  story.collect();
  EXPECT_EQ(story.dials.size(), 0U);
  EXPECT_EQ(story.take_events(), Words{"unreachable 1: all_failed"});
}

TEST(Connector, peers_take_turns_when_there_are_more_than_can_be_dialled) {
  Config config;
  config.dialer.dials_max = 2;
  Story story(config);
  for (std::uint8_t who = 1; who <= 3; ++who) {
    story.know(peer(who), {home(who, 1), home(who, 2)});
    story.want(peer(who));
  }
  EXPECT_EQ(story.dialled(), (Addresses{home(1, 1), home(2, 1)}));
  story.pass(1s);  // the second addresses of 1 and 2 stand in line behind 3
  story.dial_fails(DialFailure::refused);
  EXPECT_EQ(story.dialled(), (Addresses{home(2, 1), home(3, 1)}));
  story.dial_fails(DialFailure::refused);
  story.dial_fails(DialFailure::refused);
  EXPECT_EQ(story.dialled(), (Addresses{home(1, 2), home(2, 2)}));
}

}  // namespace
}  // namespace mycel::connect
