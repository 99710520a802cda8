// A dead peer is noticed when it is spoken to, and nobody else is taken for dead.

#include "runtime/quic/silence.hpp"

#include <gtest/gtest.h>

#include "runtime/quic/two_nodes_test.hpp"

namespace mycel::quic::test {
namespace {

using ports::CloseReason;

class SilenceTest : public TwoNodes {
 protected:
  void drop_everything() {
    network.filter = [](const ports::Datagram&) { return false; };
  }
  bool is_closed(ConnectionId connection) const { return alice.closed.contains(connection); }
};

TEST_F(SilenceTest, a_peer_that_died_is_noticed_seconds_after_it_was_sent_something) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  network.timers.run_for(1s);
  drop_everything();
  alice.transport->write(stream, bytes_of(100), false);
  EXPECT_FALSE(run_until([&] { return is_closed(connection); }, 5s));
  ASSERT_TRUE(run_until([&] { return is_closed(connection); }, 5s));
  EXPECT_EQ(alice.closed[connection].reason, CloseReason::idle_timeout);
  EXPECT_EQ(alice.closed[connection].text, "the peer answers nothing");
}

TEST_F(SilenceTest, a_peer_that_died_is_noticed_after_five_seconds_when_more_is_sent) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  network.timers.run_for(1s);
  drop_everything();
  for (int i = 0; i < 51; ++i) {
    EXPECT_FALSE(is_closed(connection)) << i;
    alice.transport->write(stream, bytes_of(100), false);
    network.timers.run_for(100ms);
  }
  network.timers.run_for(200ms);
  EXPECT_TRUE(is_closed(connection));
}

TEST_F(SilenceTest, a_peer_that_died_is_noticed_by_the_keep_alive_when_nothing_is_sent) {
  const ConnectionId connection = meet();
  network.timers.run_for(1s);
  drop_everything();
  EXPECT_TRUE(run_until([&] { return is_closed(connection); }, 23s));
}

TEST_F(SilenceTest, who_is_heard_but_does_not_hear_is_told_that_the_connection_is_over) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  network.filter = [this](const ports::Datagram& packet) { return packet.local == alice.at; };
  alice.transport->write(stream, bytes_of(100), false);
  ASSERT_TRUE(run_until([&] { return is_closed(connection) && !bob.closed.empty(); }, 11s));
  EXPECT_EQ(bob.closed.begin()->second.reason, CloseReason::remote);
  EXPECT_EQ(bob.closed.begin()->second.text, "unanswered");
}

TEST_F(SilenceTest, a_short_silence_ends_nothing) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  for (int i = 0; i < 20; ++i) {
    drop_everything();
    alice.transport->write(stream, bytes_of(100), false);
    network.timers.run_for(4s);
    network.filter = {};
    network.timers.run_for(6s);
  }
  EXPECT_FALSE(is_closed(connection));
  EXPECT_EQ(alice.streams[stream].bytes.size(), 2000u);
}

TEST_F(SilenceTest, an_idle_connection_waits_for_no_answer) {
  const ConnectionId connection = meet();
  network.timers.run_for(1h);
  EXPECT_FALSE(is_closed(connection));
  EXPECT_TRUE(bob.closed.empty());
}

TEST_F(SilenceTest, a_slow_and_lossy_way_is_not_taken_for_a_dead_peer) {
  network.weather = {.delay = 400ms, .loss = 0.3};
  bob.echoes = true;
  std::optional<ConnectionId> connection;
  for (int i = 0; i < 10 && !connection; ++i) connection = connect(network, alice, bob);
  ASSERT_TRUE(connection.has_value());
  const auto stream = open(alice, *connection);
  for (int i = 0; i < 500; ++i) {
    alice.transport->write(stream, bytes_of(100), false);
    network.timers.run_for(2s);
  }
  EXPECT_FALSE(is_closed(*connection));
  EXPECT_GT(alice.transport->stats().packets_lost, 100u);
}

TEST_F(SilenceTest, a_process_that_slept_does_not_blame_its_peers) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  drop_everything();
  alice.transport->write(stream, bytes_of(100), false);
  network.timers.run_for(4s);
  network.filter = {};
  network.timers.oversleep(10s);
  EXPECT_TRUE(run_until([&] { return alice.streams[stream].bytes.size() == 100; }, 5s));
  EXPECT_FALSE(is_closed(connection));
}

}  // namespace
}  // namespace mycel::quic::test
