#pragma once
// Signatures by the identity key of any libp2p peer. Mycel's own nodes have Ed25519 keys; peers of
// other implementations may have any of these.

#include <cstddef>
#include <cstdint>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

/// The kinds of identity keys, by their numbers in libp2p's `KeyType`, so that a cast from the
/// number on the wire is enough; a number that is not here verifies nothing.
/// Source: libp2p specs, peer-ids/peer-ids.md.
enum class PeerKeyKind : std::uint8_t { rsa = 0, ed25519 = 1, secp256k1 = 2, ecdsa = 3 };

// What go-libp2p accepts, so that nobody can make us verify slowly.
inline constexpr int peer_rsa_size_min_bits = 2048;
inline constexpr int peer_rsa_size_max_bits = 8192;
/// An RSA key of 8192 bits takes 1062 bytes, its signature 1024.
inline constexpr std::size_t peer_key_size_max_bytes = 2048;

/// Whether `signature` over `message` was made by `key`, in the form that its kind has on the wire:
///   rsa        DER SubjectPublicKeyInfo, 2048 to 8192 bits; PKCS#1 v1.5 with SHA-256
///   ed25519    32 bytes; 64 bytes
///   secp256k1  33 bytes, compressed; ECDSA in DER over SHA-256
///   ecdsa      DER SubjectPublicKeyInfo of a named curve P-256, P-384 or P-521; as above
/// False also for keys and signatures that are not well formed.
bool verify_peer_signature(PeerKeyKind kind, ByteView key, ByteView message, ByteView signature);

}  // namespace mycel::crypto
