#include "foundation/wire/multihash.hpp"

#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::wire {
namespace {

bool is_size_of(std::uint64_t code, std::size_t digest_size) {
  if (code == multihash_sha2_256) return digest_size == 32;
  if (code == multihash_sha2_512) return digest_size == 64;
  return digest_size > 0;
}

}  // namespace

Multihash sha256_multihash(ByteView content) {
  return sha256_multihash(crypto::sha256(content));
}

Multihash sha256_multihash(const crypto::Digest& digest) {
  return {multihash_sha2_256, Bytes::copy(digest.view())};
}

Multihash multihash_of(const PeerId& peer) {
  check(!peer.is_none(), "nobody has no multihash");
  // Both parts of the header are single bytes: a PeerId has at most 44.
  return {std::to_integer<std::uint64_t>(peer.view()[0]), Bytes::copy(peer.view().subspan(2))};
}

bool is_sha256_of(const Multihash& hash, ByteView content) {
  return hash.code == multihash_sha2_256 && equal(hash.digest, crypto::sha256(content).view());
}

void append_multihash(std::vector<std::byte>& to, const Multihash& hash) {
  append_varint(to, hash.code);
  append_varint(to, hash.digest.size());
  append(to, hash.digest);
}

Bytes encode(const Multihash& hash) {
  std::vector<std::byte> bytes;
  append_multihash(bytes, hash);
  return Bytes(std::move(bytes));
}

Result<Multihash, Fault> decode_multihash(ByteView bytes) {
  const auto code = decode_varint(bytes);
  if (!code) return Err{code.error()};
  const auto size = decode_varint(bytes.subspan(code->size));
  if (!size) return Err{size.error()};
  if (size->value > multihash_digest_size_max_bytes) return Err{Fault::too_large};
  const ByteView digest = bytes.subspan(code->size + size->size);
  if (digest.size() < size->value) return Err{Fault::truncated};
  if (digest.size() > size->value) return Err{Fault::trailing_bytes};
  if (!is_size_of(code->value, digest.size())) return Err{Fault::malformed};
  return Multihash{code->value, Bytes::copy(digest)};
}

}  // namespace mycel::wire
