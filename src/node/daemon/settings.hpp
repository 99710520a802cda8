#pragma once
// What the configuration says, in the words of the machines and of the transport.

#include "node/config/config.hpp"
#include "node/node_ports.hpp"
#include "runtime/quic/config.hpp"

namespace mycel::daemon {

/// `is_private` is true for a node that listens on private addresses only: then what peers see of
/// it is private too, and still worth knowing.
NodeSetup setup_of(const config::Config& config, const PeerId& self, std::uint64_t seed,
                   bool is_private);
/// Without what stands in files: the certificate and the join token.
session::HelloConfig hello_of(const config::Config& config);
quic::Config quic_of(const config::Config& config);
/// "mycel/0.1.0".
std::string program_version();

}  // namespace mycel::daemon
