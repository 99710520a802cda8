#pragma once
// A digest that says by which function it was made.
// Source: multiformats, multihash: varint code, varint size, digest.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// Codes of the multicodec table that we make or recognise. Others are kept as they came.
inline constexpr std::uint64_t multihash_identity = 0x00;
inline constexpr std::uint64_t multihash_sha2_256 = 0x12;
inline constexpr std::uint64_t multihash_sha2_512 = 0x13;

/// Twice the longest digest in use; what is longer is content in disguise.
inline constexpr std::size_t multihash_digest_size_max_bytes = 128;

struct Multihash {
  std::uint64_t code = multihash_identity;
  Bytes digest;
  friend auto operator<=>(const Multihash&, const Multihash&) = default;
};

/// SHA-256 of `content`.
Multihash sha256_multihash(ByteView content);
/// The same of a digest that is known already.
Multihash sha256_multihash(const crypto::Digest& digest);
/// A peer id is a multihash; this is its parts.
Multihash multihash_of(const PeerId& peer);

/// Is this the SHA-256 of `content`? False for every other function.
bool is_sha256_of(const Multihash& hash, ByteView content);

void append_multihash(std::vector<std::byte>& to, const Multihash& hash);
Bytes encode(const Multihash& hash);
/// Faults: truncated, trailing_bytes, too_large, not_canonical, malformed (no digest, or one of the
/// wrong size for a function that we know).
Result<Multihash, Fault> decode_multihash(ByteView bytes);

}  // namespace mycel::wire
