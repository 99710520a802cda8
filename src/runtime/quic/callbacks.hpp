#pragma once
// What ngtcp2 calls while a connection reads, writes or waits.

#include <ngtcp2/ngtcp2.h>

namespace mycel::quic {

/// One table for clients and servers.
const ngtcp2_callbacks& connection_callbacks();

}  // namespace mycel::quic
