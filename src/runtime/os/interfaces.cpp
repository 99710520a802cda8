#include "runtime/os/interfaces.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <tuple>
#include <vector>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime/os/endpoint.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {
namespace {

using ports::Endpoint;

bool is_ip(const ifaddrs& entry) {
  if (entry.ifa_addr == nullptr || (entry.ifa_flags & IFF_UP) == 0) return false;
  return entry.ifa_addr->sa_family == AF_INET || entry.ifa_addr->sa_family == AF_INET6;
}

bool is_link_local(const Endpoint& endpoint) {
  const auto& bytes = endpoint.address;
  if (endpoint.family == Endpoint::Family::ipv4) return bytes[0] == 169 && bytes[1] == 254;
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

InterfaceAddress to_address(const ifaddrs& entry) {
  sockaddr_storage address{};
  const bool is_v4 = entry.ifa_addr->sa_family == AF_INET;
  std::memcpy(&address, entry.ifa_addr, is_v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  InterfaceAddress found{.endpoint = to_endpoint(address), .interface = entry.ifa_name};
  found.is_loopback = (entry.ifa_flags & IFF_LOOPBACK) != 0;
  found.is_link_local = is_link_local(found.endpoint);
  return found;
}

}  // namespace

std::vector<InterfaceAddress> local_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  std::vector<InterfaceAddress> found;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next)
    if (is_ip(*entry)) found.push_back(to_address(*entry));
  std::ranges::sort(
      found, {}, [](const InterfaceAddress& one) { return std::tie(one.endpoint, one.interface); });
  return found;
}

std::vector<Endpoint> reachable_at(const Endpoint& bound) {
  if (!is_wildcard(bound)) return {bound};
  std::vector<Endpoint> endpoints;
  for (const InterfaceAddress& one : local_addresses()) {
    if (one.endpoint.family != bound.family || one.is_link_local) continue;
    endpoints.push_back(one.endpoint);
    endpoints.back().port = bound.port;
  }
  return endpoints;
}

}  // namespace mycel::os
