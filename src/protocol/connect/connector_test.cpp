#include "protocol/connect/connector.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

PeerId peer(std::uint8_t number) {
  std::array<std::byte, 34> multihash{};
  multihash[0] = std::byte{0x12};
  multihash[1] = std::byte{32};
  multihash[2] = std::byte{number};
  return *PeerId::from_multihash(multihash);
}

Multiaddr at(const std::string& text) {
  const auto address = wire::parse_multiaddr(text);
  EXPECT_TRUE(address) << text;
  return *address;
}

Multiaddr home(int who, int which = 0) {
  return at("/ip4/8.8." + std::to_string(which) + "." + std::to_string(who) + "/udp/4001/quic-v1");
}

const PeerId self = peer(100);
const PeerId alice = peer(1);
const PeerId bob = peer(2);
const PeerId zoe = peer(200);

using Words = std::vector<std::string>;

std::string name(const PeerId& who) {
  return std::to_string(std::to_integer<int>(who.view()[2]));
}
std::string in_words(const PeerConnected& event) {
  return "connected " + name(event.peer) + " by " + std::to_string(event.connection.value());
}
std::string in_words(const ConnectionReplaced& event) {
  return "replaced " + std::to_string(event.replaced.value()) + " by " +
         std::to_string(event.connection.value());
}
std::string in_words(const PeerDisconnected& event) {
  return "disconnected " + name(event.peer);
}
std::string in_words(const Unreachable& event) {
  return "unreachable " + name(event.peer) + ": " + std::string(to_text(event.reason));
}

struct Story {
  explicit Story(Config config = {}) : connector(config, self, Rng(1)) {
    connector.on_listening({at("/ip4/9.9.9.9/udp/4001/quic-v1")});
  }

  // What the world does.
  void know(const PeerId& who, std::vector<Multiaddr> addresses, Source source = Source::learned) {
    connector.add_addresses(now, {who, std::move(addresses)}, source);
    collect();
  }
  std::optional<ConnectionId> want(const PeerId& who, Urgency urgency = Urgency::normal) {
    const auto connection = connector.want(now, who, urgency);
    collect();
    return connection;
  }
  ConnectionId dial_succeeds(std::size_t which = 0) {
    const Dial dial = dials.at(which);
    dials.erase(dials.begin() + static_cast<std::ptrdiff_t>(which));
    return connects({dial.peer, dial.address, Direction::outbound, dial.id});
  }
  void dial_fails(DialFailure failure, std::size_t which = 0) {
    const Dial dial = dials.at(which);
    dials.erase(dials.begin() + static_cast<std::ptrdiff_t>(which));
    connector.on_dial_failed(now, dial.id, failure, "it did");
    collect();
  }
  ConnectionId comes_in(const PeerId& who) {
    return connects({who, home(99), Direction::inbound, std::nullopt});
  }
  ConnectionId connects(const Connection& connection) {
    const ConnectionId id{++last_connection};
    connector.on_connected(now, id, connection);
    collect();
    return id;
  }
  void closes_itself(ConnectionId id) {
    connector.on_closed(now, id);
    collect();
  }
  void streams(ConnectionId id, std::size_t open) {
    connector.on_streams(now, id, open);
    collect();
  }
  void pass(Duration span) {
    const Instant end = now.instant + span;
    for (int steps = 0; connector.next_deadline() <= end; ++steps) {
      ASSERT_LT(steps, 100000) << "deadlines stall";
      move_to(std::max(now.instant, connector.next_deadline()));
      connector.on_deadline(now);
      collect();
    }
    move_to(end);
  }
  void move_to(Instant when) { now = {when, now.unix + (when - now.instant)}; }

  // What the connector said.
  void collect() {
    Output output;
    connector.take_output(output);
    for (const Dial& dial : output.dials) dials.push_back(dial);
    for (const DialId id : output.abandons) {
      std::erase_if(dials, [&](const Dial& dial) { return dial.id == id; });
      abandoned += 1;
    }
    for (const Resolve& each : output.resolve) resolves.push_back(each);
    for (const Close& close : output.closes) {
      closed.push_back(std::to_string(close.connection.value()) + " " + std::string(close.reason));
      connector.on_closed(now, close.connection);
    }
    for (const StoreWrite& write : output.persist)
      if (write.value) disk[write.key] = *write.value;
    for (const Event& event : output.events) {
      events.push_back(std::visit([](const auto& each) { return in_words(each); }, event));
      if (const auto* why = std::get_if<Unreachable>(&event)) last_unreachable = *why;
    }
  }
  std::vector<Multiaddr> dialled() const {
    std::vector<Multiaddr> addresses;
    for (const Dial& dial : dials) addresses.push_back(dial.address);
    return addresses;
  }
  Words take_events() { return std::exchange(events, {}); }
  Words take_closed() { return std::exchange(closed, {}); }

  Connector connector;
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  std::uint64_t last_connection = 0;
  std::vector<Dial> dials;
  std::vector<Resolve> resolves;
  Words events;
  Words closed;
  std::map<Bytes, Bytes> disk;
  Unreachable last_unreachable;
  std::size_t abandoned = 0;
};

TEST(Connector, a_wanted_peer_is_dialled_and_its_connection_is_shared) {
  Story story;
  story.know(alice, {home(1)});
  EXPECT_EQ(story.want(alice), std::nullopt);
  EXPECT_EQ(story.want(alice), std::nullopt);  // somebody else wants it too
  EXPECT_EQ(story.dialled(), std::vector{home(1)});
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
  EXPECT_EQ(story.dialled(), std::vector{home(1, 2)});
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
  EXPECT_EQ(story.dialled(), std::vector{home(1, 7)});
}

TEST(Connector, names_are_resolved_first) {
  Story story;
  story.know(alice, {at("/dns4/example.org/udp/4001/quic-v1")}, Source::configured);
  story.want(alice);
  ASSERT_EQ(story.resolves.size(), 1U);
  story.connector.on_resolved(story.now, story.resolves[0].token,
                              {home(1), wire::with_peer(home(2), bob), home(1)});
  story.collect();
  EXPECT_EQ(story.dialled(), std::vector{home(1)});
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
  EXPECT_EQ(story.take_closed(), Words{"1 too many connections of one peer"});
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
  EXPECT_EQ(story.take_closed(), Words{"4 too many connections"});
  EXPECT_EQ(story.connector.connections().size(), 3U);
  story.take_events();
  story.know(zoe, {home(1)});
  story.want(zoe);
  EXPECT_EQ(story.take_events(), Words{"unreachable 200: overloaded"});
}

TEST(Connector, peers_take_turns_when_there_are_more_than_can_be_dialled) {
  Config config;
  config.dialer.dials_max = 2;
  Story story(config);
  for (std::uint8_t who = 1; who <= 3; ++who) {
    story.know(peer(who), {home(who, 1), home(who, 2)});
    story.want(peer(who));
  }
  EXPECT_EQ(story.dialled(), (std::vector{home(1, 1), home(2, 1)}));
  story.pass(1s);  // the second addresses of 1 and 2 stand in line behind 3
  story.dial_fails(DialFailure::refused);
  EXPECT_EQ(story.dialled(), (std::vector{home(2, 1), home(3, 1)}));
  story.dial_fails(DialFailure::refused);
  story.dial_fails(DialFailure::refused);
  EXPECT_EQ(story.dialled(), (std::vector{home(1, 2), home(2, 2)}));
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

TEST(Connector, a_restarted_node_finds_its_peers_again) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  story.dial_succeeds();
  story.pass(1min);
  ASSERT_EQ(story.disk.size(), 1U);

  Story restarted;
  for (const auto& [key, value] : story.disk)
    EXPECT_TRUE(restarted.connector.load_peer(restarted.now, key, value));
  EXPECT_EQ(restarted.connector.remembered_peers(10), (std::vector<PeerInfo>{{alice, {home(1)}}}));
  restarted.want(alice);
  EXPECT_EQ(restarted.dialled(), std::vector{home(1)});
}

TEST(Connector, the_first_node_of_a_mesh_finds_its_peers_again_although_it_dialled_nobody) {
  Story story;
  story.connector.on_listening({home(100)});
  story.connector.on_connected(
      story.now, ConnectionId{7},
      {.peer = alice, .remote = home(1), .direction = Direction::inbound, .dial = std::nullopt});
  story.connector.add_addresses(story.now, {alice, {home(1)}}, Source::identified);
  story.connector.add_addresses(story.now, {bob, {home(2)}}, Source::learned);  // not connected
  story.pass(3s);

  Story restarted;
  for (const auto& [key, value] : story.disk)
    EXPECT_TRUE(restarted.connector.load_peer(restarted.now, key, value));
  EXPECT_EQ(restarted.connector.remembered_peers(10), (std::vector<PeerInfo>{{alice, {home(1)}}}));
  restarted.want(alice);
  EXPECT_EQ(restarted.dialled(), std::vector{home(1)});
}

// Two nodes and the network between them: both find the other at nearly the same time.
struct Meeting {
  struct Node {
    PeerId id;
    Connector connector;
    std::map<DialId, std::size_t> dials;        // our dials to links of the meeting
    std::map<ConnectionId, std::size_t> links;  // our connections to links of the meeting
  };
  struct Link {
    std::array<ConnectionId, 2> ends{};  // of node 0 and node 1; 0 before it is connected
    bool is_closed = false;
  };

  explicit Meeting(std::uint64_t seed)
      : rng(seed),
        nodes{Node{alice, Connector({}, alice, Rng(seed + 1))},
              Node{zoe, Connector({}, zoe, Rng(seed + 2))}} {
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t other = 1 - i;
      nodes[i].connector.on_listening({address(i)});
      nodes[i].connector.add_addresses(now, {nodes[other].id, {address(other), address(other, 1)}},
                                       Source::configured);
      nodes[i].connector.protect(now, nodes[other].id, true);
      after(delay(300ms),
            [this, i, other] { tell(i, [&](Connector& it) { it.want(now, nodes[other].id); }); });
    }
  }

  static Multiaddr address(std::size_t who, int which = 0) {
    return home(static_cast<int>(who), which);
  }
  Duration delay(Duration longest) {
    return Duration(
        static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(longest.count()))));
  }
  void after(Duration span, std::function<void()> then) {
    agenda.emplace(now.instant + span, std::move(then));
  }
  void tell(std::size_t who, const std::function<void(Connector&)>& what) {
    what(nodes[who].connector);
    Output output;
    nodes[who].connector.take_output(output);
    for (const Dial& dial : output.dials) begin_dial(who, dial);
    for (const Close& close : output.closes) close_link(who, nodes[who].links.at(close.connection));
    for (const DialId dial : output.abandons) close_link(who, nodes[who].dials.at(dial));
  }
  // The dialler is connected after a round trip, the other half a round trip later.
  void begin_dial(std::size_t who, const Dial& dial) {
    const std::size_t number = links.size();
    links.emplace_back();
    nodes[who].dials[dial.id] = number;
    const Duration way = 5ms + delay(60ms);
    after(2 * way, [=, this] { connect(who, number, dial); });
    after(3 * way, [=, this] { connect(1 - who, number, std::nullopt); });
  }
  void connect(std::size_t who, std::size_t number, const std::optional<Dial>& dial) {
    Link& link = links[number];
    if (link.is_closed) return;
    const ConnectionId id{++last_id};
    link.ends[who] = id;
    nodes[who].links[id] = number;
    Connection connection{nodes[1 - who].id, address(1 - who),
                          dial ? Direction::outbound : Direction::inbound, std::nullopt};
    if (dial) connection.dial = dial->id;
    tell(who, [&](Connector& it) { it.on_connected(now, id, connection); });
  }
  void close_link(std::size_t who, std::size_t number) {
    Link& link = links[number];
    const bool was_closed = std::exchange(link.is_closed, true);
    if (was_closed) return;
    after(5ms + delay(60ms), [=, this] {
      const ConnectionId end = links[number].ends[1 - who];
      if (end.value() != 0) tell(1 - who, [&](Connector& it) { it.on_closed(now, end); });
    });
  }
  void run(Duration span) {
    const Instant end = now.instant + span;
    while (true) {
      Instant next = agenda.empty() ? never : agenda.begin()->first;
      std::optional<std::size_t> waking;
      for (std::size_t i = 0; i < 2; ++i)
        if (nodes[i].connector.next_deadline() < next) {
          next = nodes[i].connector.next_deadline();
          waking = i;
        }
      if (next > end) break;
      now = {std::max(now.instant, next), now.unix + (next - now.instant)};
      if (waking) {
        tell(*waking, [&](Connector& it) { it.on_deadline(now); });
      } else {
        const auto due = agenda.extract(agenda.begin());
        due.mapped()();
      }
    }
  }

  Rng rng;
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  std::multimap<Instant, std::function<void()>> agenda;
  std::array<Node, 2> nodes;
  std::vector<Link> links;
  std::uint64_t last_id = 0;
};

TEST(Connector, two_nodes_that_dial_each_other_keep_the_same_one_connection) {
  std::size_t met = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Meeting meeting(seed);
    meeting.run(1min);
    const auto ours = meeting.nodes[0].connector.connections();
    const auto theirs = meeting.nodes[1].connector.connections();
    ASSERT_EQ(ours.size(), 1U) << "seed " << seed;
    ASSERT_EQ(theirs.size(), 1U) << "seed " << seed;
    ASSERT_EQ(meeting.nodes[0].links.at(ours[0].connection),
              meeting.nodes[1].links.at(theirs[0].connection))
        << "seed " << seed;
    if (meeting.nodes[0].connector.counters().connections_in +
            meeting.nodes[0].connector.counters().connections_out >
        1)
      met += 1;
  }
  EXPECT_GT(met, 100U);  // else the story was not about this
}

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
        std::vector<Multiaddr> addresses;
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
          connector.on_resolved(now, token,
                                rng.chance(0.5) ? std::vector{home(7)} : std::vector<Multiaddr>{});
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
