#pragma once
// How protocols speak of requests: one message out, one message back or the reason there is none.

#include <cstdint>
#include <string_view>

#include "foundation/base/strong.hpp"

namespace mycel {

/// A request that this node sent, numbered by the machine that asked for it.
using RequestId = Strong<struct RequestIdTag, std::uint64_t>;
/// A request of a peer that waits for our answer, numbered by the link that received it.
using InboundId = Strong<struct InboundIdTag, std::uint64_t>;

/// Why a request has no answer.
enum class RequestFailure : std::uint8_t {
  unreachable,  ///< no connection could be made
  timeout,      ///< the deadline passed
  unsupported,  ///< the peer does not speak the protocol
  refused,      ///< the peer reset the stream or closed it without an answer
  malformed,    ///< the answer was not of the protocol's form, or too large
  overloaded,   ///< our own limit on requests under way was reached
};

/// Lower-case words for people and for metric labels.
constexpr std::string_view to_text(RequestFailure failure) {
  switch (failure) {
    case RequestFailure::unreachable:
      return "unreachable";
    case RequestFailure::timeout:
      return "timeout";
    case RequestFailure::unsupported:
      return "unsupported";
    case RequestFailure::refused:
      return "refused";
    case RequestFailure::malformed:
      return "malformed";
    case RequestFailure::overloaded:
      return "overloaded";
  }
  return "unknown";
}

}  // namespace mycel
