#include "foundation/wire/cid.hpp"

#include <utility>
#include <vector>

#include "foundation/wire/multibase.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::wire {
namespace {

constexpr std::uint64_t version_1 = 1;
constexpr std::size_t v0_size_bytes = 34;
constexpr std::size_t v0_text_size_bytes = 46;

bool is_v0(ByteView bytes) {
  return bytes.size() == v0_size_bytes && bytes[0] == std::byte{multihash_sha2_256} &&
         bytes[1] == std::byte{32};
}

Result<Cid, Fault> cid_of(Codec codec, ByteView multihash) {
  auto hash = decode_multihash(multihash);
  if (!hash) return Err{hash.error()};
  return Cid{codec, *std::move(hash)};
}

}  // namespace

Cid raw_cid(ByteView content) {
  return {Codec::raw, sha256_multihash(content)};
}

Bytes encode(const Cid& cid) {
  std::vector<std::byte> bytes;
  append_varint(bytes, version_1);
  append_varint(bytes, static_cast<std::uint64_t>(cid.codec));
  append_multihash(bytes, cid.hash);
  return Bytes(std::move(bytes));
}

Result<Cid, Fault> decode_cid(ByteView bytes) {
  if (is_v0(bytes)) return cid_of(Codec::dag_pb, bytes);
  const auto version = decode_varint(bytes);
  if (!version) return Err{version.error()};
  if (version->value != version_1) return Err{Fault::unknown_kind};
  const auto codec = decode_varint(bytes.subspan(version->size));
  if (!codec) return Err{codec.error()};
  return cid_of(Codec{codec->value}, bytes.subspan(version->size + codec->size));
}

std::string to_text(const Cid& cid) {
  return to_multibase(Base::base32, encode(cid).view());
}

Result<Cid, Fault> parse_cid(std::string_view text) {
  const bool is_v0_text = text.size() == v0_text_size_bytes && text.starts_with("Qm");
  const auto bytes = is_v0_text ? parse_base58(text) : parse_multibase(text);
  if (!bytes) return Err{bytes.error()};
  // A version 0 has no multibase form: the letter would be a second way to spell it.
  if (is_v0(*bytes) != is_v0_text) return Err{Fault::malformed};
  return decode_cid(*bytes);
}

}  // namespace mycel::wire
