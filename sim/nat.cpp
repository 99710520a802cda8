#include "sim/nat.hpp"

#include <algorithm>

namespace mycel::sim {

std::uint16_t Nat::send_to(std::uint32_t to, Instant now) {
  const auto [entry, is_new] = mappings_.try_emplace(to);
  Mapping& mapping = entry->second;
  const bool is_expired = !is_new && now - mapping.sent_at > mapping_lifetime;
  if (kind_ == NatKind::symmetric && (is_new || is_expired)) mapping.port = take_port();
  mapping.sent_at = now;
  return mapping.port;
}

bool Nat::lets_in(std::uint32_t from, std::uint16_t port, Instant now, bool has_connection,
                  bool has_connection_to) const {
  const auto is_alive = [now](const auto& entry) {
    return now - entry.second.sent_at <= mapping_lifetime;
  };
  if (kind_ == NatKind::cone)
    return port == first_port && (has_connection || std::ranges::any_of(mappings_, is_alive));
  const auto contacted = mappings_.find(from);
  return contacted != mappings_.end() && contacted->second.port == port &&
         (has_connection_to || is_alive(*contacted));
}

std::uint16_t Nat::take_port() {
  const std::uint16_t port = next_port_;
  next_port_ = next_port_ == UINT16_MAX ? first_port : static_cast<std::uint16_t>(next_port_ + 1);
  return port;
}

}  // namespace mycel::sim
