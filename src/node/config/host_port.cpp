#include "node/config/host_port.hpp"

#include <charconv>
#include <cstdint>
#include <string>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::config {

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || problem != std::errc{} || end != port.data() + port.size())
    return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool is_ipv6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_ipv6) host = host.substr(1, host.size() - 2);
  const std::string path = (is_ipv6 ? "/ip6/" : "/ip4/") + std::string(host);
  if (host.find('/') != std::string_view::npos || !wire::parse_multiaddr(path)) return std::nullopt;
  return HostPort{host, is_ipv6};
}

}  // namespace mycel::config
