#include "runtime/quic/address.hpp"

#include <algorithm>
#include <cstring>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::quic {
namespace {

using ports::Endpoint;

Endpoint read_address(const ngtcp2_addr& address) {
  Endpoint endpoint;
  if (address.addrlen == 0) return endpoint;
  if (address.addr->sa_family == NGTCP2_AF_INET) {
    ngtcp2_sockaddr_in native;
    std::memcpy(&native, address.addr, sizeof native);
    std::memcpy(endpoint.address.data(), &native.sin_addr, 4);
    endpoint.port = ntohs(native.sin_port);
    return endpoint;
  }
  ngtcp2_sockaddr_in6 native;
  std::memcpy(&native, address.addr, sizeof native);
  endpoint.family = Endpoint::Family::ipv6;
  std::memcpy(endpoint.address.data(), &native.sin6_addr, 16);
  endpoint.port = ntohs(native.sin6_port);
  endpoint.scope = native.sin6_scope_id;
  return endpoint;
}

}  // namespace

ngtcp2_addr write_address(const Endpoint& endpoint, ngtcp2_sockaddr_union& storage) {
  storage = {};
  if (endpoint.family == Endpoint::Family::ipv4) {
    storage.in.sin_family = NGTCP2_AF_INET;
    storage.in.sin_port = htons(endpoint.port);
    std::memcpy(&storage.in.sin_addr, endpoint.address.data(), 4);
    return {&storage.sa, sizeof storage.in};
  }
  storage.in6.sin6_family = NGTCP2_AF_INET6;
  storage.in6.sin6_port = htons(endpoint.port);
  std::memcpy(&storage.in6.sin6_addr, endpoint.address.data(), 16);
  storage.in6.sin6_scope_id = endpoint.scope;
  return {&storage.sa, sizeof storage.in6};
}

NativePath::NativePath(const Path& path) {
  storage_.path.local = write_address(path.local, storage_.local_addrbuf);
  storage_.path.remote = write_address(path.remote, storage_.remote_addrbuf);
  storage_.path.user_data = path.socket;
}

Path to_path(const ngtcp2_path& path) {
  return {static_cast<ports::Datagrams*>(path.user_data), read_address(path.local),
          read_address(path.remote)};
}

bool is_unspecified(const Endpoint& endpoint) {
  return std::ranges::all_of(endpoint.address, [](std::uint8_t byte) { return byte == 0; });
}

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.family == Endpoint::Family::ipv4) return endpoint.address[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one.back() = 1;
  return endpoint.address == one;
}

std::optional<Endpoint> to_endpoint(const Multiaddr& address) {
  const auto found = wire::quic_address(address);
  if (!found) return std::nullopt;
  const auto family = found->is_ipv6 ? Endpoint::Family::ipv6 : Endpoint::Family::ipv4;
  return Endpoint{family, found->ip, found->port, found->scope};
}

Multiaddr to_multiaddr(const Endpoint& endpoint) {
  return wire::quic_multiaddr(
      {endpoint.family == Endpoint::Family::ipv6, endpoint.address, endpoint.port, endpoint.scope});
}

}  // namespace mycel::quic
