#pragma once
// Where the passphrase of the keystore comes from. Never the command line or the environment, where
// every user of the machine could read it.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "foundation/base/result.hpp"
#include "foundation/crypto/secret_bytes.hpp"

#include "node/keys/key_error.hpp"

namespace mycel::keys {

inline constexpr std::size_t passphrase_size_max_bytes =
    1024;  ///< longer is another file by mistake

/// No passphrase: keys are kept in plain files.
struct NoSecret {};

/// The whole file but its last line break. It may be readable by others, as secrets mounted into
/// containers are: without the key files, which may not, it opens nothing.
struct PassphraseFile {
  std::filesystem::path file;
};

/// The file `name` in $CREDENTIALS_DIRECTORY, where systemd puts what LoadCredential= and
/// LoadCredentialEncrypted= name. Source: systemd.exec(5), "Credentials".
struct SystemdCredential {
  std::string name;
};

/// A passphrase that somebody typed.
struct TypedPassphrase {
  crypto::SecretBytes text;
};

using Secret = std::variant<NoSecret, PassphraseFile, SystemdCredential, TypedPassphrase>;

/// The passphrase, or none for NoSecret. An empty one is an error: it would protect nothing.
Result<std::optional<crypto::SecretBytes>, KeyError> resolve(Secret secret);

}  // namespace mycel::keys
