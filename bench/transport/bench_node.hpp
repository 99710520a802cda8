#pragma once
// A peer of the transport benchmark: the loop, the UDP socket, QUIC and the switch of a real node,
// and none of its protocols.

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "foundation/crypto/ed25519.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "node/drive/event_queue.hpp"
#include "node/links/requests.hpp"
#include "node/links/switch.hpp"
#include "runtime/os/entropy.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/os/udp.hpp"
#include "runtime/quic/transport.hpp"

namespace mycel::bench {

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "transport_peer: %s\n", why.c_str());
  std::exit(1);
}

inline Multiaddr address_in(const std::string& text) {
  auto address = wire::parse_multiaddr(text);
  if (!address) give_up("not a multiaddr: " + text);
  return std::move(*address);
}

inline ports::Endpoint endpoint_in(const Multiaddr& address) {
  const auto quic = wire::quic_address(address);
  if (!quic) give_up("not a QUIC address: " + wire::to_text(address));
  ports::Endpoint endpoint;
  endpoint.family = quic->is_ipv6 ? ports::Endpoint::Family::ipv6 : ports::Endpoint::Family::ipv4;
  endpoint.address = quic->ip;
  endpoint.port = quic->port;
  endpoint.scope = quic->scope;
  return endpoint;
}

inline Multiaddr address_of(const ports::Endpoint& endpoint) {
  return wire::quic_multiaddr({.is_ipv6 = endpoint.family == ports::Endpoint::Family::ipv6,
                               .ip = endpoint.address,
                               .port = endpoint.port,
                               .scope = endpoint.scope});
}

inline std::unique_ptr<os::UdpSocket> bound(os::Loop& loop, const ports::Endpoint& local) {
  auto socket = os::UdpSocket::bind(loop, local);
  if (!socket) give_up(socket.error().text);
  return std::move(*socket);
}

class BenchNode final : public links::ConnectionObserver, public links::ConnectionSource {
 public:
  using Connected = std::function<void(ConnectionId)>;
  using Closed = std::function<void(ConnectionId, const ports::Closed&)>;

  explicit BenchNode(const Multiaddr& listen)
      : key_(fresh_key(entropy_)),
        socket_(bound(loop, endpoint_in(listen))),
        transport(config(), key_, loop, entropy_),
        streams(transport, loop, *this),
        events(loop) {
    transport.add_socket(*socket_);
  }

  PeerId peer() const { return wire::peer_id_of(key_.public_key()); }
  Multiaddr address() const { return wire::with_peer(address_of(socket_->local()), peer()); }

  /// Dials and runs the loop until the connection carries streams.
  ConnectionId connect(const Multiaddr& address) {
    ConnectionId made;
    on_connection = [&](ConnectionId id) {
      made = id;
      loop.stop();
    };
    on_closure = [](ConnectionId, const ports::Closed& why) {
      give_up("no way there: " + why.text);
    };
    dial(address);
    loop.run();
    on_connection = nullptr;
    return made;
  }
  void dial(const Multiaddr& address) {
    transport.dial(wire::without_peer(address), wire::peer_of(address));
  }
  /// Closes, and runs the loop until that is done.
  void close(ConnectionId connection) {
    on_closure = [this](ConnectionId, const ports::Closed&) { loop.stop(); };
    transport.close(connection, 0, "");
    loop.run();
  }

  Connected on_connection;  ///< none: nobody listens
  Closed on_closure;

 private:
  // A quiet server with 10,000 connections is what one of the benchmarks is about.
  static quic::Config config() {
    quic::Config config;
    config.connections_max = 20'000;
    return config;
  }
  static crypto::Ed25519PrivateKey fresh_key(os::SystemEntropy& entropy) {
    crypto::Ed25519PrivateKey::Seed seed;
    entropy.fill(seed);
    return crypto::Ed25519PrivateKey(seed);
  }

  void on_connected(ConnectionId connection, const ports::Connected&) override {
    if (on_connection) on_connection(connection);
  }
  void on_closed(ConnectionId connection, const ports::Closed& why) override {
    if (on_closure) on_closure(connection, why);
  }
  void on_path(ConnectionId, const ports::PathChanged&) override {}
  void on_streams(ConnectionId, std::size_t) override {}
  // Every request of a benchmark names its connection.
  std::optional<ConnectionId> want(const PeerId&) override { return std::nullopt; }

  os::SystemEntropy entropy_;
  crypto::Ed25519PrivateKey key_;

 public:
  os::Loop loop;

 private:
  std::unique_ptr<os::UdpSocket> socket_;

 public:
  quic::Transport transport;
  links::Switch streams;
  drive::EventQueue events;
};

}  // namespace mycel::bench
