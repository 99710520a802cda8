#pragma once
// Messages in a stream, each with its length before it: how every libp2p protocol over a stream
// tells where one ends.

#include <cstddef>
#include <vector>

#include "foundation/base/bytes.hpp"

namespace mycel::wire {

/// Appends the message as it is sent: its length as a varint, then itself. Several may leave in one
/// flight.
void append_frame(std::vector<std::byte>& to, ByteView body);

}  // namespace mycel::wire
