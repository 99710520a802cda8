#pragma once
// How protocols speak of connections that somebody else holds for them.

#include <cstdint>

#include "foundation/base/strong.hpp"

namespace mycel {

/// One dial or one accepted connection. Never used again in the life of the node.
using ConnectionId = Strong<struct ConnectionIdTag, std::uint64_t>;

enum class Direction : std::uint8_t { inbound, outbound };

}  // namespace mycel
