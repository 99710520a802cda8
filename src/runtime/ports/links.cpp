#include "runtime/ports/links.hpp"

namespace mycel::ports {

std::string_view to_text(CloseReason reason) {
  switch (reason) {
    case CloseReason::local:
      return "local";
    case CloseReason::remote:
      return "remote";
    case CloseReason::idle_timeout:
      return "idle_timeout";
    case CloseReason::handshake_timeout:
      return "handshake_timeout";
    case CloseReason::handshake_failed:
      return "handshake_failed";
    case CloseReason::wrong_peer:
      return "wrong_peer";
    case CloseReason::address_unsupported:
      return "address_unsupported";
    case CloseReason::unreachable:
      return "unreachable";
    case CloseReason::transport_error:
      return "transport_error";
    case CloseReason::refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace mycel::ports
