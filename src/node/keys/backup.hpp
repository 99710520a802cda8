#pragma once
// All keys of a node in one encrypted file, for the safe or another machine. Only its passphrase
// opens it: scrypt, then AES-256-GCM.

#include <cstddef>
#include <filesystem>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"

#include "node/keys/key_error.hpp"
#include "node/keys/keystore.hpp"
#include "node/keys/secret.hpp"
#include "runtime/ports/entropy.hpp"

namespace mycel::keys {

// The file, version 1, numbers with the most significant byte first:
//   8   "MYCELKEY"
//   1   version
//   16  salt of scrypt (crypto::backup_cost)
//   12  nonce of AES-256-GCM
//   4   size of what follows, without the checksum
//   n   AES-256-GCM over the keys, with all of the above as associated data:
//         2 number of keys, then each: 1 size of its name, the name (none: the peer key), 32 seed
//   32  SHA-256 of all before: tells a damaged file from a wrong passphrase

/// Writes a new file, mode 0600; refuses to replace one. `passphrase` is not empty.
Result<void, KeyError> backup(const Keystore& keystore, const std::filesystem::path& file,
                              ByteView passphrase);

struct Restored {
  crypto::Ed25519PublicKey peer;
  std::size_t agents = 0;
};

/// Puts the keys of a backup into `directory`, encrypted if `secret` gives a passphrase. A
/// directory that is new or empty appears whole or not at all. One that holds the same peer key
/// gets the agent keys it lacks; nothing is changed when it holds another peer key, or another key
/// for an agent.
Result<Restored, KeyError> restore(const std::filesystem::path& file, ByteView passphrase,
                                   const std::filesystem::path& directory, Secret secret,
                                   ports::Entropy& entropy);

}  // namespace mycel::keys
