#include "runtime/quic/counters.hpp"

namespace mycel::quic {

void Counters::each(const CounterVisitor& visit) const {
  constexpr auto done = "quic_handshakes_total";
  constexpr auto done_help = "Handshakes that proved who the peer is.";
  visit({done, done_help, "direction", "inbound"}, handshakes_inbound);
  visit({done, done_help, "direction", "outbound"}, handshakes_outbound);

  constexpr auto failed = "quic_handshakes_failed_total";
  constexpr auto failed_help = "Handshakes that came to nothing.";
  visit({failed, failed_help, "reason", "timeout"}, handshakes_timed_out);
  visit({failed, failed_help, "reason", "wrong_peer"}, handshakes_wrong_peer);
  visit({failed, failed_help, "reason", "other"}, handshakes_failed);

  constexpr auto refused = "quic_refused_total";
  constexpr auto refused_help = "Connections refused by a local limit.";
  visit({refused, refused_help, "limit", "connections"}, refused_connections);
  visit({refused, refused_help, "limit", "handshakes"}, refused_handshakes);
  visit({refused, refused_help, "limit", "network"}, refused_network);

  visit({"quic_retries_sent_total", "Diallers asked to prove their address."}, retries_sent);
  visit({"quic_version_negotiations_sent_total", "Answers to unknown QUIC versions."},
        version_negotiations_sent);
  visit({"quic_stateless_resets_sent_total", "Answers to packets of connections lost here."},
        stateless_resets_sent);
  visit({"quic_stateless_resets_received_total", "Connections that their peer had lost."},
        stateless_resets_received);
  visit({"quic_datagrams_received_total", "UDP payloads received."}, datagrams_received);
  visit({"quic_datagrams_ignored_total", "UDP payloads that belong to no connection."},
        datagrams_ignored);
  visit({"quic_datagrams_sent_total", "UDP payloads sent."}, datagrams_sent);
  visit({"quic_bytes_received_total", "Bytes of UDP payload received."}, bytes_received);
  visit({"quic_bytes_sent_total", "Bytes of UDP payload sent."}, bytes_sent);
  visit({"quic_packets_lost_total", "Packets that were declared lost."}, packets_lost);
  visit({"quic_path_changes_total", "Times that a peer's address changed."}, path_changes);
  visit({"quic_connections_open", "Connections, with those being made."}, connections_open);
  visit({"quic_handshakes_pending", "Inbound handshakes under way."}, handshakes_pending);
  visit({"quic_tombstones", "Closed connections that are still answered."}, tombstones);
}

}  // namespace mycel::quic
