#include "foundation/wire/key.hpp"

#include <array>
#include <utility>
#include <vector>

#include "foundation/base/check.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/wire/multihash.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::wire {
namespace {

constexpr std::uint32_t type_field = 1;
constexpr std::uint32_t data_field = 2;
constexpr std::size_t secp256k1_size_bytes = 33;

bool is_size_of(KeyType type, std::size_t size) {
  if (type == KeyType::ed25519) return size == crypto::ed25519_key_size_bytes;
  if (type == KeyType::secp256k1) return size == secp256k1_size_bytes;
  return size > 0;
}

}  // namespace

PublicKey to_public_key(const crypto::Ed25519PublicKey& key) {
  return {KeyType::ed25519, Bytes::copy(key.view())};
}

std::optional<crypto::Ed25519PublicKey> ed25519_key(const PublicKey& key) {
  if (key.type != KeyType::ed25519) return std::nullopt;
  return crypto::Ed25519PublicKey::from(key.data);
}

Bytes encode(const PublicKey& key) {
  ProtoWriter writer;
  writer.number(type_field, static_cast<std::uint64_t>(key.type)).bytes(data_field, key.data);
  return writer.take();
}

Result<PublicKey, Fault> decode_public_key(ByteView bytes) {
  if (bytes.size() > public_key_size_max_bytes) return Err{Fault::too_large};
  std::optional<std::uint64_t> type;
  std::optional<ByteView> data;
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->is_number(type_field)) type = field->number;
    if (field->is_bytes(data_field)) data = field->bytes;
  }
  if (!reader.ok()) return Err{Fault::malformed};
  if (!type || !data) return Err{Fault::missing_field};
  if (*type > static_cast<std::uint64_t>(KeyType::ml_dsa)) return Err{Fault::unknown_kind};
  PublicKey key{static_cast<KeyType>(*type), Bytes::copy(*data)};
  if (!is_size_of(key.type, key.data.size())) return Err{Fault::malformed};
  if (!equal(encode(key), bytes)) return Err{Fault::not_canonical};
  return key;
}

PeerId peer_id_of(const PublicKey& key) {
  const Bytes encoded = encode(key);
  const bool is_inlined = encoded.size() <= inlined_key_size_max_bytes;
  const Multihash hash =
      is_inlined ? Multihash{multihash_identity, encoded} : sha256_multihash(encoded);
  const auto peer = PeerId::from_multihash(encode(hash).view());
  check(peer.has_value(), "a key has a peer id");
  return *peer;
}

PeerId peer_id_of(const crypto::Ed25519PublicKey& key) {
  return peer_id_of(to_public_key(key));
}

std::optional<PublicKey> inlined_public_key(const PeerId& peer) {
  const auto key = decode_public_key(peer.inlined_key());
  if (!key) return std::nullopt;
  return *key;
}

std::optional<crypto::Ed25519PublicKey> ed25519_key(const PeerId& peer) {
  const auto key = inlined_public_key(peer);
  return key ? ed25519_key(*key) : std::nullopt;
}

}  // namespace mycel::wire
