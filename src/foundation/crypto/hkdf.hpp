#pragma once
// Keys from keys: HKDF-SHA256 (RFC 5869). Not for passphrases, which need passphrase_key().

#include <array>
#include <cstddef>
#include <span>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

/// RFC 5869 §2.3: the output is at most 255 hashes long.
inline constexpr std::size_t hkdf_output_size_max_bytes = std::size_t{255} * 32;

/// Fills `output` from secret `key` bytes. `salt` may be public or empty; `info` names the use, so
/// that two uses of one key never share an output.
void hkdf_sha256(ByteView key, ByteView salt, ByteView info, std::span<std::byte> output);

/// The same for outputs of fixed size: `hkdf_sha256<32>(key, salt, as_bytes("mycel backup"))`.
template <std::size_t size>
std::array<std::byte, size> hkdf_sha256(ByteView key, ByteView salt, ByteView info) {
  static_assert(size <= hkdf_output_size_max_bytes);
  std::array<std::byte, size> output{};
  hkdf_sha256(key, salt, info, output);
  return output;
}

}  // namespace mycel::crypto
