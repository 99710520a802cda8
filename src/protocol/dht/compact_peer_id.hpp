#pragma once
// A peer id in 33 bytes instead of 45: which form it has, and the 32 bytes that differ from peer to
// peer. Tables hold hundreds of these.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "foundation/model/peer_id.hpp"

namespace mycel::dht {

class CompactPeerId {
 public:
  /// None for an id that no key has: keys of Ed25519 and secp256k1 stand in their ids, those of all
  /// longer kinds are hashed.
  static std::optional<CompactPeerId> of(const PeerId& peer);

  PeerId whole() const;

  friend bool operator==(const CompactPeerId& a, const CompactPeerId& b) {
    return std::memcmp(a.tail_.data(), b.tail_.data(), tail_size) == 0 && a.form_ == b.form_;
  }

 private:
  static constexpr std::size_t tail_size = 32;
  enum class Form : std::uint8_t { hashed, ed25519, secp256k1_even, secp256k1_odd };

  static ByteView head_of(Form form);

  std::array<std::byte, tail_size> tail_{};
  Form form_ = Form::hashed;
};
static_assert(sizeof(CompactPeerId) == 33 && alignof(CompactPeerId) == 1);

}  // namespace mycel::dht
