#pragma once
// From how many different places of the Internet the members of a set come, so that nobody who
// rents one place fills the set. A place is a subnet (an IPv4 /24, an IPv6 /48) and, wider, a
// network (a /16, a /32): about what one provider holds in one region. It is what this node sees of
// a connection; a region that a peer claims for itself would spread a liar's nodes over the world.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::dht {

/// Where an address is, for every entry of a table. Two marks whose first two bytes agree are in
/// one network, equal ones in one subnet. IPv4 stands as it is. Of IPv6 these are hashes: in one
/// of 2^16 pairs two networks are taken for one, and within a network one of 256 pairs of subnets.
using PlaceMark = std::array<std::uint8_t, 3>;
/// None for addresses without an IP, and for loopback and private ones unless `counts_private`.
std::optional<PlaceMark> place_of(const Multiaddr& address, bool counts_private);

struct PlaceCaps {
  std::size_t subnet_max = 0;  ///< 0 is no cap
  std::size_t network_max = 0;
  bool any() const { return subnet_max != 0 || network_max != 0; }
};

/// How many of a set share a place with a newcomer, who counts for every place that it names.
class PlaceCount {
 public:
  explicit PlaceCount(std::vector<PlaceMark> newcomer);
  void count(const std::vector<PlaceMark>& member);
  /// Whether one more may join them.
  bool is_within(const PlaceCaps& caps) const;

 private:
  struct Shared {
    PlaceMark place;
    std::size_t in_subnet = 0;
    std::size_t in_network = 0;
  };
  std::vector<Shared> shared_;
};

}  // namespace mycel::dht
