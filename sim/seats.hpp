#pragma once
// Who stands where: the nodes by number, with their addresses and the NATs in front of them.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "foundation/model/peer_id.hpp"

#include "sim/nat.hpp"
#include "sim/place.hpp"

namespace mycel::sim {

class VirtualLinks;

struct Seat {
  VirtualLinks* links = nullptr;  ///< nobody while the node is down
  PeerId peer;                    ///< who was there last
  std::uint8_t moves = 0;
  std::unique_ptr<Nat> nat;
};

class Seats {
 public:
  /// The seat of `number`, made when it is first asked for.
  Seat& at(std::uint32_t number);
  VirtualLinks* links(std::uint32_t number) const {
    return number < seats_.size() ? seats_[number].links : nullptr;
  }
  const PeerId& peer(std::uint32_t number) const { return seats_[number].peer; }

  Place place_of(std::uint32_t number) const;
  /// `from` sends to `to` now: what its NAT notes, and where `to` sees it come from.
  Place send(std::uint32_t from, std::uint32_t to, Instant now);
  /// Who hears what `from` sends to `address`: none when that is old or a NAT is in the way.
  VirtualLinks* listener_at(Place address, std::uint32_t from, Instant now) const;
  bool has_nat(std::uint32_t number) const {
    return number < seats_.size() && seats_[number].nat != nullptr;
  }

 private:
  std::vector<Seat> seats_;  // by number
};

}  // namespace mycel::sim
