#pragma once
// What most stories of this folder begin with: Alice and Bob on one network.

#include <algorithm>
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include "runtime/quic/test_network.hpp"

namespace mycel::quic::test {

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

class TwoNodes : public testing::Test {
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
  std::uint64_t packets_sent() const {
    return alice.transport->stats().datagrams_sent + bob.transport->stats().datagrams_sent;
  }
  /// Dials and waits for both sides.
  ConnectionId meet() {
    const auto connection = connect(network, alice, bob);
    EXPECT_TRUE(connection.has_value());
    run_until([&] { return !bob.connected.empty(); }, 5s);
    return connection.value_or(ConnectionId{});
  }
};

}  // namespace mycel::quic::test
