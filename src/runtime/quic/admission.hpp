#pragma once
// How many inbound handshakes may be under way, in all and from one network.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "runtime/ports/datagrams.hpp"
#include "runtime/quic/config.hpp"

namespace mycel::quic {

/// Whom a limit is for: one IPv4 address, or an IPv6 /64, which is what one household gets.
using Network = std::array<std::uint8_t, 9>;
Network network_of(const ports::Endpoint& endpoint);

class Admission {
 public:
  explicit Admission(const Config& config) : config_(&config) {}

  bool is_full() const { return pending_ >= config_->handshakes_inbound_max; }
  /// So many are under way that a dialler must prove its address first.
  bool is_crowded() const { return pending_ >= config_->retry_above; }
  /// False if this network has enough of them.
  bool admit(const Network& network);
  /// That handshake is over.
  void release(const Network& network);
  std::size_t pending() const { return pending_; }

 private:
  const Config* config_;
  std::size_t pending_ = 0;
  std::map<Network, std::size_t> by_network_;  // only those with pending handshakes
};

}  // namespace mycel::quic
