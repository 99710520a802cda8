#pragma once
// Ed25519 as RFC 8032 defines it, by libsodium: the only verifier of signed data outside TLS, since
// implementations differ in edge cases. Rejects small-order keys and non-canonical encodings.

#include <array>
#include <compare>
#include <cstddef>
#include <optional>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

inline constexpr std::size_t ed25519_key_size_bytes = 32;
inline constexpr std::size_t ed25519_signature_size_bytes = 64;

struct Ed25519PublicKey {
  std::array<std::byte, ed25519_key_size_bytes> bytes{};

  /// None unless `view` has 32 bytes.
  static std::optional<Ed25519PublicKey> from(ByteView view);
  ByteView view() const { return bytes; }
  friend auto operator<=>(const Ed25519PublicKey&, const Ed25519PublicKey&) = default;
};

struct Ed25519Signature {
  std::array<std::byte, ed25519_signature_size_bytes> bytes{};
  ByteView view() const { return bytes; }
};

/// A signing key. Wiped when it is destroyed.
class Ed25519PrivateKey {
 public:
  using Seed = std::array<std::byte, ed25519_key_size_bytes>;

  /// The seed is the private key of RFC 8032: 32 bytes of the `Entropy` port.
  explicit Ed25519PrivateKey(const Seed& seed);
  ~Ed25519PrivateKey();
  Ed25519PrivateKey(const Ed25519PrivateKey&) = default;
  Ed25519PrivateKey& operator=(const Ed25519PrivateKey&) = default;

  const Ed25519PublicKey& public_key() const { return public_; }
  /// Secret: for the keystore only.
  Seed seed() const;
  Ed25519Signature sign(ByteView message) const;

 private:
  std::array<std::byte, 64> secret_{};
  Ed25519PublicKey public_;
};

/// False also for a signature that is not 64 bytes long.
bool verify(const Ed25519PublicKey& key, ByteView message, ByteView signature);

}  // namespace mycel::crypto
