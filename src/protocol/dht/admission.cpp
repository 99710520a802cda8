#include "protocol/dht/admission.hpp"

#include <bit>
#include <cstddef>

#include "foundation/crypto/hash.hpp"

namespace mycel::dht {

unsigned id_cost(const PeerId& peer) {
  const crypto::Digest point = crypto::sha256(peer.view());
  unsigned bits = 0;
  for (const std::byte byte : crypto::sha256(point.view()).bytes) {
    const auto zeros = static_cast<unsigned>(std::countl_zero(std::to_integer<std::uint8_t>(byte)));
    bits += zeros;
    if (zeros < 8) break;
  }
  return bits;
}

}  // namespace mycel::dht
