#pragma once
// Unreliable, unordered packets between UDP endpoints, in batches. A packet may be lost, repeated,
// delayed or changed.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "foundation/base/bytes.hpp"

namespace mycel::ports {

/// An IP address and a UDP port. IPv4 stands in the first four bytes.
struct Endpoint {
  enum class Family : std::uint8_t { ipv4, ipv6 };

  Family family = Family::ipv4;
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  std::uint32_t scope = 0;  ///< interface of a link-local IPv6 address, else 0

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// One packet, or a train of packets of `segment_size_bytes` each (the last may be shorter).
struct Datagram {
  Endpoint local;  ///< the address it came to or leaves from; an all-zero address: any
  Endpoint remote;
  ByteView payload;
  std::size_t segment_size_bytes = 0;  ///< 0: one packet
  std::uint8_t ecn = 0;                ///< the two ECN bits of the IP header
};

class Datagrams {
 public:
  /// Called with whatever arrived; the payloads live until it returns.
  using Receiver = std::function<void(std::span<const Datagram>)>;

  /// Sends in order; returns how many were taken. The rest has to wait for `on_writable`.
  virtual std::size_t send(std::span<const Datagram> batch) = 0;
  virtual void on_receive(Receiver receiver) = 0;
  virtual void on_writable(std::function<void()> then) = 0;
  /// Where this socket is bound; the address may be the wildcard.
  virtual Endpoint local() const = 0;

 protected:
  ~Datagrams() = default;
};

}  // namespace mycel::ports
