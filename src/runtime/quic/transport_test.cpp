#include "runtime/quic/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/quic/two_nodes_test.hpp"

namespace mycel::quic::test {
namespace {

using TransportTest = TwoNodes;
using ports::CloseReason;

TEST_F(TransportTest, both_sides_learn_who_the_other_is) {
  const auto connection = connect(network, alice, bob);
  ASSERT_TRUE(connection.has_value());
  ASSERT_TRUE(run_until([&] { return bob.connected.size() == 1; }));
  EXPECT_EQ(alice.connected[*connection].peer, bob.id);
  EXPECT_EQ(alice.connected[*connection].direction, Direction::outbound);
  EXPECT_EQ(alice.connected[*connection].remote, address_of(bob.at));
  const auto& seen = bob.connected.begin()->second;
  EXPECT_EQ(seen.peer, alice.id);
  EXPECT_EQ(seen.direction, Direction::inbound);
  EXPECT_EQ(seen.remote, address_of(alice.at)) << "dialled from the socket that listens";
  EXPECT_EQ(bob.transport->stats().handshakes_pending, 0u);
}

TEST_F(TransportTest, bytes_arrive_in_order_and_end_once) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  const Bytes sent = bytes_of(300'000);
  alice.transport->write(stream, sent, true);
  ASSERT_TRUE(run_until([&] { return alice.streams[stream].is_over; }));
  EXPECT_EQ(Bytes(alice.streams[stream].bytes), sent);
}

TEST_F(TransportTest, megabytes_survive_loss_damage_and_reordering) {
  network.weather = {.delay = 5ms, .jitter = 3ms, .loss = 0.1, .doubled = 0.02, .damaged = 0.02};
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  const Bytes sent = bytes_of(3'000'000);
  Sender sender(alice, stream, sent);
  ASSERT_TRUE(
      run_until([&] { return !bob.streams.empty() && bob.streams.begin()->second.is_over; }, 600s));
  EXPECT_EQ(Bytes(bob.streams.begin()->second.bytes), sent);
  EXPECT_GT(alice.transport->stats().packets_lost, 0u);
}

TEST_F(TransportTest, a_close_is_told_with_its_code_and_reason) {
  const ConnectionId connection = meet();
  alice.transport->close(connection, 7, "bye");
  EXPECT_TRUE(alice.closed.empty()) << "never from inside the call";
  ASSERT_TRUE(run_until([&] { return alice.closed.size() == 1 && bob.closed.size() == 1; }, 5s));
  EXPECT_EQ(alice.closed[connection].reason, CloseReason::local);
  const auto& why = bob.closed.begin()->second;
  EXPECT_EQ(why.reason, CloseReason::remote);
  EXPECT_EQ(why.code, 7u);
  EXPECT_EQ(why.text, "bye");
  EXPECT_EQ(alice.transport->stats().connections_open, 0u);
  EXPECT_EQ(bob.transport->stats().connections_open, 0u);
}

TEST_F(TransportTest, data_sent_before_a_close_still_arrives) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->write(stream, Bytes::copy("last words"), true);
  network.timers.run_for(1ms);
  alice.transport->close(connection, 0, "");
  ASSERT_TRUE(run_until([&] { return bob.closed.size() == 1; }, 5s));
  EXPECT_EQ(as_text(bob.streams.begin()->second.bytes), "last words");
}

TEST_F(TransportTest, a_lost_close_is_repeated_to_whoever_goes_on_talking) {
  const ConnectionId connection = meet();
  const ConnectionId bobs = bob.connected.begin()->first;
  network.filter = [](const ports::Datagram&) { return false; };
  bob.transport->close(bobs, 9, "gone");
  network.timers.run_for(1ms);
  network.filter = nullptr;
  const auto stream = open(alice, connection);
  alice.transport->write(stream, Bytes::copy("are you there?"), false);
  ASSERT_TRUE(run_until([&] { return alice.closed.contains(connection); }, 5s));
  EXPECT_EQ(alice.closed[connection].code, 9u);
  network.timers.run_for(5s);
  EXPECT_EQ(bob.transport->stats().tombstones, 0u);
}

TEST_F(TransportTest, a_peer_that_lost_its_state_says_so) {
  const ConnectionId connection = meet();
  bob.transport = nullptr;
  bob.transport = std::make_unique<Transport>(Config{}, bob.key, network.timers, bob.entropy);
  bob.transport->observe(bob);
  bob.transport->add_socket(bob.socket);
  const auto stream = open(alice, connection);
  alice.transport->write(stream, bytes_of(1000), false);
  ASSERT_TRUE(run_until([&] { return alice.closed.contains(connection); }, 5s));
  EXPECT_EQ(alice.closed[connection].reason, CloseReason::remote);
  EXPECT_EQ(alice.transport->stats().stateless_resets_received, 1u);
  EXPECT_GE(bob.transport->stats().stateless_resets_sent, 1u);
}

TEST_F(TransportTest, a_silent_network_ends_a_connection_after_the_idle_timeout) {
  TestNode carol(network, 3, Config{.unanswered_max = 0s});
  TestNode dave(network, 4, Config{.unanswered_max = 0s});
  const auto connection = connect(network, carol, dave);
  ASSERT_TRUE(connection.has_value());
  network.filter = [](const ports::Datagram&) { return false; };
  EXPECT_FALSE(run_until([&] { return carol.closed.contains(*connection); }, 25s));
  ASSERT_TRUE(run_until([&] { return !carol.closed.empty() && !dave.closed.empty(); }, 60s));
  EXPECT_EQ(carol.closed[*connection].reason, CloseReason::idle_timeout);
  EXPECT_EQ(dave.closed.begin()->second.reason, CloseReason::idle_timeout);
}

TEST_F(TransportTest, an_idle_connection_stays_up_with_a_peer_that_is_less_patient) {
  TestNode carol(network, 3, Config{.idle_timeout = 10s, .keep_alive = 0s});
  const auto connection = connect(network, alice, carol);
  ASSERT_TRUE(connection.has_value());
  EXPECT_EQ(alice.transport->facts(*connection)->idle_timeout, 10s);
  const std::uint64_t before = network.counts.sent;
  network.timers.run_for(300s);
  EXPECT_TRUE(alice.closed.empty());
  EXPECT_TRUE(carol.closed.empty());
  EXPECT_LT(network.counts.sent - before, 300u) << "two packets every four seconds";
}

TEST_F(TransportTest, one_side_keeps_a_pair_alive) {
  meet();
  network.timers.run_for(30s);
  const std::uint64_t before = network.counts.sent;
  network.timers.run_for(120s);
  EXPECT_LE(network.counts.sent - before, 30u) << "a ping and its answer every twelve seconds";
}

TEST_F(TransportTest, an_unwanted_connection_is_left_to_time_out) {
  const ConnectionId connection = meet();
  alice.transport->keep_alive(connection, false);
  bob.transport->keep_alive(bob.connected.begin()->first, false);
  EXPECT_TRUE(run_until([&] { return alice.closed.contains(connection); }, 60s));
}

TEST_F(TransportTest, a_transport_that_stops_says_goodbye_to_all) {
  TestNode carol(network, 3);
  meet();
  ASSERT_TRUE(connect(network, carol, bob).has_value());
  bob.transport->close_all(3, "stopping");
  ASSERT_TRUE(run_until([&] { return alice.closed.size() == 1 && carol.closed.size() == 1; }, 5s));
  EXPECT_EQ(alice.closed.begin()->second.text, "stopping");
  EXPECT_FALSE(connect(network, alice, bob).has_value());
}

TEST_F(TransportTest, a_callback_may_close_the_connection_that_it_is_about) {
  const ConnectionId connection = meet();
  bob.on_bytes = [&](ports::StreamKey stream) {
    bob.transport->close(stream.connection, 1, "enough");
  };
  const auto first = open(alice, connection);
  const auto second = open(alice, connection);
  alice.transport->write(first, Bytes::copy("one"), false);
  alice.transport->write(second, Bytes::copy("two"), false);
  ASSERT_TRUE(run_until([&] { return bob.closed.size() == 1; }, 5s));
  EXPECT_EQ(bob.received, 3u) << "nothing is told after the close";
}

TEST_F(TransportTest, calls_about_dead_connections_do_nothing) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->close(connection, 0, "");
  EXPECT_FALSE(alice.transport->open(connection).has_value());
  EXPECT_EQ(alice.transport->writable(stream), 0u);
  alice.transport->write(stream, Bytes::copy("x"), true);
  alice.transport->consume(stream, 5);
  alice.transport->reset(stream, 0);
  alice.transport->close(connection, 1, "again");
  network.timers.run_for(10s);
  EXPECT_EQ(alice.closed.size(), 1u);
  EXPECT_FALSE(alice.transport->round_trip(connection).has_value());
}

TEST_F(TransportTest, a_full_socket_only_delays) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  alice.socket.is_full = true;
  const auto stream = open(alice, connection);
  alice.transport->write(stream, bytes_of(100'000), true);
  network.timers.run_for(100ms);
  EXPECT_TRUE(bob.streams.empty());
  alice.socket.room();
  EXPECT_TRUE(run_until([&] { return alice.streams[stream].is_over; }, 10s));
}

TEST_F(TransportTest, round_trip_and_facts_are_measured) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->write(stream, bytes_of(50'000), true);
  ASSERT_TRUE(run_until([&] { return alice.streams[stream].is_over; }, 10s));
  ASSERT_TRUE(alice.transport->round_trip(connection).has_value());
  EXPECT_NEAR(static_cast<double>(milliseconds(*alice.transport->round_trip(connection))), 10., 3.);
  network.timers.run_for(5s);
  EXPECT_EQ(alice.transport->facts(connection)->packet_size_bytes, 1472u) << "what the path takes";
}

TEST_F(TransportTest, a_peer_whose_address_changes_is_followed) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  network.timers.run_for(1s);
  const ports::Endpoint elsewhere = endpoint(77, 7777);
  network.translated[alice.at] = elsewhere;
  const auto stream = open(alice, connection);
  alice.transport->write(stream, bytes_of(50'000), true);
  ASSERT_TRUE(run_until([&] { return alice.streams[stream].is_over; }, 10s));
  ASSERT_EQ(bob.paths.size(), 1u);
  EXPECT_EQ(bob.paths[0].remote, address_of(elsewhere));
  EXPECT_TRUE(bob.closed.empty());
}

TEST_F(TransportTest, keys_are_renewed_while_data_flows) {
  const Config config{.key_lifetime = 2s};
  TestNode carol(network, 3, config);
  TestNode dave(network, 4, config);
  dave.echoes = true;
  network.weather.loss = 0.05;
  const auto connection = connect(network, carol, dave);
  ASSERT_TRUE(connection.has_value());
  for (int i = 0; i < 20; ++i) {
    const auto stream = open(carol, *connection);
    carol.transport->write(stream, bytes_of(20'000), true);
    ASSERT_TRUE(run_until([&] { return carol.streams[stream].is_over; }, 20s)) << i;
    network.timers.run_for(1s);
  }
  EXPECT_GT(carol.transport->facts(*connection)->key_updates, 3u);
  EXPECT_TRUE(carol.closed.empty());
}

TEST_F(TransportTest, bbr_carries_data_too) {
  TestNode carol(network, 3, Config{.congestion_control = CongestionControl::bbr});
  network.weather.loss = 0.02;
  const auto connection = connect(network, carol, bob);
  ASSERT_TRUE(connection.has_value());
  const auto stream = open(carol, *connection);
  Sender sender(carol, stream, bytes_of(1'000'000));
  EXPECT_TRUE(run_until([&] { return bob.received == 1'000'000; }, 600s));
}

}  // namespace
}  // namespace mycel::quic::test
