#include "foundation/wire/did_key.hpp"

#include <utility>
#include <vector>

#include "foundation/wire/multibase.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::wire {
namespace {

constexpr std::string_view method = "did:key:";
constexpr std::uint64_t ed25519_public_codec = 0xed;

}  // namespace

std::string to_did(const crypto::Ed25519PublicKey& key) {
  std::vector<std::byte> bytes;
  append_varint(bytes, ed25519_public_codec);
  append(bytes, key.view());
  return std::string(method) + to_multibase(Base::base58btc, bytes);
}

Result<crypto::Ed25519PublicKey, Fault> parse_did(std::string_view text) {
  if (!text.starts_with(method)) return Err{Fault::unknown_kind};
  const std::string_view name = text.substr(method.size());
  if (!name.starts_with(static_cast<char>(Base::base58btc))) return Err{Fault::malformed};
  const auto bytes = parse_multibase(name);
  if (!bytes) return Err{bytes.error()};
  const auto codec = decode_varint(*bytes);
  if (!codec) return Err{Fault::malformed};
  if (codec->value != ed25519_public_codec) return Err{Fault::unknown_kind};
  const auto key = crypto::Ed25519PublicKey::from(bytes->view().subspan(codec->size));
  if (!key) return Err{Fault::malformed};
  return *key;
}

}  // namespace mycel::wire
