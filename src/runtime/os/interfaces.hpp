#pragma once
// The addresses of this machine: what a wildcard stands for.

#include <string>
#include <vector>

#include "runtime/ports/datagrams.hpp"

namespace mycel::os {

struct InterfaceAddress {
  ports::Endpoint endpoint;  ///< its port is 0; `scope` is set for link-local IPv6
  std::string interface;
  bool is_loopback = false;
  bool is_link_local = false;
};

/// Addresses of interfaces that are up, sorted. Empty when the system does not tell.
std::vector<InterfaceAddress> local_addresses();

/// Where peers could reach a socket that is bound to `bound`: itself, or for a wildcard every
/// address of its family with its port. Link-local addresses mean nothing to peers elsewhere and
/// are left out; loopback stays, for nodes of one machine.
std::vector<ports::Endpoint> reachable_at(const ports::Endpoint& bound);

}  // namespace mycel::os
