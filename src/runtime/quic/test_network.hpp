#pragma once
// A network in memory for this folder's tests: one clock that moves only when it is run, sockets
// between which packets are delayed, lost, doubled, damaged and reordered by a seed.

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

#include "runtime/ports/datagrams.hpp"
#include "runtime/ports/entropy.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/ports/timers.hpp"
#include "runtime/quic/transport.hpp"

namespace mycel::quic::test {

class TestTimers final : public ports::Timers {
 public:
  Now now() const override { return {now_, calendar_start + (now_ - Instant{})}; }
  ports::TimerId call_at(Instant due, std::function<void()> then) override {
    return ports::TimerId{calls_.add(std::max(due, now_), std::move(then)).value()};
  }
  void cancel(ports::TimerId timer) override { calls_.cancel(DeadlineId{timer.value()}); }

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

struct Weather {
  Duration delay = 5ms;
  Duration jitter{};
  double loss = 0;
  double doubled = 0;
  double damaged = 0;
  std::size_t payload_max_bytes = 1472;
};

class TestSocket;

class TestNetwork {
 public:
  explicit TestNetwork(std::uint64_t seed = 1) : rng_(Rng(seed).fork("network")) {}

  TestTimers timers;
  Weather weather;
  /// Sees every packet first; false loses it.
  std::function<bool(const ports::Datagram&)> filter;
  /// Changes packets on their way.
  std::function<void(std::vector<std::byte>&)> damage;
  /// A NAT: what leaves from the first address is seen from the second.
  std::map<ports::Endpoint, ports::Endpoint> translated;
  std::uint64_t packets = 0;

  void attach(const ports::Endpoint& at, TestSocket& socket) { sockets_[at] = &socket; }
  void detach(const ports::Endpoint& at) { sockets_.erase(at); }
  void send(ports::Datagram datagram);

 private:
  void carry(ports::Datagram datagram);
  void arrive(const ports::Endpoint& from, const ports::Endpoint& to,
              const std::vector<std::byte>& payload);
  std::map<ports::Endpoint, TestSocket*> sockets_;
  Rng rng_;
};

class TestSocket final : public ports::Datagrams {
 public:
  TestSocket(TestNetwork& network, ports::Endpoint at) : network_(network), at_(at) {
    network_.attach(at_, *this);
  }
  ~TestSocket() { network_.detach(at_); }
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  bool is_full = false;  ///< takes nothing until room() is called

  std::size_t send(std::span<const ports::Datagram> batch) override {
    if (is_full) return 0;
    for (ports::Datagram datagram : batch) {
      datagram.local = at_;
      network_.send(datagram);
    }
    return batch.size();
  }
  void on_receive(Receiver receiver) override { receiver_ = std::move(receiver); }
  void on_writable(std::function<void()> then) override { on_writable_ = std::move(then); }
  ports::Endpoint local() const override { return at_; }

  void room() {
    is_full = false;
    if (on_writable_) on_writable_();
  }
  void receive(const ports::Datagram& datagram) {
    if (receiver_) receiver_({&datagram, 1});
  }

 private:
  TestNetwork& network_;
  ports::Endpoint at_;
  Receiver receiver_;
  std::function<void()> on_writable_;
};

inline void TestNetwork::send(ports::Datagram datagram) {
  const std::size_t step =
      datagram.segment_size_bytes == 0 ? datagram.payload.size() : datagram.segment_size_bytes;
  const ByteView whole = datagram.payload;
  for (std::size_t at = 0; at < whole.size(); at += step) {
    datagram.payload = whole.subspan(at, std::min(step, whole.size() - at));
    packets += 1;
    if (filter && !filter(datagram)) continue;
    if (datagram.payload.size() > weather.payload_max_bytes || rng_.chance(weather.loss)) continue;
    carry(datagram);
    if (rng_.chance(weather.doubled)) carry(datagram);
  }
}

inline void TestNetwork::carry(ports::Datagram datagram) {
  std::vector<std::byte> payload(datagram.payload.begin(), datagram.payload.end());
  if (rng_.chance(weather.damaged))
    payload[static_cast<std::size_t>(rng_.below(payload.size()))] ^= std::byte{0x5a};
  if (damage) damage(payload);
  ports::Endpoint from = datagram.local;
  if (const auto other = translated.find(from); other != translated.end()) from = other->second;
  ports::Endpoint to = datagram.remote;
  for (const auto& [inside, outside] : translated)
    if (outside == to) to = inside;
  Duration delay = weather.delay;
  if (weather.jitter > Duration::zero())
    delay += Duration(
        static_cast<Duration::rep>(rng_.below(static_cast<std::uint64_t>(weather.jitter.count()))));
  timers.call_at(timers.now().instant + delay,
                 [this, from, to, payload = std::move(payload)] { arrive(from, to, payload); });
}

inline void TestNetwork::arrive(const ports::Endpoint& from, const ports::Endpoint& to,
                                const std::vector<std::byte>& payload) {
  const auto socket = sockets_.find(to);
  if (socket != sockets_.end()) socket->second->receive({to, from, payload});
}

inline ports::Endpoint endpoint(std::uint8_t host, std::uint16_t port = 4001) {
  ports::Endpoint at;
  at.address = {10, 0, 0, host};
  at.port = port;
  return at;
}

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
