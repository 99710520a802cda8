#pragma once
// For this folder's tests: a packet network whose clock moves only when it is run, and nodes that
// remember what they are told.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "runtime/ports/entropy.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/ports/timers.hpp"
#include "runtime/quic/test_packets.hpp"
#include "runtime/quic/transport.hpp"

namespace mycel::quic::test {

class TestTimers final : public ports::Timers {
 public:
  Now now() const override { return {now_, calendar_start + (now_ - Instant{})}; }
  ports::TimerId call_at(Instant due, std::function<void()> then) override {
    return ports::TimerId{calls_.add(std::max(due, now_), std::move(then)).value()};
  }
  void cancel(ports::TimerId timer) override { calls_.cancel(DeadlineId{timer.value()}); }

  /// Time passes and nobody is woken: what became due comes late.
  void oversleep(Duration span) { now_ += span; }
  void run_for(Duration span) {
    run_until([] { return false; }, span);
  }
  /// Runs until `is_done` or for `limit`; says whether it was done.
  bool run_until(const std::function<bool()>& is_done, Duration limit = 60s) {
    const Instant end = now_ + limit;
    while (!is_done()) {
      if (calls_.next() > end) {
        now_ = end;
        return is_done();
      }
      now_ = std::max(now_, calls_.next());
      const auto call = calls_.pop_due(now_);
      if (call) (*call)();
    }
    return true;
  }

 private:
  static constexpr UnixTime calendar_start{CalendarClock::duration{1767225600000}};
  Instant now_{1s};
  Deadlines<std::function<void()>> calls_;
};

class TestEntropy final : public ports::Entropy {
 public:
  explicit TestEntropy(std::uint64_t seed) : rng_(seed) {}
  void fill(std::span<std::byte> bytes) override { rng_.fill(bytes); }

 private:
  Rng rng_;
};

struct HasTimers {
  TestTimers timers;
};

class TestNetwork : public HasTimers, public PacketNetwork {
 public:
  explicit TestNetwork(std::uint64_t seed = 1)
      : PacketNetwork(HasTimers::timers, Rng(seed).fork("network")) {}
};

using TestSocket = PacketSocket;

inline Multiaddr address_of(const ports::Endpoint& at) {
  return wire::quic_multiaddr({false, at.address, at.port, 0});
}

inline crypto::Ed25519PrivateKey key_of(std::uint8_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{number};
  seed[1] = std::byte{77};
  return crypto::Ed25519PrivateKey(seed);
}

/// A node with a transport, that remembers what it was told.
class TestNode final : public ports::LinksObserver {
 public:
  TestNode(TestNetwork& network, std::uint8_t number, Config config = {})
      : key(key_of(number)),
        id(wire::peer_id_of(key.public_key())),
        at(endpoint(number)),
        entropy(number),
        socket(network, at),
        transport(std::make_unique<Transport>(config, key, network.timers, entropy)) {
    transport->observe(*this);
    transport->add_socket(socket);
  }

  struct Incoming {
    std::vector<std::byte> bytes;
    bool is_over = false;
    bool is_echoed = false;
    std::optional<std::uint64_t> reset;
  };

  void on_connected(ConnectionId connection, const ports::Connected& what) override {
    connected[connection] = what;
    last_connection = connection;
    if (on_connect) on_connect(connection);
  }
  void on_closed(ConnectionId connection, const ports::Closed& why) override {
    closed[connection] = why;
  }
  void on_stream(ports::StreamKey stream) override {
    streams[stream];
    last_stream = stream;
  }
  void on_data(ports::StreamKey stream, Bytes data, bool is_last) override {
    Incoming& incoming = streams[stream];
    if (keeps_bytes) append(incoming.bytes, data);
    received += data.size();
    incoming.is_over = is_last;
    if (consumes) transport->consume(stream, data.size());
    if (echoes) transport->write(stream, data, is_last);
    if (on_bytes) on_bytes(stream);
  }
  void on_writable(ports::StreamKey stream) override {
    writable_calls += 1;
    if (on_room) on_room(stream);
  }
  void on_reset(ports::StreamKey stream, std::uint64_t code) override {
    streams[stream].reset = code;
  }
  void on_streams_available(ConnectionId) override { available_calls += 1; }
  void on_path(ConnectionId, const ports::PathChanged& what) override { paths.push_back(what); }

  crypto::Ed25519PrivateKey key;
  PeerId id;
  ports::Endpoint at;
  TestEntropy entropy;
  TestSocket socket;
  std::unique_ptr<Transport> transport;

  bool echoes = false;
  bool consumes = true;
  bool keeps_bytes = true;
  std::function<void(ConnectionId)> on_connect;
  std::function<void(ports::StreamKey)> on_bytes;
  std::function<void(ports::StreamKey)> on_room;

  std::map<ConnectionId, ports::Connected> connected;
  std::map<ConnectionId, ports::Closed> closed;
  std::map<ports::StreamKey, Incoming> streams;
  std::vector<ports::PathChanged> paths;
  ConnectionId last_connection;
  ports::StreamKey last_stream;
  std::uint64_t received = 0;
  int writable_calls = 0;
  int available_calls = 0;
};

/// `node` has come up with a dial of `to`; none if it failed.
inline std::optional<ConnectionId> connect(TestNetwork& network, TestNode& node, const TestNode& to,
                                           Duration limit = 20s) {
  const ConnectionId id = node.transport->dial(address_of(to.at), to.id);
  network.timers.run_until([&] { return node.connected.contains(id) || node.closed.contains(id); },
                           limit);
  if (!node.connected.contains(id)) return std::nullopt;
  return id;
}

inline Bytes bytes_of(std::size_t size, std::uint64_t seed = 5) {
  std::vector<std::byte> bytes(size);
  Rng(seed).fill(bytes);
  return Bytes(std::move(bytes));
}

}  // namespace mycel::quic::test
