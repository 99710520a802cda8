#include "protocol/connect/output.hpp"

#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {

std::string_view to_text(DialFailure failure) {
  switch (failure) {
    case DialFailure::timeout:
      return "timeout";
    case DialFailure::unreachable:
      return "unreachable";
    case DialFailure::refused:
      return "refused";
    case DialFailure::handshake_failed:
      return "handshake_failed";
    case DialFailure::wrong_peer:
      return "wrong_peer";
    case DialFailure::address_unsupported:
      return "address_unsupported";
    case DialFailure::transport_error:
      return "transport_error";
    case DialFailure::name_unresolved:
      return "name_unresolved";
    case DialFailure::overloaded:
      return "overloaded";
    case DialFailure::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view to_text(UnreachableReason reason) {
  switch (reason) {
    case UnreachableReason::no_addresses:
      return "no_addresses";
    case UnreachableReason::no_usable:
      return "no_usable";
    case UnreachableReason::all_failed:
      return "all_failed";
    case UnreachableReason::backing_off:
      return "backing_off";
    case UnreachableReason::timeout:
      return "timeout";
    case UnreachableReason::is_self:
      return "is_self";
    case UnreachableReason::overloaded:
      return "overloaded";
    case UnreachableReason::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string describe(const Unreachable& unreachable) {
  std::string text(to_text(unreachable.reason));
  std::string_view separator = ": ";
  if (!unreachable.limit.empty())
    text.append(std::exchange(separator, "; ")).append(unreachable.limit);
  for (const AddressFailure& each : unreachable.failures) {
    text.append(separator).append(wire::to_text(each.address));
    text.append(" ").append(to_text(each.failure));
    if (!each.text.empty()) text.append(" (").append(each.text).append(")");
    separator = "; ";
  }
  return text;
}

void Output::clear() {
  persist.clear();
  durability = Durability::buffered;
  resolve.clear();
  dials.clear();
  abandons.clear();
  closes.clear();
  events.clear();
}

void Counters::each(const CounterVisitor& visit) const {
  visit({"pooled_connections", "Connections open now."}, pooled_connections);
  visit({"connected_peers", "Peers with a connection now."}, connected_peers);
  visit({"dials_total", "Addresses dialled."}, dials);
  for (std::size_t i = 0; i < dial_failure_count; ++i)
    visit({"dial_failures_total", "Dials that brought no connection.", "reason",
           to_text(static_cast<DialFailure>(i))},
          dial_failures[i]);
  visit({"stream_reuse_total", "Times a wanted peer was connected already."}, stream_reuses);
  visit({"connect_wants_total", "Times a peer was wanted that had no connection."}, wants);
  visit({"connect_unreachable_total", "Wanted peers that could not be reached."}, unreachable);
  visit({"connections_opened_total", "Connections that came to be.", "direction", "inbound"},
        connections_in);
  visit({"connections_opened_total", "Connections that came to be.", "direction", "outbound"},
        connections_out);
  visit({"connections_replaced_total", "Times a second connection to a peer was preferred."},
        replaced);
  const auto closed = [&](std::string_view reason, std::uint64_t count) {
    visit({"connections_closed_total", "Connections that this node closed.", "reason", reason},
          count);
  };
  closed("redundant", closed_redundant);
  closed("idle", closed_idle);
  closed("trimmed", closed_trimmed);
  closed("over_limit", closed_over_limit);
}

}  // namespace mycel::connect
