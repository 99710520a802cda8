#pragma once
// Who a peer is: the multihash of its public key, as libp2p defines it. A value of fixed size, so
// that tables of peers allocate nothing. Its text forms and how it is made from a key are in
// foundation/wire/peer_id_text.hpp and foundation/wire/key.hpp.
// Source: libp2p specs, peer-ids/peer-ids.md.

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "foundation/base/bytes.hpp"

namespace mycel {

class PeerId {
 public:
  /// Identity multihash of the longest key that is inlined: 2 + 42 bytes.
  static constexpr std::size_t size_max_bytes = 44;

  /// No peer at all. Never on the wire.
  PeerId() = default;

  /// A peer id from its multihash: identity of 1 to 42 bytes, or SHA-256. Anything else is none.
  static std::optional<PeerId> from_multihash(ByteView multihash);

  ByteView view() const { return {bytes_.data(), size_}; }
  bool is_none() const { return size_ == 0; }
  /// The inlined public key protobuf of an identity multihash; empty for a hashed one.
  ByteView inlined_key() const;

  // Bytes behind the last one are zero, so whole words compare as the bytes do; lengths tell apart
  // what differs by zeros at the end only.
  friend std::strong_ordering operator<=>(const PeerId& a, const PeerId& b) {
    for (std::size_t at = 0; at < words; ++at)
      if (const auto order = a.word(at) <=> b.word(at); order != 0) return order;
    return a.size_ <=> b.size_;
  }
  friend bool operator==(const PeerId& a, const PeerId& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), size_max_bytes) == 0 && a.size_ == b.size_;
  }

 private:
  static constexpr std::size_t words = size_max_bytes / sizeof(std::uint32_t);

  std::uint32_t word(std::size_t index) const {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes_.data() + index * sizeof word, sizeof word);
    return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
  }

  std::array<std::byte, size_max_bytes> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace mycel
