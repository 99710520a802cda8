#pragma once
// A key from words that a person can remember: scrypt (RFC 7914), slow and memory-hungry on
// purpose.

#include <array>
#include <cstddef>
#include <cstdint>

#include "foundation/base/bytes.hpp"
#include "foundation/crypto/aead.hpp"

namespace mycel::crypto {

/// Takes about 128 * block_size * cost bytes and time in proportion to cost * block_size * lanes.
struct ScryptCost {
  std::uint64_t cost;        ///< N: a power of two
  std::uint64_t block_size;  ///< r
  std::uint64_t lanes;       ///< p
};

/// 16 MiB; the most that OpenSSL reads back from a key file without being told to take more memory.
/// Source: OWASP Password Storage Cheat Sheet, one of its equivalent settings of scrypt.
inline constexpr ScryptCost key_file_cost = {1 << 14, 8, 5};
/// 64 MiB, for what leaves the machine. Source: as above.
inline constexpr ScryptCost backup_cost = {1 << 16, 8, 2};

using PassphraseSalt = std::array<std::byte, 16>;

/// The caller wipes the key after use.
AeadKey passphrase_key(ByteView passphrase, const PassphraseSalt& salt, ScryptCost cost);

}  // namespace mycel::crypto
