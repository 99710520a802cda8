#pragma once
// Links over QUIC: libp2p's TLS 1.3 between peers, any number of streams a connection, all through
// a few UDP sockets that both listen and dial, so that peers see the address we listen on.
// Everything happens on the caller's thread, and only when a datagram, a timer or the user calls.
// Source: RFC 9000 to 9002; libp2p specs, quic/README.md and tls/tls.md.

#include <memory>
#include <optional>
#include <string_view>

#include "foundation/crypto/ed25519.hpp"

#include "runtime/ports/datagrams.hpp"
#include "runtime/ports/entropy.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/ports/timers.hpp"
#include "runtime/quic/config.hpp"
#include "runtime/quic/counters.hpp"
#include "runtime/quic/facts.hpp"

namespace mycel::quic {

class Endpoint;

class Transport final : public ports::Links {
 public:
  /// The ports must outlive the transport.
  Transport(const Config& config, const crypto::Ed25519PrivateKey& identity, ports::Timers& timers,
            ports::Entropy& entropy);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Listens on this socket, and dials through the first that leads to an address. It must outlive
  /// the transport and not call back from inside `send()`.
  void add_socket(ports::Datagrams& socket);

  void observe(ports::LinksObserver& observer) override;
  ConnectionId dial(const Multiaddr& address, std::optional<PeerId> expected) override;
  std::optional<ports::StreamKey> open(ConnectionId connection) override;
  void write(ports::StreamKey stream, Bytes data, bool is_last) override;
  std::size_t writable(ports::StreamKey stream) const override;
  void consume(ports::StreamKey stream, std::size_t count) override;
  void reset(ports::StreamKey stream, std::uint64_t code) override;
  void close(ConnectionId connection, std::uint64_t code, std::string_view reason) override;
  std::optional<Duration> round_trip(ConnectionId connection) const override;

  /// Whether this connection is kept from timing out. At first as configured.
  void keep_alive(ConnectionId connection, bool is_wanted);
  /// Closes every connection and refuses new ones: for a graceful stop.
  void close_all(std::uint64_t code, std::string_view reason);

  /// None for a connection that is not open.
  std::optional<ConnectionFacts> facts(ConnectionId connection) const;
  Counters stats() const;

 private:
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace mycel::quic
