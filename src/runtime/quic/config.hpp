#pragma once
// What a transport may be told, and the bounds it keeps.

#include <cstddef>
#include <cstdint>

#include "foundation/base/time.hpp"

namespace mycel::quic {

enum class CongestionControl : std::uint8_t { cubic, bbr };

struct Config {
  /// A connection on which nothing is heard for so long is gone; the smaller of both sides' wishes.
  Duration idle_timeout = 30s;
  /// How long a connection is left silent before it is kept alive; never more than two fifths of
  /// the idle timeout that was agreed on. Zero: connections are left to time out.
  Duration keep_alive = 15s;
  /// A peer that answers nothing of what it was sent for so long is gone, unless it answers the
  /// next packet either; longer on a way so slow that four probes have not had their time. Zero:
  /// only the idle timeout counts.
  Duration unanswered_max = 5s;
  Duration handshake_timeout = 10s;
  /// After so long, new handshakes use a new certificate.
  Duration certificate_lifetime = 24h;
  /// After so long, and after 2^23 packets anyway, a connection's packets get new keys.
  Duration key_lifetime = 1h;
  /// Whether keys are exchanged by X25519 together with ML-KEM-768 when the peer can.
  bool hybrid_key_exchange = true;

  /// What a peer may send before any of it is consumed; the windows grow up to their maximum while
  /// the peer uses them up within a round trip.
  std::uint64_t stream_window_bytes = std::uint64_t{512} << 10;
  std::uint64_t stream_window_max_bytes = std::uint64_t{8} << 20;
  std::uint64_t connection_window_bytes = std::uint64_t{1536} << 10;
  std::uint64_t connection_window_max_bytes = std::uint64_t{16} << 20;
  /// Streams that a peer may have open at once.
  std::uint64_t streams_inbound_max = 1024;

  /// Bytes queued and not yet acknowledged, for one stream and for all streams of a connection.
  std::size_t stream_send_budget_bytes = std::size_t{1} << 20;
  std::size_t connection_send_budget_bytes = std::size_t{8} << 20;

  std::size_t connections_max = 10'000;
  /// Inbound handshakes under way, in all and from one IPv4 address or IPv6 /64 network.
  std::size_t handshakes_inbound_max = 1'000;
  std::size_t handshakes_inbound_per_network_max = 256;
  /// With more inbound handshakes under way, a dialler must first prove its address (Retry).
  std::size_t retry_above = 250;

  /// The largest packet that path MTU discovery tries. Loopback and jumbo frames take more than
  /// Ethernet's 1472, which makes a byte cheaper; a connection keeps a buffer of the largest packet
  /// that it received.
  std::uint16_t udp_payload_max_bytes = 16'000;
  CongestionControl congestion_control = CongestionControl::cubic;
};

}  // namespace mycel::quic
