#pragma once
// Where a peer can be reached: a path of protocols in libp2p's binary form. A value that sorts and
// compares; parsing, text and questions about its parts are in foundation/wire/multiaddr_codec.hpp.
// Source: multiformats, multiaddr specification.

#include <array>
#include <compare>
#include <cstddef>

#include <boost/container/small_vector.hpp>

#include "foundation/base/bytes.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel {

/// QUIC over IPv4 (11 bytes) and over IPv6 (23 bytes) lies inside, for a node knows thousands of
/// them; a longer address has a block of its own.
class Multiaddr {
 public:
  Multiaddr() = default;
  /// Trusts the caller that `binary` is well formed: bytes of a peer go through
  /// wire::decode_multiaddr().
  explicit Multiaddr(ByteView binary) { store(binary); }
  Multiaddr(const Multiaddr& other) : storage_(other.storage_) {
    if (storage_.back() == in_block) store(other.binary());
  }
  Multiaddr(Multiaddr&& other) noexcept : storage_(other.storage_) { other.storage_ = {}; }
  Multiaddr& operator=(const Multiaddr& other) { return *this = Multiaddr(other); }
  Multiaddr& operator=(Multiaddr&& other) noexcept;
  ~Multiaddr() { release(); }

  ByteView binary() const;
  bool empty() const { return storage_.back() == std::byte{0}; }
  friend std::strong_ordering operator<=>(const Multiaddr& a, const Multiaddr& b) {
    return compare(a.binary(), b.binary());
  }
  friend bool operator==(const Multiaddr& a, const Multiaddr& b) {
    return equal(a.binary(), b.binary());
  }

 private:
  static constexpr std::size_t inside_max = 23;
  static constexpr std::byte in_block{0xff};

  void store(ByteView binary);
  void release();
  std::byte* block() const;

  // The last byte says how many bytes lie inside, or that the first eight point to a block, which
  // begins with its length.
  alignas(8) std::array<std::byte, inside_max + 1> storage_{};
};
static_assert(sizeof(Multiaddr) == 24);

/// The addresses of one peer, best first. Nearly every peer has one: it takes no block of its own.
using Addresses = boost::container::small_vector<Multiaddr, 1>;

/// A peer and where it says it can be reached. The addresses are hearsay until a dial succeeds.
struct PeerInfo {
  PeerId id;
  Addresses addresses;
  friend bool operator==(const PeerInfo&, const PeerInfo&) = default;
};

}  // namespace mycel
