#pragma once
// Where others see us. One peer may be wrong or lie, and may have many ids: an address counts when
// several peers of different networks report it within some time.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"

namespace mycel::session {

struct ObservedAddressesConfig {
  /// Reporters of different networks that it takes.
  std::size_t votes_min = 2;
  /// A report counts this long.
  Duration window = 30min;
  /// Loopback and private addresses count too: for networks that have no others.
  bool is_private_allowed = false;
  /// A symmetric NAT shows a different port to everybody: there may be as many candidates as
  /// peers, and none of them will ever be useful.
  std::size_t candidates_max = 128;
  std::size_t voters_per_candidate_max = 16;
};

class ObservedAddresses {
 public:
  explicit ObservedAddresses(ObservedAddressesConfig config = {}) : config_(config) {}

  /// Addresses that began or ceased to count.
  struct Change {
    Multiaddr address;
    bool is_seen = false;
  };

  /// A peer at `reporter` sees us at `address`. Only QUIC addresses count. A reporter's network is
  /// its IPv4 address, or the /64 of its IPv6 address.
  void report(Instant now, const Multiaddr& address, const Multiaddr& reporter,
              std::vector<Change>& changes);
  void on_deadline(Instant now, std::vector<Change>& changes);
  Instant next_deadline() const { return due_.next(); }

  /// Those that count now.
  Addresses addresses() const;
  std::size_t candidates() const { return candidates_.size(); }

 private:
  /// IPv4 or the first half of IPv6, and which of them.
  struct Network {
    bool is_ipv6 = false;
    std::uint64_t bits = 0;
    friend auto operator<=>(const Network&, const Network&) = default;
  };
  struct Candidate {
    std::map<Network, Instant> voters;  // until when the vote counts
    bool is_seen = false;
    DeadlineId due;  // when the first vote ends
  };

  static std::optional<Network> network_of(const Multiaddr& address);
  bool is_of_use(const Multiaddr& address) const;
  bool make_room();
  void settle(const Multiaddr& address, Candidate& candidate, std::vector<Change>& changes);

  ObservedAddressesConfig config_;
  std::map<Multiaddr, Candidate> candidates_;
  Deadlines<Multiaddr> due_;
};

}  // namespace mycel::session
