#pragma once
// The addresses of one peer in sixteen bytes: a single IPv4 address lies inside, more of them in
// one block beside it. Tables hold hundreds of these.

#include <array>
#include <cstddef>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/model/multiaddr.hpp"

namespace mycel::dht {

/// A short list of addresses that is replaced as a whole.
class CompactAddresses {
 public:
  /// Kept of each peer; the first ones win. A peer lists its best addresses first.
  static constexpr std::size_t count_max = 4;
  /// Longer addresses are left out: QUIC over IPv6 with a peer id takes 63 bytes.
  static constexpr std::size_t address_size_max_bytes = 255;

  CompactAddresses() = default;
  explicit CompactAddresses(const Addresses& addresses);
  CompactAddresses(const CompactAddresses& other);
  CompactAddresses(CompactAddresses&& other) noexcept;
  CompactAddresses& operator=(CompactAddresses other) noexcept;
  ~CompactAddresses();

  bool empty() const { return blob().empty(); }
  Addresses list() const;

 private:
  ByteView blob() const;
  void store(ByteView blob);
  std::byte* block() const;

  // The last byte says how many bytes lie inside, or that the first eight point to a block.
  alignas(8) std::array<std::byte, 16> storage_{};
};
static_assert(sizeof(CompactAddresses) == 16);

}  // namespace mycel::dht
