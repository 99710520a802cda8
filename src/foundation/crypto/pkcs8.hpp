#pragma once
// Private keys as every other tool keeps them: PKCS#8 in PEM, plain or under a passphrase (PBES2,
// RFC 8018). What is written here `openssl pkey` reads, and the other way round. An ML-DSA key is
// written as its seed alone, as RFC 9881 recommends.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/ml_dsa.hpp"
#include "foundation/crypto/passphrase_key.hpp"
#include "foundation/crypto/secret_bytes.hpp"

namespace mycel::crypto {

using PrivateKey = std::variant<Ed25519PrivateKey, MlDsaPrivateKey>;

/// The largest key, ML-DSA-87 with its expanded form, takes 7 KiB of PEM.
inline constexpr std::size_t pem_size_max_bytes = std::size_t{32} * 1024;

enum class Pkcs8Error : std::uint8_t {
  malformed,           ///< no whole PKCS#8 PEM: cut short, damaged, or something else altogether
  passphrase_missing,  ///< encrypted, and no passphrase was given
  wrong_passphrase,    ///< or the encrypted part is damaged: the two look the same
  unsupported_key,     ///< no Ed25519, ML-DSA-65 or ML-DSA-87 with its seed, or not PBES2
  too_costly,          ///< deriving the key would take more than DerivationLimits
};

/// How much work a file may ask for: it is unsigned, and may come from somebody else.
struct DerivationLimits {
  std::uint64_t pbkdf2_iterations_max = 10'000'000;
  std::uint64_t scrypt_work_max = 1 << 24;  ///< N * r * p: 25 times that of key_file_cost
};

/// Fresh bytes of the `Entropy` port for every file.
struct Pkcs8Salt {
  PassphraseSalt salt{};
  std::array<std::byte, 16> iv{};
};

/// Label "PRIVATE KEY".
SecretBytes to_pem(const PrivateKey& key);
/// Label "ENCRYPTED PRIVATE KEY": scrypt with `key_file_cost`, AES-256-CBC.
SecretBytes to_encrypted_pem(const PrivateKey& key, ByteView passphrase, const Pkcs8Salt& salt);

/// Reads either form; a plain file needs no passphrase and ignores one.
Result<PrivateKey, Pkcs8Error> private_key_from_pem(ByteView pem,
                                                    std::optional<ByteView> passphrase,
                                                    const DerivationLimits& limits = {});

/// Whether these bytes claim to be an encrypted key; they may still be malformed.
bool is_encrypted_pem(ByteView pem);

}  // namespace mycel::crypto
