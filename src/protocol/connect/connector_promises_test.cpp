// What the connector promises, whatever happens.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include <gtest/gtest.h>

#include "protocol/connect/connector_story_test.hpp"

namespace mycel::connect {
namespace {

// Anything may happen in any order; what the connector promises holds.
struct Storm {
  explicit Storm(std::uint64_t seed) : rng(seed), connector(config(), self, Rng(seed)) {
    connector.on_listening({at("/ip4/9.9.9.9/udp/4001/quic-v1")});
  }

  static Config config() {
    Config config;
    config.dialer.dials_max = 6;
    config.dialer.attempts_max = 8;
    config.pool.connections_max = 10;
    config.pool.connections_high = 8;
    config.pool.connections_low = 5;
    config.cache.peers_max = 6;
    config.addresses.peers_max = 9;
    return config;
  }

  PeerId somebody() { return peer(static_cast<std::uint8_t>(95 + rng.below(12))); }
  template <class Map>
  auto any_of(const Map& map) {
    return *std::next(map.begin(), static_cast<std::ptrdiff_t>(rng.below(map.size())));
  }

  void step() {
    switch (rng.below(12)) {
      case 0:
      case 1:
      case 2: {
        const PeerId who = somebody();
        const bool is_new = !connector.is_dialling(who) && !connector.connection_of(who);
        const bool is_forced = rng.chance(0.5);
        const auto connection =
            connector.want(now, who, is_forced ? Urgency::forced : Urgency::normal);
        ASSERT_EQ(connection, connector.connection_of(who));
        if (is_new) {
          ASSERT_TRUE(wanted.insert(who).second);
        }
        break;
      }
      case 3: {
        const PeerId who = somebody();
        Addresses addresses;
        for (std::uint64_t i = 0; i <= rng.below(4); ++i)
          addresses.push_back(home(static_cast<int>(rng.below(200)), static_cast<int>(i)));
        if (rng.chance(0.2)) addresses.push_back(at("/dns4/example.org/udp/4001/quic-v1"));
        connector.add_addresses(now, {who, addresses}, static_cast<Source>(rng.below(6)));
        break;
      }
      case 4:
      case 5:
        if (!dials.empty()) {
          const Dial dial = any_of(dials).second;
          dials.erase(dial.id);
          const PeerId answers = rng.chance(0.05) ? somebody() : dial.peer;
          connect({answers, dial.address, Direction::outbound, dial.id});
        }
        break;
      case 6:
        if (!dials.empty()) {
          const DialId id = any_of(dials).first;
          dials.erase(id);
          connector.on_dial_failed(now, id, static_cast<DialFailure>(rng.below(dial_failure_count)),
                                   "why");
        }
        break;
      case 7:
        if (const PeerId who = somebody(); who != self)
          connect({who, home(3), Direction::inbound, std::nullopt});
        break;
      case 8:
        if (!links.empty()) {
          const ConnectionId id = any_of(links);
          links.erase(id);
          connector.on_closed(now, id);
        }
        break;
      case 9:
        if (!links.empty()) connector.on_streams(now, any_of(links), rng.below(3));
        break;
      case 10:
        if (!names.empty()) {
          const ResolveToken token = any_of(names);
          names.erase(token);
          connector.on_resolved(now, token, rng.chance(0.5) ? Addresses{home(7)} : Addresses{});
        }
        break;
      case 11:
        if (rng.chance(0.2)) {
          connector.disconnect(now, somebody());
        } else {
          connector.protect(now, somebody(), rng.chance(0.3));
        }
        break;
    }
    collect();
    if (rng.chance(0.3)) pass(Duration(static_cast<Duration::rep>(rng.below(5'000'000'000))));
  }

  void connect(const Connection& connection) {
    const ConnectionId id{++last_id};
    links.insert(id);
    connector.on_connected(now, id, connection);
  }

  void pass(Duration span) {
    const Instant end = now.instant + span;
    for (int steps = 0; connector.next_deadline() <= end; ++steps) {
      ASSERT_LT(steps, 10000) << "deadlines stall";
      now.unix = now.unix + (connector.next_deadline() - now.instant);
      now.instant = std::max(now.instant, connector.next_deadline());
      connector.on_deadline(now);
      collect();
      ASSERT_GT(connector.next_deadline(), now.instant);
    }
    now = {end, now.unix + (end - now.instant)};
  }

  void collect() {
    Output output;
    connector.take_output(output);
    for (const Dial& dial : output.dials) dials[dial.id] = dial;
    for (const DialId id : output.abandons) dials.erase(id);
    for (const Resolve& each : output.resolve) names.insert(each.token);
    for (const Close& close : output.closes) links.erase(close.connection);
    for (const Event& event : output.events) std::visit([&](const auto& e) { hear(e); }, event);
    judge();
  }

  void hear(const PeerConnected& event) {
    wanted.erase(event.peer);
    EXPECT_TRUE(used.emplace(event.peer, event.connection).second);
  }
  void hear(const ConnectionReplaced& event) {
    EXPECT_EQ(used.at(event.peer), event.replaced);
    used[event.peer] = event.connection;
  }
  void hear(const PeerDisconnected& event) {
    EXPECT_EQ(used.at(event.peer), event.connection);
    used.erase(event.peer);
  }
  void hear(const Unreachable& event) {
    EXPECT_EQ(wanted.erase(event.peer), 1U) << "nobody asked, or it was told twice";
  }

  void judge() {
    EXPECT_LE(dials.size(), 6U);
    EXPECT_EQ(dials.size(), connector.dials_under_way());
    std::map<PeerId, int> dials_of;
    for (const auto& [id, dial] : dials) EXPECT_LE(++dials_of[dial.peer], 4);
    const auto connections = connector.connections();
    EXPECT_LE(connections.size(), 10U);
    std::map<PeerId, int> connections_of;
    std::map<PeerId, int> redundant_of;
    for (const auto& each : connections) {
      EXPECT_TRUE(links.contains(each.connection)) << "a dead connection is still listed";
      connections_of[each.peer] += 1;
      redundant_of[each.peer] += each.is_redundant ? 1 : 0;
      const Instant since = redundant_since.try_emplace(each.connection, now.instant).first->second;
      if (!each.is_redundant) {
        redundant_since.erase(each.connection);
      } else {
        EXPECT_LE(now.instant - since, 5min);
      }
      EXPECT_NE(each.peer, self);
    }
    for (const auto& [who, count] : connections_of)
      EXPECT_EQ(redundant_of[who], count - 1) << "two connections that both last";
    EXPECT_EQ(links.size(), connections.size()) << "a connection was forgotten without a close";
    for (const PeerId& who : wanted) EXPECT_TRUE(connector.is_dialling(who)) << "a want was lost";
    for (const auto& [who, id] : used) EXPECT_EQ(connector.connection_of(who), id);
    EXPECT_EQ(used.size(), connector.counters().connected_peers);
    EXPECT_EQ(connections.size(), connector.counters().pooled_connections);
  }

  void calm_down() {
    for (const ConnectionId id : std::set<ConnectionId>(links)) {
      connector.on_streams(now, id, 0);
      collect();
    }
    for (int who = 90; who < 110; ++who)
      connector.protect(now, peer(static_cast<std::uint8_t>(who)), false);
    pass(1h);
    EXPECT_TRUE(wanted.empty());
    EXPECT_TRUE(links.empty());
    EXPECT_TRUE(dials.empty());
    EXPECT_EQ(connector.next_deadline(), never);
  }

  Rng rng;
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  Connector connector;
  std::map<DialId, Dial> dials;
  std::set<ConnectionId> links;
  std::set<ResolveToken> names;
  std::set<PeerId> wanted;
  std::map<PeerId, ConnectionId> used;
  std::map<ConnectionId, Instant> redundant_since;
  std::uint64_t last_id = 0;
};

TEST(Connector, keeps_its_promises_whatever_happens_in_whatever_order) {
  std::map<std::string, std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Storm storm(seed);
    for (int i = 0; i < 300; ++i) {
      storm.step();
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " step " << i;
    }
    storm.calm_down();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    storm.connector.counters().each([&](const CounterName& counter, std::uint64_t value) {
      seen[std::string(counter.name) + std::string(counter.label_value)] += value;
    });
  }
  for (const auto& [counter, count] : seen) {
    const bool is_gauge = counter == "pooled_connections" || counter == "connected_peers";
    EXPECT_TRUE(is_gauge || count > 0) << counter << " never happened";
  }
}

}  // namespace
}  // namespace mycel::connect
