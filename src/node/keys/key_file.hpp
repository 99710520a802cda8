#pragma once
// One Ed25519 key in one PKCS#8 file.

#include <filesystem>
#include <optional>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"

#include "node/keys/key_error.hpp"
#include "node/keys/private_files.hpp"
#include "runtime/ports/entropy.hpp"

namespace mycel::keys {

struct LoadedKey {
  crypto::Ed25519PrivateKey key;
  bool is_encrypted = false;
};

/// The key, or none when there is no such file. A plain file opens with or without a passphrase.
Result<std::optional<LoadedKey>, KeyError> load_key(const std::filesystem::path& file,
                                                    std::optional<ByteView> passphrase);

/// Encrypted when there is a passphrase.
Result<void, KeyError> save_key(const std::filesystem::path& file,
                                const crypto::Ed25519PrivateKey& key,
                                std::optional<ByteView> passphrase, ports::Entropy& entropy,
                                WhenPresent when_present);

}  // namespace mycel::keys
