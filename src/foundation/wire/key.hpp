#pragma once
// Public keys as libp2p peers exchange them, and the peer ids that are made of them.
// Source: libp2p specs, peer-ids/peer-ids.md; its draft for ML-DSA keys (type 4).

#include <cstddef>
#include <cstdint>
#include <optional>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// The numbers are those of the wire.
enum class KeyType : std::uint8_t { rsa = 0, ed25519 = 1, secp256k1 = 2, ecdsa = 3, ml_dsa = 4 };

/// Longest encoded key: the largest we know, ML-DSA-87, has 2592 bytes.
inline constexpr std::size_t public_key_size_max_bytes = 4096;
/// Keys of at most this size, encoded, stand in the peer id itself.
inline constexpr std::size_t inlined_key_size_max_bytes = 42;

/// A public key that nobody vouches for. `data` is what its type says: 32 bytes for Ed25519, a
/// compressed point for secp256k1, DER (PKIX) for RSA and ECDSA, for ML-DSA a byte for the
/// parameter set and the key.
struct PublicKey {
  KeyType type = KeyType::ed25519;
  Bytes data;
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;
};

PublicKey to_public_key(const crypto::Ed25519PublicKey& key);
/// None for a key of another type.
std::optional<crypto::Ed25519PublicKey> ed25519_key(const PublicKey& key);

/// The canonical protobuf: type, then data.
Bytes encode(const PublicKey& key);
/// Only the canonical form is read, because a peer id is its hash. Faults: too_large, malformed,
/// missing_field, unknown_kind (a type we do not know), not_canonical.
Result<PublicKey, Fault> decode_public_key(ByteView bytes);

/// The encoded key itself if it is short enough, else its SHA-256.
PeerId peer_id_of(const PublicKey& key);
PeerId peer_id_of(const crypto::Ed25519PublicKey& key);

/// The key that stands in the id. None for a hashed id, and for bytes that are no key.
std::optional<PublicKey> inlined_public_key(const PeerId& peer);
/// The same for Ed25519 keys only: what most peers have.
std::optional<crypto::Ed25519PublicKey> ed25519_key(const PeerId& peer);

}  // namespace mycel::wire
