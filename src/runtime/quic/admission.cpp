#include "runtime/quic/admission.hpp"

#include <algorithm>

#include "foundation/base/check.hpp"

namespace mycel::quic {

Network network_of(const ports::Endpoint& endpoint) {
  Network network{};
  const bool is_ipv4 = endpoint.family == ports::Endpoint::Family::ipv4;
  network[0] = is_ipv4 ? 4 : 6;
  std::copy_n(endpoint.address.begin(), is_ipv4 ? 4 : 8, network.begin() + 1);
  return network;
}

bool Admission::admit(const Network& network) {
  std::size_t& pending = by_network_[network];
  if (pending >= config_->handshakes_inbound_per_network_max) return false;
  pending += 1;
  pending_ += 1;
  return true;
}

void Admission::release(const Network& network) {
  const auto found = by_network_.find(network);
  check(found != by_network_.end() && pending_ > 0, "a handshake that ends was admitted");
  pending_ -= 1;
  found->second -= 1;
  if (found->second == 0) by_network_.erase(found);
}

}  // namespace mycel::quic
