#include "node/keys/key_file.hpp"

#include <variant>

#include "foundation/base/check.hpp"
#include "foundation/crypto/pkcs8.hpp"

namespace mycel::keys {
namespace {

KeyError error_for(crypto::Pkcs8Error problem, const std::filesystem::path& file) {
  switch (problem) {
    case crypto::Pkcs8Error::malformed:
      return key_error(KeyProblem::malformed, file, "it is not a whole PKCS#8 key");
    case crypto::Pkcs8Error::passphrase_missing:
      return key_error(KeyProblem::passphrase_missing, file, "it is encrypted");
    case crypto::Pkcs8Error::wrong_passphrase:
      return key_error(KeyProblem::wrong_passphrase, file);
    case crypto::Pkcs8Error::unsupported_key:
      return key_error(KeyProblem::unsupported_key, file);
    case crypto::Pkcs8Error::too_costly:
      return key_error(KeyProblem::unsupported_key, file,
                       "its key derivation asks for too much work");
  }
  check(false, "every problem of a key file has words");
  return {};
}

crypto::SecretBytes pem_of(const crypto::Ed25519PrivateKey& key, std::optional<ByteView> passphrase,
                           ports::Entropy& entropy) {
  if (!passphrase) return crypto::to_pem(key);
  crypto::Pkcs8Salt salt;
  entropy.fill(salt.salt);
  entropy.fill(salt.iv);
  return crypto::to_encrypted_pem(key, *passphrase, salt);
}

}  // namespace

Result<std::optional<LoadedKey>, KeyError> load_key(const std::filesystem::path& file,
                                                    std::optional<ByteView> passphrase) {
  const auto pem = read_private_file(file, Privacy::owner_only);
  if (!pem) return Err{pem.error()};
  if (!*pem) return std::optional<LoadedKey>{};
  const auto key = crypto::private_key_from_pem(**pem, passphrase);
  if (!key) return Err{error_for(key.error(), file)};
  const auto* const ed25519 = std::get_if<crypto::Ed25519PrivateKey>(&*key);
  if (ed25519 == nullptr)
    return Err{key_error(KeyProblem::unsupported_key, file, "an Ed25519 key belongs here")};
  return std::optional(LoadedKey{*ed25519, crypto::is_encrypted_pem(**pem)});
}

Result<void, KeyError> save_key(const std::filesystem::path& file,
                                const crypto::Ed25519PrivateKey& key,
                                std::optional<ByteView> passphrase, ports::Entropy& entropy,
                                WhenPresent when_present) {
  return write_private_file(file, pem_of(key, passphrase, entropy), when_present);
}

}  // namespace mycel::keys
