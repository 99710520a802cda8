// Every shape of a broken link, told by two or three nodes that only hear and say bytes.

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

#include "sim/network.hpp"
#include "sim/node.hpp"

namespace mycel::sim {
namespace {

using ports::CloseReason;
using ports::StreamKey;
using Words = std::vector<std::string>;

/// Says what it hears, with the time in milliseconds since the story began.
struct Peer final : ports::LinksObserver {
  Peer(Network& on, World& in, std::uint32_t its_number)
      : network(on), world(in), number(its_number), id(peer_of_number(its_number)) {
    start();
  }
  void start() {
    links = network.attach(number, id);
    links->observe(*this);
  }
  ConnectionId dial(const Multiaddr& address) { return links->dial(address, std::nullopt); }
  void say(std::string_view text) {
    if (!stream) stream = links->open(connection);
    if (stream) links->write(*stream, Bytes::copy(text), false);
  }

  void on_connected(ConnectionId at, const ports::Connected& what) override {
    connection = at;
    remote = what.remote;
    connected += 1;
  }
  void on_closed(ConnectionId at, const ports::Closed& why) override {
    if (at == connection) stream.reset();
    closed.emplace_back(to_text(why.reason));
  }
  void on_stream(StreamKey) override {}
  void on_data(StreamKey from, Bytes data, bool) override {
    heard.emplace_back(as_text(data.view()));
    heard_bytes += data.size();
    heard_at = world.now().instant;
    links->consume(from, data.size());
  }
  void on_writable(StreamKey) override {}
  void on_reset(StreamKey, std::uint64_t) override {}
  void on_streams_available(ConnectionId) override {}
  void on_path(ConnectionId, const ports::PathChanged& what) override {
    paths.push_back(what.remote);
  }

  Network& network;
  World& world;
  std::uint32_t number;
  PeerId id;
  std::unique_ptr<VirtualLinks> links;
  ConnectionId connection;
  std::optional<StreamKey> stream;
  Multiaddr remote;
  int connected = 0;
  Words closed;
  Words heard;
  std::size_t heard_bytes = 0;
  Instant heard_at{};
  Addresses paths;
};

struct NetworkFaults : testing::Test {
  NetworkFaults() { world.run_for(1s); }
  /// Alice dials Bob.
  void meet(Peer& from, Peer& to) {
    from.dial(network.address(to.number));
    world.run_for(100ms);
    ASSERT_EQ(from.connected, 1);
    ASSERT_EQ(to.connected, 1);
  }

  World world{7};
  Network network{world, {.latency_min = 10ms, .latency_max = 10ms}};
  Peer alice{network, world, 1};
  Peer bob{network, world, 2};
  Peer carol{network, world, 3};
};

TEST_F(NetworkFaults, a_one_way_cut_lets_the_other_way_pass_and_ends_the_connection) {
  meet(alice, bob);
  network.set_cut_one_way(1, 2, true);
  alice.say("to bob");
  bob.say("to alice");
  world.run_for(1s);
  EXPECT_EQ(bob.heard, Words{});
  EXPECT_EQ(alice.heard, Words{"to alice"});
  world.run_for(35s);
  EXPECT_EQ(alice.closed, Words{"idle_timeout"});
  EXPECT_EQ(bob.closed, Words{"idle_timeout"});
}

TEST_F(NetworkFaults, nobody_is_dialled_through_a_cut_of_either_way) {
  for (const bool is_forward : {true, false}) {
    network.set_cut_one_way(1, 2, is_forward);
    network.set_cut_one_way(2, 1, !is_forward);
    alice.dial(network.address(2));
    world.run_for(11s);
    EXPECT_EQ(alice.closed.size(), is_forward ? 1U : 2U);
    EXPECT_EQ(alice.connected + bob.connected, 0);
  }
  network.set_cut(1, 2, false);
  world.run_for(60s);
  EXPECT_EQ(alice.connected + bob.connected, 0);
  EXPECT_EQ(bob.links->connection_count(), 0U) << "half a connection is left behind";
}

TEST_F(NetworkFaults, a_split_parts_the_sides_and_nobody_else) {
  meet(alice, bob);
  network.set_split({false, true, false, true});  // 1 and 3 here, 2 there
  alice.say("across");
  alice.dial(network.address(3));
  world.run_for(1s);
  EXPECT_EQ(bob.heard, Words{});
  EXPECT_EQ(carol.connected, 1);
  network.set_split({});
  world.run_for(1s);
  EXPECT_EQ(bob.heard, Words{"across"});
}

TEST_F(NetworkFaults, an_isolated_node_hears_and_says_nothing) {
  meet(alice, bob);
  network.set_isolated(2, true);
  alice.say("in");
  bob.say("out");
  world.run_for(1s);
  EXPECT_EQ(bob.heard.size() + alice.heard.size(), 0U);
  network.set_isolated(2, false);
  world.run_for(1s);
  EXPECT_EQ(bob.heard, Words{"in"});
  EXPECT_EQ(alice.heard, Words{"out"});
}

TEST_F(NetworkFaults, a_connection_over_a_long_cut_ends_though_nobody_said_anything) {
  meet(alice, bob);
  network.set_cut(1, 2, true);
  world.run_for(31s);
  EXPECT_EQ(alice.closed, Words{"idle_timeout"});
  EXPECT_EQ(bob.closed, Words{"idle_timeout"});
}

TEST_F(NetworkFaults, a_close_is_lost_in_a_cut_and_only_late_in_a_stall) {
  meet(alice, bob);
  network.set_stalled(1, 2, true);
  alice.links->close(alice.connection, 0, "bye");
  world.run_for(5s);
  EXPECT_EQ(bob.closed, Words{});
  network.set_stalled(1, 2, false);
  world.run_for(1s);
  EXPECT_EQ(bob.closed, Words{"remote"});
  alice.connected = bob.connected = 0;
  bob.closed.clear();
  meet(alice, bob);
  network.set_cut(1, 2, true);
  alice.links->close(alice.connection, 0, "bye");
  world.run_for(5s);
  network.set_cut(1, 2, false);
  world.run_for(5s);
  EXPECT_EQ(bob.closed, Words{});
  world.run_for(10s);
  EXPECT_EQ(bob.closed, Words{"remote"}) << "his sign of life is answered by one who knows nothing";
}

TEST_F(NetworkFaults, what_a_stall_held_comes_at_its_end_in_order) {
  meet(alice, bob);
  network.set_stalled(1, 2, true);
  for (const char* word : {"one", "two", "three"}) {
    alice.say(word);
    world.run_for(2s);
  }
  EXPECT_EQ(bob.heard, Words{});
  network.set_stalled(1, 2, false);
  alice.say("four");
  world.run_for(100ms);
  EXPECT_EQ(bob.heard, (Words{"one", "two", "three", "four"}));
}

TEST_F(NetworkFaults, a_rate_delays_by_the_size_and_each_way_has_its_own) {
  meet(alice, bob);
  network.set_rate(1, 2, 100'000);
  const Instant begun = world.now().instant;
  for (int i = 0; i < 10; ++i) alice.say(std::string(10'000, 'x'));
  world.run_for(500ms);
  EXPECT_GE(bob.heard_bytes, 40'000U);
  EXPECT_LT(bob.heard_bytes, 50'000U);
  bob.say("back");
  world.run_for(20ms);
  EXPECT_EQ(alice.heard, Words{"back"}) << "it waited behind what goes the other way";
  world.run_for(2s);
  EXPECT_EQ(bob.heard_bytes, 100'000U);
  EXPECT_GT(bob.heard_at - begun, 1s);
  EXPECT_LT(bob.heard_at - begun, 1100ms);
  network.set_rate(1, 2, 0);
  alice.say(std::string(100'000, 'x'));
  world.run_for(15ms);
  EXPECT_EQ(bob.heard_bytes, 200'000U);
}

TEST_F(NetworkFaults, a_reset_breaks_both_ends_at_once) {
  meet(alice, bob);
  carol.dial(network.address(2));
  world.run_for(100ms);
  EXPECT_EQ(network.reset_between(2, 1), 1U);
  world.run_for(1ms);
  EXPECT_EQ(alice.closed, Words{"transport_error"});
  EXPECT_EQ(bob.closed, Words{"transport_error"});
  EXPECT_EQ(carol.closed, Words{});
  EXPECT_EQ(network.reset_between(2, 1), 0U);
}

TEST_F(NetworkFaults, a_node_that_moved_is_found_only_at_its_new_address) {
  const Multiaddr old = network.address(2);
  const Multiaddr now = network.move(2);
  EXPECT_NE(old, now);
  EXPECT_EQ(network.address(2), now);
  alice.dial(old);
  world.run_for(11s);
  EXPECT_EQ(alice.closed, Words{"handshake_timeout"});
  meet(alice, bob);
  EXPECT_EQ(alice.remote, now);
}

TEST_F(NetworkFaults, connections_follow_who_dialled_and_die_with_who_was_dialled) {
  meet(alice, bob);
  const Multiaddr now = network.move(1);
  world.run_for(1s);
  EXPECT_EQ(bob.paths, Addresses{now});
  alice.say("still here");
  world.run_for(1s);
  EXPECT_EQ(bob.heard, Words{"still here"});
  network.move(2);
  alice.say("are you there?");
  world.run_for(31s);
  EXPECT_EQ(bob.heard, Words{"still here"});
  EXPECT_EQ(alice.closed, Words{"idle_timeout"});
  EXPECT_EQ(bob.closed, Words{"idle_timeout"});
}

TEST_F(NetworkFaults, a_restarted_node_tells_that_it_lost_the_connection) {
  meet(alice, bob);
  bob.links.reset();
  world.run_for(1s);
  EXPECT_EQ(alice.closed, Words{});
  bob.start();
  alice.say("hello?");
  world.run_for(1s);
  EXPECT_EQ(alice.closed, Words{"remote"});
  EXPECT_EQ(bob.heard, Words{});
}

TEST_F(NetworkFaults, a_crashed_node_is_silent) {
  meet(alice, bob);
  bob.links.reset();
  alice.say("hello?");
  world.run_for(29s);
  EXPECT_EQ(alice.closed, Words{});
  world.run_for(2s);
  EXPECT_EQ(alice.closed, Words{"idle_timeout"});
}

/// Bob stands behind a NAT and has dialled Carol.
struct NetworkNat : NetworkFaults {
  void stand_behind(NatKind kind) {
    network.set_nat(2, kind);
    bob.dial(network.address(3));
    world.run_for(100ms);
    ASSERT_EQ(carol.connected, 1) << "outbound always works";
    ASSERT_NE(carol.remote, network.address(2));
  }
  /// Whether Alice reaches Bob where Carol sees him.
  bool is_reached() {
    const int before = alice.connected;
    alice.dial(carol.remote);
    world.run_for(11s);
    return alice.connected > before;
  }
};

TEST_F(NetworkNat, nobody_reaches_the_address_behind_it) {
  stand_behind(NatKind::cone);
  alice.dial(network.address(2));
  world.run_for(11s);
  EXPECT_EQ(alice.closed, Words{"handshake_timeout"});
}

TEST_F(NetworkNat, a_cone_is_reached_by_all_where_one_saw_it_while_it_is_kept_open) {
  stand_behind(NatKind::cone);
  EXPECT_TRUE(is_reached());
  bob.links->close_all();
  world.run_for(60s);
  EXPECT_TRUE(is_reached());
  bob.links->close_all();
  world.run_for(180s);
  EXPECT_FALSE(is_reached());
}

TEST_F(NetworkNat, a_restricted_one_is_reached_by_whom_it_has_called) {
  stand_behind(NatKind::address_restricted);
  EXPECT_FALSE(is_reached());
  const ConnectionId own = bob.dial(network.address(1));
  world.run_for(100ms);
  bob.links->close(own, 0, "");
  world.run_for(1s);
  EXPECT_TRUE(is_reached());
}

TEST_F(NetworkNat, a_symmetric_one_is_never_reached_where_another_saw_it) {
  stand_behind(NatKind::symmetric);
  bob.dial(network.address(1));
  world.run_for(100ms);
  EXPECT_NE(alice.remote, carol.remote);
  EXPECT_FALSE(is_reached());
}

TEST_F(NetworkNat, two_restricted_ones_that_dial_each_other_at_once_meet) {
  network.set_nat(1, NatKind::address_restricted);
  stand_behind(NatKind::address_restricted);
  alice.dial(network.address(3));
  const Multiaddr where_bob_is = carol.remote;
  world.run_for(100ms);
  const Multiaddr where_alice_is = carol.remote;
  bob.dial(where_alice_is);
  world.run_for(500ms);
  EXPECT_EQ(bob.connected, 1) << "nobody has opened the way from Bob to Alice";
  alice.dial(where_bob_is);
  world.run_for(2s);
  EXPECT_GE(bob.connected, 2);
  EXPECT_GE(alice.connected, 2);
}

TEST(Place, survives_the_way_to_an_address_and_back) {
  Rng rng(5);
  for (int i = 0; i < 10'000; ++i) {
    const Place place{.number = static_cast<std::uint32_t>(rng.below(Place::number_max + 1)),
                      .moves = static_cast<std::uint8_t>(rng.below(Place::moves_max)),
                      .is_mapped = rng.below(2) == 0,
                      .port = static_cast<std::uint16_t>(rng.below(65'536))};
    const Multiaddr address = to_multiaddr(place);
    ASSERT_EQ(to_place(address), place);
    const auto parsed = wire::parse_multiaddr(wire::to_text(address));
    ASSERT_TRUE(parsed && *parsed == address);
  }
  EXPECT_EQ(wire::to_text(to_multiaddr({.number = 258})), "/ip4/20.2.1.0/udp/4150/quic-v1");
  EXPECT_FALSE(to_place(Multiaddr(as_bytes("nonsense"))));
}

}  // namespace
}  // namespace mycel::sim
