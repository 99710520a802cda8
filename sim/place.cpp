#include "sim/place.hpp"

#include <array>

#include "foundation/base/check.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint32_t first_block = 20;

// /ip4 (0x04), 4 bytes; /udp (0x0111 as a varint), 2 bytes; /quic-v1 (0x01cc as a varint).
using Binary = std::array<std::uint8_t, 11>;
constexpr Binary shape{0x04, 0, 0, 0, 0, 0x91, 0x02, 0, 0, 0xcd, 0x03};

std::uint32_t at(ByteView bytes, std::size_t index) {
  return std::to_integer<std::uint32_t>(bytes[index]);
}

}  // namespace

Multiaddr to_multiaddr(Place place) {
  check(place.number <= Place::number_max, "24 bits of an address number every node");
  Binary binary = shape;
  binary[1] =
      static_cast<std::uint8_t>(first_block + 2U * place.moves + (place.is_mapped ? 1U : 0U));
  binary[2] = static_cast<std::uint8_t>(place.number);
  binary[3] = static_cast<std::uint8_t>(place.number >> 8);
  binary[4] = static_cast<std::uint8_t>(place.number >> 16);
  binary[7] = static_cast<std::uint8_t>(place.port >> 8);
  binary[8] = static_cast<std::uint8_t>(place.port);
  return Multiaddr(std::as_bytes(std::span(binary)));
}

std::optional<Place> to_place(const Multiaddr& address) {
  const ByteView binary = address.binary();
  if (binary.size() != shape.size()) return std::nullopt;
  for (const std::size_t fixed : {0UL, 5UL, 6UL, 9UL, 10UL})
    if (at(binary, fixed) != shape[fixed]) return std::nullopt;
  const std::uint32_t block = at(binary, 1) - first_block;
  if (block >= 2U * Place::moves_max) return std::nullopt;
  return Place{.number = at(binary, 2) | at(binary, 3) << 8 | at(binary, 4) << 16,
               .moves = static_cast<std::uint8_t>(block / 2),
               .is_mapped = block % 2 == 1,
               .port = static_cast<std::uint16_t>(at(binary, 7) << 8 | at(binary, 8))};
}

}  // namespace mycel::sim
