#pragma once
// In which order the addresses of a peer are dialled, and how long each dial gives the one before a
// head start. What answered last comes first; then what is near; then the rest, IPv6 and IPv4 in
// turn, so that a broken family costs one step and not a timeout.
// Source: RFC 8305 (Happy Eyeballs), the 250 ms of its section 8; libp2p's smart dialling for the
// 30 ms between private addresses.

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"

#include "protocol/connect/address_book.hpp"

namespace mycel::connect {

inline constexpr Duration public_stagger = 250ms;
inline constexpr Duration private_stagger = 30ms;

/// The addresses this node listens on, and so which ones of others it can reach: another machine's
/// loopback is not ours, and 10.0.0.0/8 means nothing without a foot in it.
class OwnAddresses {
 public:
  OwnAddresses() = default;
  /// An unspecified address stands for every interface of its family.
  explicit OwnAddresses(std::span<const Multiaddr> listening);

  /// Do we have an address of the same kind: global, or loopback or private of the same family?
  bool can_reach(const Multiaddr& address) const;
  /// Does dialling it reach ourselves?
  bool contains(const Multiaddr& address) const;

 private:
  struct Kinds {
    bool has_loopback = false;
    bool has_private = false;
  };
  struct Port {
    bool is_ipv6 = false;
    std::uint16_t port = 0;
    friend auto operator<=>(const Port&, const Port&) = default;
  };
  Kinds ipv4_;
  Kinds ipv6_;
  std::set<Multiaddr> exact_;
  std::set<Port> every_interface_;
};

/// One address to dial, and how long after the dial before it.
struct RankedAddress {
  Multiaddr address;
  Duration stagger{};
  friend bool operator==(const RankedAddress&, const RankedAddress&) = default;
};

/// Is this an address that a packet can be sent to: QUIC v1 on a unicast address and a port?
bool is_usable(const Multiaddr& address);

/// The usable addresses, best first. What a person configured, or what answered before, is exempt
/// from the question whether we have an address of its kind. Those in back-off are left out, unless
/// every one is, or `is_forced`. DNS names are left out: they are resolved first.
std::vector<RankedAddress> rank(Instant now, std::span<const KnownAddress> addresses,
                                const OwnAddresses& own, bool is_forced = false);

}  // namespace mycel::connect
