#pragma once
// Where a simulated node stands on the network, as one small number and as an address on the wire:
// /ip4/B.x.y.z/udp/PORT/quic-v1. x.y.z is the node's number, its low byte first, so that neighbours
// by number stand in different networks. B counts its moves: 20 before the first, 22 after it, and
// so on; the odd ones are the outer sides of its NATs. All are public: a node that moved from a
// private network to a public one would rightly refuse to dial those whom it left.

#include <compare>
#include <cstdint>
#include <optional>

#include "foundation/model/multiaddr.hpp"

namespace mycel::sim {

struct Place {
  std::uint32_t number = 0;
  std::uint8_t moves = 0;  ///< below `moves_max`; then the first address is used again
  bool is_mapped = false;  ///< the outer side of a NAT
  std::uint16_t port = port_listened;

  static constexpr std::uint16_t port_listened = 4150;
  static constexpr std::uint8_t moves_max = 40;
  static constexpr std::uint32_t number_max = (1U << 24) - 2;
  friend auto operator<=>(const Place&, const Place&) = default;
};

Multiaddr to_multiaddr(Place place);
/// None for an address that was never a simulated node's.
std::optional<Place> to_place(const Multiaddr& address);

}  // namespace mycel::sim
