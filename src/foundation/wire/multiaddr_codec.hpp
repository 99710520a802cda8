#pragma once
// Addresses between bytes, text and the questions that dialling asks of them.
// Source: multiformats, multiaddr specification.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"
#include "foundation/wire/multiaddr_protocols.hpp"

namespace mycel::wire {

/// Longest address, in bytes: a relayed WebTransport address with two certificate hashes has 200.
inline constexpr std::size_t multiaddr_size_max_bytes = 1024;
/// The same address has ten components.
inline constexpr std::size_t multiaddr_components_max = 32;
/// Longest text: every byte of an address escaped, and the names of its protocols.
inline constexpr std::size_t multiaddr_text_size_max_bytes = 4096;

/// "/ip4/192.0.2.1/udp/4001/quic-v1". A final '/' is ignored. Faults: malformed, too_large,
/// unknown_kind (a protocol we do not know), truncated (a protocol without its value).
Result<Multiaddr, Fault> parse_multiaddr(std::string_view text);
/// The one text of an address; "" for the empty one.
std::string to_text(const Multiaddr& address);
/// Checks every component, so that whatever is decoded has a text that parses to the same bytes.
/// Faults: those above and not_canonical. An empty address is truncated.
Result<Multiaddr, Fault> decode_multiaddr(ByteView bytes);
/// The same check, for bytes that are held already.
Result<void, Fault> check_multiaddr(ByteView bytes);

/// One step of the path. `value` points into the address, without its length.
struct Component {
  Protocol protocol{};
  ByteView value;
};

/// Reads the components in order.
///   Components components(address);
///   while (const auto component = components.next()) ...
class Components {
 public:
  /// `address` must outlive the components.
  explicit Components(const Multiaddr& address) : Components(address.binary()) {}
  explicit Components(ByteView bytes) : rest_(bytes) {}

  /// The next component, or none at the end and at the first fault.
  std::optional<Component> next();
  /// Why next() stopped before the end; never for a Multiaddr that was decoded or parsed.
  std::optional<Fault> fault() const { return fault_; }
  /// What was not read yet.
  ByteView rest() const { return rest_; }

 private:
  std::optional<Component> stop(Fault fault);

  ByteView rest_;
  std::optional<Fault> fault_;
};

/// Where QUIC can be spoken.
struct QuicAddress {
  bool is_ipv6 = false;
  std::array<std::uint8_t, 16> ip{};  ///< IPv4 stands in the first four bytes
  std::uint16_t port = 0;
  std::uint32_t scope = 0;  ///< interface number of a link-local IPv6 address, else 0
  friend auto operator<=>(const QuicAddress&, const QuicAddress&) = default;
};

/// Matches [/ip6zone/NUMBER]/ip4|ip6/IP/udp/PORT/quic-v1[/p2p/PEER] and nothing else. A zone that
/// is an interface's name is not matched: its number is known only on its own machine.
std::optional<QuicAddress> quic_address(const Multiaddr& address);
Multiaddr quic_multiaddr(const QuicAddress& address);

/// The peer at the end of the path: its last component, if that is /p2p.
std::optional<PeerId> peer_of(const Multiaddr& address);
/// The address without that component.
Multiaddr without_peer(const Multiaddr& address);
/// The address with `peer` at its end, instead of whom it named there.
Multiaddr with_peer(const Multiaddr& address, const PeerId& peer);

/// Does the path go through a relay?
bool is_relayed(const Multiaddr& address);

/// Of the IP address that the path begins with; false when it begins with none. IPv4-mapped IPv6
/// addresses are judged as the IPv4 address inside.
bool is_loopback(const Multiaddr& address);
/// Not reachable from the public internet: loopback, RFC 1918, link-local, RFC 6598 (carrier-grade
/// NAT), RFC 4193 (unique local).
bool is_private(const Multiaddr& address);
/// 0.0.0.0 or ::, which is for listening and never a destination.
bool is_unspecified(const Multiaddr& address);

/// A name that must be resolved before the address can be dialled.
struct DnsName {
  enum class Kind : std::uint8_t {
    any,      ///< /dns: IPv4 and IPv6
    ipv4,     ///< /dns4
    ipv6,     ///< /dns6
    dnsaddr,  ///< /dnsaddr: TXT records of _dnsaddr.NAME, each a whole address
  };

  Kind kind = Kind::any;
  std::string name;
  friend bool operator==(const DnsName&, const DnsName&) = default;
};

/// The name that the path begins with.
std::optional<DnsName> dns_name(const Multiaddr& address);
/// The address with its first component replaced by `ip`: 4 or 16 bytes.
Multiaddr with_ip(const Multiaddr& address, std::span<const std::uint8_t> ip);

}  // namespace mycel::wire
