#pragma once
// AES-256-GCM (NIST SP 800-38D): keeps bytes secret and notices every change. A nonce must never
// come twice with one key: with random nonces a key seals at most 2^32 messages.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

inline constexpr std::size_t aead_key_size_bytes = 32;
inline constexpr std::size_t aead_nonce_size_bytes = 12;
inline constexpr std::size_t aead_tag_size_bytes = 16;

using AeadKey = std::array<std::byte, aead_key_size_bytes>;
using AeadNonce = std::array<std::byte, aead_nonce_size_bytes>;

/// The cipher text, as long as `plain`, then the tag. `associated` is not secret and not in the
/// result, but opening needs the same. Each is less than 2 GiB.
std::vector<std::byte> seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                            ByteView plain);

/// The plain text, or none when key, nonce, associated bytes or cipher text are not those of
/// seal().
std::optional<std::vector<std::byte>> open(const AeadKey& key, const AeadNonce& nonce,
                                           ByteView associated, ByteView sealed);

/// The same into memory of the caller's, who can wipe it: `plain` is a tag shorter than `sealed`.
/// When it returns false, `plain` is all zero.
bool open_into(const AeadKey& key, const AeadNonce& nonce, ByteView associated, ByteView sealed,
               std::span<std::byte> plain);

}  // namespace mycel::crypto
