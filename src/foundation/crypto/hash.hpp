#pragma once
// SHA-256, in one call and in parts.

#include <array>
#include <compare>
#include <cstddef>
#include <memory>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

/// 32 bytes of SHA-256.
struct Digest {
  std::array<std::byte, 32> bytes{};

  ByteView view() const { return bytes; }
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

Digest sha256(ByteView bytes);

/// SHA-256 of bytes that come in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(ByteView bytes);
  /// The digest of everything so far. Call once; the object is spent.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mycel::crypto
