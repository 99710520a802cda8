#pragma once
// The control API of witnesses and of trust.

#include "node/daemon/daemon.hpp"
#include "runtime/http/message.hpp"

namespace mycel::control {

/// POST /v1/witness {"key", "at"}: has it witnessed that this node verifies `key` at the peer `at`,
/// or at the nearest node to the key, and tells what a quorum says.
void witness_operation(daemon::Daemon& daemon, const http::Request& request,
                       const http::Reply& reply);

/// GET /v1/trust: who is proven to have lied, and the proofs as base64url.
void show_trust(const daemon::Daemon& daemon, const http::Reply& reply);

}  // namespace mycel::control
