#include "runtime/os/endpoint.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime/ports/datagrams.hpp"

namespace mycel::os {

using ports::Endpoint;

std::string address_text(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_v4 = endpoint.family == Endpoint::Family::ipv4;
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, endpoint.address.data(), text.data(), text.size());
  return text.data();
}

std::string to_text(const Endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port);
  if (endpoint.family == Endpoint::Family::ipv4) return address_text(endpoint) + ":" + port;
  const std::string zone = endpoint.scope == 0 ? "" : "%" + std::to_string(endpoint.scope);
  return "[" + address_text(endpoint) + zone + "]:" + port;
}

bool is_wildcard(const Endpoint& endpoint) {
  return std::ranges::all_of(endpoint.address, [](std::uint8_t byte) { return byte == 0; });
}

socklen_t to_socket_address(const Endpoint& endpoint, sockaddr_storage& address) {
  if (endpoint.family == Endpoint::Family::ipv4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, endpoint.address.data(), sizeof v4.sin_addr);
    std::memcpy(&address, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  v6.sin6_scope_id = endpoint.scope;
  std::memcpy(&v6.sin6_addr, endpoint.address.data(), sizeof v6.sin6_addr);
  std::memcpy(&address, &v6, sizeof v6);
  return sizeof v6;
}

Endpoint to_endpoint(const sockaddr_storage& address) {
  Endpoint endpoint;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    endpoint.port = ntohs(v4.sin_port);
    std::memcpy(endpoint.address.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    endpoint.family = Endpoint::Family::ipv6;
    endpoint.port = ntohs(v6.sin6_port);
    endpoint.scope = v6.sin6_scope_id;
    std::memcpy(endpoint.address.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return endpoint;
}

}  // namespace mycel::os
