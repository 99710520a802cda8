#pragma once
// Where things stand in the key space: 256-bit points and the XOR distance between them. A key's
// point is the SHA-256 of its bytes, a peer's that of its multihash.
// Source: libp2p specs, kad-dht; Kademlia (Maymounkov 2002) §2.1.

#include <array>
#include <compare>
#include <cstdint>

#include "foundation/base/bytes.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::dht {

inline constexpr unsigned key_bits = 256;

/// A point, most significant word first.
struct Key {
  std::array<std::uint64_t, 4> words{};

  /// The point of a key as it stands on the wire.
  static Key of(ByteView key);
  static Key of(const PeerId& peer);

  friend auto operator<=>(const Key&, const Key&) = default;
};

/// How far two points are apart. Compares as the 256-bit number that it is: never by shared prefix
/// alone, which would leave neighbours in random order.
struct Distance {
  std::array<std::uint64_t, 4> words{};

  /// 256 for the distance of a point to itself.
  unsigned leading_zero_bits() const;
  friend auto operator<=>(const Distance&, const Distance&) = default;
};

inline Distance distance(const Key& a, const Key& b) {
  Distance between;
  for (std::size_t i = 0; i < between.words.size(); ++i) between.words[i] = a.words[i] ^ b.words[i];
  return between;
}

/// How many leading bits the two share.
inline unsigned shared_prefix_bits(const Key& a, const Key& b) {
  return distance(a, b).leading_zero_bits();
}

}  // namespace mycel::dht
