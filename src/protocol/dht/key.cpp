#include "protocol/dht/key.hpp"

#include <bit>

#include "foundation/crypto/hash.hpp"

namespace mycel::dht {

Key Key::of(ByteView key) {
  const crypto::Digest digest = crypto::sha256(key);
  Key point;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i)
    point.words[i / 8] =
        (point.words[i / 8] << 8) | std::to_integer<std::uint64_t>(digest.bytes[i]);
  return point;
}

Key Key::of(const PeerId& peer) {
  return of(peer.view());
}

unsigned Distance::leading_zero_bits() const {
  unsigned bits = 0;
  for (const std::uint64_t word : words) {
    const auto zeros = static_cast<unsigned>(std::countl_zero(word));
    bits += zeros;
    if (zeros < 64) break;
  }
  return bits;
}

}  // namespace mycel::dht
