#pragma once
// Who a peer is: the multihash of its public key, as libp2p defines it. A value of fixed size, so
// that tables of peers allocate nothing. Its text forms and how it is made from a key are in
// foundation/wire/peer_id_text.hpp and foundation/wire/key.hpp.
// Source: libp2p specs, peer-ids/peer-ids.md.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
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

  friend std::strong_ordering operator<=>(const PeerId& a, const PeerId& b) {
    return compare(a.view(), b.view());
  }
  friend bool operator==(const PeerId& a, const PeerId& b) { return equal(a.view(), b.view()); }

 private:
  std::array<std::byte, size_max_bytes> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace mycel
