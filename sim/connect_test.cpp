// Connections of whole nodes over the virtual network: shared, few, and closed when nobody needs
// them.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/node.hpp"

namespace mycel::sim {
namespace {

/// Any value; the greater one wins.
dht::Namespace any_value() {
  return {.prefix = "/sim/",
          .validate = [](ByteView, ByteView, UnixTime) { return dht::Verdict::valid; },
          .better =
              [](ByteView, ByteView a, ByteView b) {
                const auto order = compare(a, b);
                return order > 0 ? 1 : order < 0 ? -1 : 0;
              }};
}

struct Story {
  Wiring& start(std::uint32_t number, const connect::Config& connect = {},
                std::optional<std::uint32_t> door = std::nullopt) {
    NodeSetup setup;
    setup.connect = connect;
    setup.identify.observed.is_private_allowed = true;
    setup.ping.every = 0s;
    setup.dht.namespaces = {any_value()};
    if (door) setup.join.push_back(Network::address_of(*door));
    auto& node = nodes[number];
    node = std::make_unique<Node>(world, network, Node::Machine{disks[number], clocks[number]},
                                  number, number, 0, std::move(setup));
    node->start();
    return node->wiring();
  }
  Wiring& at(std::uint32_t number) { return nodes.at(number)->wiring(); }
  const connect::Connector& connector(std::uint32_t number) {
    return at(number).connections().connector();
  }
  void know(std::uint32_t who, std::uint32_t whom) {
    at(who).connections().add_addresses({peer_of_number(whom), {Network::address_of(whom)}},
                                        connect::Source::learned);
  }
  /// Pings, over a connection that is made if there is none; the reason if there is no answer.
  std::string ping(std::uint32_t who, std::uint32_t whom) {
    std::string outcome = "nothing yet";
    know(who, whom);
    at(who).connections().connect(
        peer_of_number(whom), [&](const Result<connect::PeerConnected, parts::Refusal>& result) {
          outcome = result ? "connected" : result.error().text;
        });
    world.run_for(2s);
    return outcome;
  }

  World world{21};
  Network network{world, {}};
  std::map<std::uint32_t, Disk> disks;
  std::map<std::uint32_t, Clock> clocks;
  std::map<std::uint32_t, std::unique_ptr<Node>> nodes;
};

TEST(ConnectOverLinks, a_full_address_book_does_not_cost_a_lookup_those_whom_it_asks_together) {
  constexpr std::uint32_t count = 40;
  Story story;
  connect::Config forgetful;
  forgetful.addresses.peers_max =
      4;  // soon full of peers that answered; what is only heard goes first
  forgetful.pool.idle_after = 1s;  // and nobody stays connected
  for (std::uint32_t number = 0; number < count; ++number) {
    story.start(number, forgetful, number == 0 ? std::nullopt : std::optional(0U));
    story.world.run_for(100ms);
  }
  story.world.run_for(20s);
  for (std::uint32_t number = 0; number < count; ++number)
    story.at(number).dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, as_bytes("anywhere")); },
        [](const dht::LookupDone&) {});
  story.world.run_for(5s);
  std::uint64_t unreachable = 0;
  for (std::uint32_t number = 0; number < count; ++number)
    unreachable += story.connector(number).counters().unreachable;
  // 71 a node when all addresses of a flight are told before its first question, and 3 now. Those
  // are left to a book of four: whoever is needed again later may be forgotten by then.
  EXPECT_LT(unreachable, 10 * count);
}

TEST(ConnectOverLinks, a_busy_dht_finds_four_of_five_peers_connected_already) {
  constexpr std::uint32_t count = 24;
  Story story;
  for (std::uint32_t number = 0; number < count; ++number) {
    story.start(number, {}, number == 0 ? std::nullopt : std::optional(0U));
    story.world.run_for(100ms);
  }
  story.world.run_for(20s);
  std::size_t found = 0;
  for (std::uint32_t number = 0; number < count; ++number) {
    const Bytes key = Bytes::copy("/sim/" + std::to_string(number));
    story.at(number).dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, key, Bytes::copy("value")); },
        [](const dht::LookupDone&) {});
    story.world.run_for(2s);
    story.at((number + 7) % count)
        .dht()
        .look_up([&](dht::Dht& dht, Now now) { return dht.get(now, key, {1}); },
                 [&](const dht::LookupDone& done) {
                   found += std::holds_alternative<dht::Value>(done.result) ? 1 : 0;
                 });
    story.world.run_for(2s);
  }
  EXPECT_EQ(found, count);
  std::uint64_t reused = 0;
  std::uint64_t made = 0;
  for (std::uint32_t number = 0; number < count; ++number) {
    reused += story.connector(number).counters().stream_reuses;
    made += story.connector(number).counters().wants;
  }
  RecordProperty("reused", std::to_string(reused));
  RecordProperty("made", std::to_string(made));
  EXPECT_GT(reused * 100, (reused + made) * 80) << reused << " of " << reused + made;
}

TEST(ConnectOverLinks, many_requests_share_one_connection) {
  Story story;
  story.start(1);
  story.start(2);
  story.know(1, 2);
  std::size_t answered = 0;
  for (int i = 0; i < 50; ++i)  // of at most 64 at once
    story.at(1).dht().send(
        peer_of_number(2),
        dht::Message{.type = dht::MessageType::find_node, .key = Bytes::copy(std::to_string(i))},
        [&](const std::optional<dht::Message>& answer) { answered += answer ? 1 : 0; });
  story.world.run_for(5s);
  EXPECT_EQ(answered, 50U);
  EXPECT_EQ(story.connector(1).counters().dials, 1U);
  EXPECT_EQ(story.connector(2).counters().connections_in, 1U);
}

TEST(ConnectOverLinks, a_connection_that_nobody_uses_is_closed_after_the_configured_time) {
  connect::Config config;
  config.pool.idle_after = 20s;
  Story story;
  story.start(1, config);
  story.start(2, config);
  EXPECT_EQ(story.ping(1, 2), "connected");
  EXPECT_EQ(story.connector(1).counters().pooled_connections, 1U);
  story.world.run_for(60s);
  EXPECT_EQ(story.connector(1).counters().pooled_connections, 0U);
  EXPECT_EQ(story.connector(2).counters().pooled_connections, 0U);
  EXPECT_GE(story.connector(1).counters().closed_idle + story.connector(2).counters().closed_idle,
            1U);
}

TEST(ConnectOverLinks, nobody_gets_in_beyond_the_limit) {
  connect::Config small;
  small.pool.connections_max = 3;
  small.pool.connections_high = 3;
  small.pool.connections_low = 3;
  Story story;
  story.start(0, small);
  for (std::uint32_t number = 1; number <= 4; ++number) story.start(number);
  for (std::uint32_t number = 1; number <= 3; ++number)
    EXPECT_EQ(story.ping(number, 0), "connected");
  story.ping(4, 0);
  EXPECT_EQ(story.connector(0).counters().pooled_connections, 3U);
  EXPECT_EQ(story.connector(4).counters().pooled_connections, 0U);
  EXPECT_EQ(story.connector(0).counters().closed_over_limit, 1U);
}

TEST(ConnectOverLinks, above_the_high_mark_idle_connections_go_until_the_low_one) {
  connect::Config small;
  small.pool.connections_max = 12;
  small.pool.connections_high = 8;
  small.pool.connections_low = 4;
  small.pool.trim_after = 1s;
  Story story;
  story.start(0, small);
  for (std::uint32_t number = 1; number <= 9; ++number) {
    story.start(number);
    EXPECT_EQ(story.ping(number, 0), "connected");
  }
  story.world.run_for(30s);
  EXPECT_GE(story.connector(0).counters().closed_trimmed, 1U);
  EXPECT_LE(story.connector(0).counters().pooled_connections, 8U);
}

TEST(ConnectOverLinks, two_that_dial_each_other_at_once_use_the_same_connection) {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    Story story;
    const std::uint32_t one = 2 * seed + 1;
    const std::uint32_t other = 2 * seed + 2;
    story.start(one);
    story.start(other);
    story.know(one, other);
    story.know(other, one);
    story.at(one).ping().ping(peer_of_number(other), [](const auto&) {});
    story.world.run_for(Duration(1ms) * (seed * 3));
    story.at(other).ping().ping(peer_of_number(one), [](const auto&) {});
    story.world.run_for(15s);
    const auto ours = story.connector(one).connections();
    const auto theirs = story.connector(other).connections();
    ASSERT_EQ(ours.size(), 1U);
    ASSERT_EQ(theirs.size(), 1U);
    EXPECT_NE(ours[0].direction, theirs[0].direction);
  }
}

}  // namespace
}  // namespace mycel::sim
