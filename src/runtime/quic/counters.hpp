#pragma once
// What a transport counts, named as it is exported.

#include <cstdint>

#include "foundation/base/counters.hpp"

namespace mycel::quic {

struct Counters {
  std::uint64_t handshakes_inbound = 0;
  std::uint64_t handshakes_outbound = 0;
  std::uint64_t handshakes_timed_out = 0;
  std::uint64_t handshakes_wrong_peer = 0;
  std::uint64_t handshakes_failed = 0;  ///< for any other reason
  std::uint64_t refused_connections = 0;
  std::uint64_t refused_handshakes = 0;
  std::uint64_t refused_network = 0;
  std::uint64_t retries_sent = 0;
  std::uint64_t version_negotiations_sent = 0;
  std::uint64_t stateless_resets_sent = 0;
  std::uint64_t stateless_resets_received = 0;
  std::uint64_t datagrams_received = 0;
  std::uint64_t datagrams_ignored = 0;  ///< neither of a connection nor a valid start of one
  std::uint64_t datagrams_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t packets_lost = 0;
  std::uint64_t path_changes = 0;
  std::uint64_t connections_open = 0;    ///< a gauge
  std::uint64_t handshakes_pending = 0;  ///< a gauge: inbound handshakes under way
  std::uint64_t tombstones = 0;          ///< a gauge

  void each(const CounterVisitor& visit) const;
};

}  // namespace mycel::quic
