#pragma once
// Endpoints as people write them and as the kernel takes them.

#include <cstddef>
#include <span>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime/ports/datagrams.hpp"

namespace mycel::os {

/// "192.0.2.1:4001", "[2001:db8::1]:4001", "[fe80::1%2]:4001".
std::string to_text(const ports::Endpoint& endpoint);

/// The address alone: "192.0.2.1", "2001:db8::1".
std::string address_text(const ports::Endpoint& endpoint);

/// 0.0.0.0 or ::, which stands for every address of the machine.
bool is_wildcard(const ports::Endpoint& endpoint);

/// Writes `endpoint` into `address` and returns how many bytes of it are used.
socklen_t to_socket_address(const ports::Endpoint& endpoint, sockaddr_storage& address);

/// The other way round; anything that is neither IPv4 nor IPv6 is 0.0.0.0:0.
ports::Endpoint to_endpoint(const sockaddr_storage& address);

}  // namespace mycel::os
