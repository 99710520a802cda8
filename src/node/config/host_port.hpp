#pragma once
// IP:PORT, as metrics.listen is written.

#include <optional>
#include <string_view>

namespace mycel::config {

struct HostPort {
  std::string_view host;
  bool is_ipv6 = false;
};

/// IP:PORT, with an IPv6 address in brackets.
std::optional<HostPort> parse_host_port(std::string_view text);

}  // namespace mycel::config
