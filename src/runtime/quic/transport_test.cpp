#include "runtime/quic/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/quic/test_network.hpp"

namespace mycel::quic::test {
namespace {

/// Sends all of `bytes` as fast as the stream takes it.
class Sender {
 public:
  Sender(TestNode& node, ports::StreamKey stream, Bytes bytes)
      : node_(node), stream_(stream), rest_(std::move(bytes)) {
    node_.on_room = [this](ports::StreamKey) { push(); };
    push();
  }

 private:
  void push() {
    while (!rest_.empty()) {
      const std::size_t room = node_.transport->writable(stream_);
      if (room == 0) return;
      const Bytes part = rest_.slice(0, std::min(room, std::size_t{48} << 10));
      rest_ = rest_.slice(part.size());
      node_.transport->write(stream_, part, rest_.empty());
    }
  }
  TestNode& node_;
  ports::StreamKey stream_;
  Bytes rest_;
};

class TransportTest : public testing::Test {
 protected:
  TestNetwork network;
  TestNode alice{network, 1};
  TestNode bob{network, 2};

  ports::StreamKey open(TestNode& node, ConnectionId connection) {
    const auto stream = node.transport->open(connection);
    EXPECT_TRUE(stream.has_value());
    return stream.value_or(ports::StreamKey{});
  }
  bool run_until(const std::function<bool()>& is_done, Duration limit = 60s) {
    return network.timers.run_until(is_done, limit);
  }
  /// Dials and waits for both sides.
  ConnectionId meet() {
    const auto connection = connect(network, alice, bob);
    EXPECT_TRUE(connection.has_value());
    run_until([&] { return !bob.connected.empty(); }, 5s);
    return connection.value_or(ConnectionId{});
  }
};

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
  ASSERT_TRUE(run_until(
      [&] { return !bob.streams.empty() && bob.streams.begin()->second.is_over; }, 600s));
  EXPECT_EQ(Bytes(bob.streams.begin()->second.bytes), sent);
  EXPECT_GT(alice.transport->stats().packets_lost, 0u);
}

}  // namespace
}  // namespace mycel::quic::test
