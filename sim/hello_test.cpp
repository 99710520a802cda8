// Whole nodes that say hello, or do not, over the virtual network.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/node.hpp"

namespace mycel::sim {
namespace {

using session::HelloConfig;
using session::HelloRefusal;
using session::Standing;
using session::StrangerPolicy;

constexpr Duration one_way = 20ms;
constexpr UnixTime far_off{CalendarClock::duration{4'102'444'800'000}};  // 2100

/// A few nodes, each an equal distance from every other.
struct Story {
  Node& start(std::uint32_t number, std::optional<HelloConfig> hello,
              std::vector<std::uint32_t> doors = {}) {
    NodeSetup setup;
    setup.hello = std::move(hello);
    setup.identify.observed.is_private_allowed = true;
    setup.ping.every = 0s;
    for (const std::uint32_t door : doors) setup.join.push_back(Network::address_of(door));
    auto& node = nodes[number];
    node = std::make_unique<Node>(world, network, Node::Machine{disks[number], clocks[number]},
                                  number, number, 0, std::move(setup));
    node->wiring().on_event = [&said = said[number]](std::string_view event, const PeerId& peer) {
      said.push_back({std::string(event), peer});
    };
    node->start();
    return *node;
  }
  Wiring& at(std::uint32_t number) { return nodes.at(number)->wiring(); }
  void know(std::uint32_t who, std::uint32_t whom) {
    at(who).connections().add_addresses({peer_of_number(whom), {Network::address_of(whom)}},
                                        connect::Source::learned);
  }
  const session::Session* session(std::uint32_t who, std::uint32_t whom) {
    const auto connection = at(who).connections().connector().connection_of(peer_of_number(whom));
    return connection ? at(who).hello()->session(*connection) : nullptr;
  }
  bool is_in_table(std::uint32_t who, std::uint32_t whom) {
    return at(who).dht().dht().table().contains(peer_of_number(whom));
  }
  /// How long a ping takes that has to make its connection first.
  std::optional<Duration> first_ping(std::uint32_t who, std::uint32_t whom) {
    std::optional<Duration> took;
    know(who, whom);
    at(who).ping().ping(peer_of_number(whom),
                        [&](const Result<Duration, parts::Refusal>& round_trip) {
                          if (round_trip) took = *round_trip;
                        });
    world.run_for(5s);
    return took;
  }
  /// How long it takes to ask a node of the DHT over a new connection.
  std::optional<Duration> first_question(std::uint32_t who, std::uint32_t whom) {
    std::optional<Instant> answered;
    const Instant asked = world.now().instant;
    know(who, whom);
    at(who).dht().send(
        peer_of_number(whom),
        dht::Message{.type = dht::MessageType::find_node, .key = Bytes::copy("anything")},
        [&](const std::optional<dht::Message>& answer) {
          if (answer) answered = world.now().instant;
        });
    world.run_for(10s);
    if (!answered) return std::nullopt;
    return *answered - asked;
  }

  struct Said {
    std::string event;
    PeerId peer;
  };
  std::size_t count(std::uint32_t who, std::string_view event) {
    std::size_t count = 0;
    for (const Said& each : said[who]) count += each.event == event ? 1 : 0;
    return count;
  }

  World world{5};
  Network network{world, {.latency_min = one_way, .latency_max = one_way}};
  std::map<std::uint32_t, Disk> disks;
  std::map<std::uint32_t, Clock> clocks;
  std::map<std::uint32_t, std::vector<Said>> said;
  std::map<std::uint32_t, std::unique_ptr<Node>> nodes;
};

HelloConfig with(StrangerPolicy policy) {
  HelloConfig config;
  config.strangers = policy;
  return config;
}

TEST(HelloOverLinks, costs_the_first_request_no_round_trip) {
  Story plain;
  plain.start(1, std::nullopt);
  plain.start(2, std::nullopt);
  Story polite;
  polite.start(1, HelloConfig{});
  polite.start(2, HelloConfig{});
  const auto without = plain.first_question(1, 2);
  const auto with = polite.first_question(1, 2);
  ASSERT_TRUE(without && with);
  EXPECT_EQ(*without / (2 * one_way), 2) << "one round trip to connect, one to ask";
  EXPECT_EQ(*with, *without);
  ASSERT_NE(polite.session(1, 2), nullptr);
  EXPECT_EQ(polite.session(1, 2)->standing, Standing::peer);
  EXPECT_EQ(polite.session(2, 1)->standing, Standing::peer);
}

TEST(HelloOverLinks, costs_no_round_trip_either_when_only_one_of_the_two_says_it) {
  for (const bool is_first_polite : {true, false}) {
    Story story;
    story.start(1, is_first_polite ? std::optional(HelloConfig{}) : std::nullopt);
    story.start(2, is_first_polite ? std::nullopt : std::optional(HelloConfig{}));
    const auto took = story.first_question(1, 2);
    ASSERT_TRUE(took);
    EXPECT_EQ(*took / (2 * one_way), 2);
  }
}

TEST(HelloOverLinks, two_versions_meet_and_speak_the_older_one) {
  Story story;
  HelloConfig older;
  older.version = {1, 2, 0};
  older.features = {"cards"};
  HelloConfig newer;
  newer.version = {2, 0, 0};
  newer.minimum = {1, 1, 0};
  newer.features = {"cards", "dht"};
  story.start(1, older);
  story.start(2, newer, {1});
  story.world.run_for(5s);
  for (const auto& [who, whom] : {std::pair{1U, 2U}, std::pair{2U, 1U}}) {
    const auto* session = story.session(who, whom);
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(to_text(session->common), "1.2.0");
    EXPECT_EQ(story.at(who).hello()->shared_features(*session), std::vector<std::string>{"cards"});
    EXPECT_TRUE(story.is_in_table(who, whom));
  }
}

TEST(HelloOverLinks, below_the_minimum_there_is_no_connection_and_both_sides_count_it) {
  Story story;
  HelloConfig newer;
  newer.version = {3, 0, 0};
  newer.minimum = {2, 0, 0};
  story.start(1, newer);
  story.start(2, HelloConfig{}, {1});
  std::optional<std::string> why;
  story.know(2, 1);
  story.at(2).connections().connect(
      peer_of_number(1), [&](const Result<connect::PeerConnected, parts::Refusal>& connected) {
        if (!connected) return;
        story.at(2).when_settled(connected->connection,
                                 [&](const Result<Standing, parts::Refusal>& outcome) {
                                   if (!outcome) why = outcome.error().text;
                                 });
      });
  story.world.run_for(1s);
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("refuses this node: version_mismatch: the refusing side speaks 3.0.0 "
                      "(minimum 2.0.0), the refused side 1.0.0 (minimum 1.0.0)"),
            std::string::npos)
      << *why;
  for (const std::uint32_t who : {1U, 2U}) {
    EXPECT_GE(story.at(who).hello()->counters().version_mismatches, 1U);
    EXPECT_EQ(story.at(who).connections().connector().counters().pooled_connections, 0U);
    EXPECT_GE(story.count(who, "refused"), 1U);
  }
}

TEST(HelloOverLinks, two_networks_never_mix_though_they_know_of_each_other) {
  Story story;
  HelloConfig meadow;
  meadow.network = "meadow";
  story.start(1, HelloConfig{});
  story.start(2, HelloConfig{}, {1});
  story.start(3, meadow, {1});
  story.start(4, meadow, {3, 2});
  story.world.run_for(30s);
  EXPECT_TRUE(story.is_in_table(1, 2));
  EXPECT_TRUE(story.is_in_table(3, 4));
  for (const std::uint32_t forest : {1U, 2U})
    for (const std::uint32_t other : {3U, 4U}) {
      EXPECT_FALSE(story.is_in_table(forest, other));
      EXPECT_FALSE(story.is_in_table(other, forest));
    }
  EXPECT_GE(story.at(1).hello()->counters().refused[static_cast<std::size_t>(
                HelloRefusal::other_network)],
            1U);
}

TEST(HelloOverLinks, a_plain_peer_gets_what_the_policy_gives_strangers) {
  for (const auto policy :
       {StrangerPolicy::welcome, StrangerPolicy::limited, StrangerPolicy::refuse}) {
    Story story;
    story.start(1, with(policy));
    story.start(2, std::nullopt, {1});
    story.world.run_for(2s);
    const bool is_connected = story.session(1, 2) != nullptr;
    EXPECT_EQ(is_connected, policy != StrangerPolicy::refuse);
    EXPECT_EQ(story.is_in_table(1, 2), policy == StrangerPolicy::welcome);
    EXPECT_EQ(story.first_question(2, 1).has_value(), policy == StrangerPolicy::welcome);
    EXPECT_EQ(story.first_ping(2, 1).has_value(), policy != StrangerPolicy::refuse);
  }
}

TEST(HelloOverLinks, a_plain_peer_that_is_dialled_gets_the_same) {
  for (const auto policy :
       {StrangerPolicy::welcome, StrangerPolicy::limited, StrangerPolicy::refuse}) {
    Story story;
    story.start(1, std::nullopt);
    story.start(2, with(policy), {1});
    story.world.run_for(2s);
    EXPECT_EQ(story.is_in_table(2, 1), policy == StrangerPolicy::welcome);
    const bool is_connected = story.session(2, 1) != nullptr;
    EXPECT_EQ(is_connected, policy != StrangerPolicy::refuse);
  }
}

TEST(HelloOverLinks, a_closed_network_is_made_of_those_whom_its_authority_admitted) {
  const crypto::Ed25519PrivateKey authority({std::byte{42}});
  const auto member = [&](std::uint32_t number, std::string network) {
    HelloConfig config = with(StrangerPolicy::refuse);
    config.network = "forest";
    config.authority = authority.public_key();
    config.certificate =
        session::seal_certificate(authority, {std::move(network), peer_of_number(number), far_off});
    return config;
  };
  Story story;
  story.start(1, member(1, "forest"));
  story.start(2, member(2, "forest"), {1});
  story.start(3, member(9, "forest"), {1});  // a certificate that it found
  story.start(4, member(4, "meadow"), {1});  // of another network of the same authority
  story.world.run_for(20s);
  ASSERT_NE(story.session(1, 2), nullptr);
  EXPECT_EQ(story.session(1, 2)->standing, Standing::member);
  EXPECT_EQ(story.session(2, 1)->standing, Standing::member);
  for (const std::uint32_t other : {3U, 4U}) {
    EXPECT_EQ(story.session(1, other), nullptr);
    EXPECT_FALSE(story.is_in_table(1, other));
  }
}

TEST(HelloOverLinks,
     two_that_dial_each_other_at_once_end_with_the_same_connection_and_know_each_other) {
  Story story;
  story.start(1, HelloConfig{});
  story.start(2, HelloConfig{});
  story.know(1, 2);
  story.know(2, 1);
  story.at(1).ping().ping(peer_of_number(2), [](const auto&) {});
  story.at(2).ping().ping(peer_of_number(1), [](const auto&) {});
  story.world.run_for(10s);
  ASSERT_NE(story.session(1, 2), nullptr);
  ASSERT_NE(story.session(2, 1), nullptr);
  EXPECT_EQ(story.session(1, 2)->standing, Standing::peer);
  EXPECT_EQ(story.session(2, 1)->standing, Standing::peer);
  EXPECT_NE(story.session(1, 2)->direction, story.session(2, 1)->direction)
      << "one dialled the connection that both use";
}

}  // namespace
}  // namespace mycel::sim
