#pragma once
// ML-DSA (FIPS 204), the post-quantum signature, in the two strengths that Mycel uses. Keys are
// made from their 32-byte seed, which is also how they are stored (RFC 9881). Thread-safe: keys are
// immutable once made and copies share them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

enum class MlDsaStrength : std::uint8_t {
  ml_dsa_65,  ///< NIST category 3
  ml_dsa_87,  ///< NIST category 5
};

inline constexpr std::size_t ml_dsa_seed_size_bytes = 32;
inline constexpr std::size_t ml_dsa_context_size_max_bytes = 255;

// Source: FIPS 204, table 2.
inline constexpr std::size_t ml_dsa_65_public_key_size_bytes = 1952;
inline constexpr std::size_t ml_dsa_65_signature_size_bytes = 3309;
inline constexpr std::size_t ml_dsa_87_public_key_size_bytes = 2592;
inline constexpr std::size_t ml_dsa_87_signature_size_bytes = 4627;

constexpr std::size_t public_key_size_bytes(MlDsaStrength strength) {
  return strength == MlDsaStrength::ml_dsa_65 ? ml_dsa_65_public_key_size_bytes
                                              : ml_dsa_87_public_key_size_bytes;
}
constexpr std::size_t signature_size_bytes(MlDsaStrength strength) {
  return strength == MlDsaStrength::ml_dsa_65 ? ml_dsa_65_signature_size_bytes
                                              : ml_dsa_87_signature_size_bytes;
}

/// A key to verify with. Making one expands its matrix, so keep it for a signer who is met again.
class MlDsaPublicKey {
 public:
  /// None unless `view` has exactly the bytes of a key of that strength.
  static std::optional<MlDsaPublicKey> from(MlDsaStrength strength, ByteView view);

  MlDsaStrength strength() const;
  ByteView view() const;
  /// False also for a signature or a context of a wrong size.
  bool verify(ByteView message, ByteView signature, ByteView context = {}) const;

 private:
  friend class MlDsaPrivateKey;
  struct State;
  explicit MlDsaPublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// A signing key. Wiped when its last copy is destroyed.
class MlDsaPrivateKey {
 public:
  using Seed = std::array<std::byte, ml_dsa_seed_size_bytes>;
  /// Fresh bytes of the `Entropy` port for every signature ("hedged"): they keep the key safe from
  /// fault and side-channel attacks. All zero is the deterministic variant, which is as valid.
  using Hedge = std::array<std::byte, 32>;

  /// The seed is xi of FIPS 204: 32 bytes of the `Entropy` port.
  MlDsaPrivateKey(MlDsaStrength strength, const Seed& seed);

  MlDsaStrength strength() const { return public_.strength(); }
  const MlDsaPublicKey& public_key() const { return public_; }
  /// Secret: for the keystore only. Wipe it after use.
  Seed seed() const;
  /// `context` separates uses of one key, at most 255 bytes; the verifier must name the same.
  Bytes sign(ByteView message, const Hedge& hedge, ByteView context = {}) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
  MlDsaPublicKey public_;
};

}  // namespace mycel::crypto
