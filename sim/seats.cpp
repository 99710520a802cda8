#include "sim/seats.hpp"

#include "foundation/base/check.hpp"

#include "sim/virtual_links.hpp"

namespace mycel::sim {

Seat& Seats::at(std::uint32_t number) {
  check(number <= Place::number_max, "24 bits of an address number every node");
  if (number >= seats_.size()) seats_.resize(std::size_t{number} + 1);
  return seats_[number];
}

Place Seats::place_of(std::uint32_t number) const {
  return {.number = number,
          .moves = number < seats_.size() ? seats_[number].moves : std::uint8_t{0}};
}

Place Seats::send(std::uint32_t from, std::uint32_t to, Instant now) {
  Place place = place_of(from);
  if (!has_nat(from)) return place;
  place.is_mapped = true;
  place.port = seats_[from].nat->send_to(to, now);
  return place;
}

VirtualLinks* Seats::listener_at(Place address, std::uint32_t from, Instant now) const {
  const Place own = place_of(address.number);
  VirtualLinks* const node = links(address.number);
  if (node == nullptr || address.moves != own.moves) return nullptr;
  if (!has_nat(address.number)) return address == own ? node : nullptr;
  const Nat& nat = *seats_[address.number].nat;
  const bool is_let_in =
      address.is_mapped && nat.lets_in(from, address.port, now, node->connection_count() > 0,
                                       node->has_connection_to(from));
  return is_let_in ? node : nullptr;
}

}  // namespace mycel::sim
