#pragma once
// What is signed: bodies of fixed length, each behind the tag of its kind. Nodes stand in them as
// their Ed25519 peer keys, 32 bytes, since only such nodes take part.
//
//   attestation (817 bytes): tag, request digest, signer, key, time, what was seen of the source
//     and of the target (20 each), count and 20 places of the nearest nodes to the key
//   rejection (105 bytes): tag, request digest, signer, time, reason
//   key bundle (2032 bytes): tag, peer, from, until, ML-DSA-65 key; signed with the Ed25519 peer
//   key

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/crypto/ml_dsa.hpp"
#include "foundation/wire/fault.hpp"

#include "protocol/dht/witness/draw.hpp"
#include "protocol/dht/witness/fixed_bytes.hpp"
#include "protocol/dht/witness/refusal.hpp"
#include "protocol/dht/witness/verified.hpp"

namespace mycel::dht::witness {

using PeerKey = crypto::Ed25519PublicKey;

/// k of the DHT: a longer list would name nodes that do not hold the key.
inline constexpr std::size_t neighbours_max = 20;
inline constexpr std::size_t observation_size_bytes = 20;
inline constexpr std::size_t attestation_size_bytes =
    tag_size_bytes + 3 * 32 + 8 + 2 * observation_size_bytes + 1 + neighbours_max * 32;
inline constexpr std::size_t rejection_size_bytes = tag_size_bytes + 2 * 32 + 8 + 1;
inline constexpr std::size_t key_bundle_size_bytes =
    tag_size_bytes + 32 + 2 * 8 + crypto::ml_dsa_65_public_key_size_bytes;

/// An IP address and a port, as packets carry them.
struct Endpoint {
  bool is_ipv6 = false;
  std::array<std::byte, 16> ip{};  ///< IPv4 stands in the first four bytes
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// A round trip up to a power of two: 0 is none measured, 1 below a millisecond, b below 2^(b-1)
/// ms.
using RoundTrip = Strong<struct RoundTripTag, std::uint8_t>;
/// Everything above 8 s: nobody waits so long.
inline constexpr RoundTrip round_trip_longest{15};
RoundTrip round_trip_of(std::optional<Duration> measured);

/// What a witness saw of a node by its own connection. Without one there is nothing to see.
struct Observation {
  std::optional<Endpoint> endpoint;
  RoundTrip round_trip;
  friend bool operator==(const Observation&, const Observation&) = default;
};

/// Facts that only the signer knows. Distances are not among them: anybody can compute those.
struct Attestation {
  crypto::Digest request;
  PeerKey signer;
  Point key;
  UnixTime time{};
  Observation source;
  Observation target;
  /// The nearest nodes to `key` in the signer's table, frozen for the slot of `time`; nearest
  /// first.
  std::vector<Point> neighbours;

  Slot slot() const { return slot_of(time); }
};

/// A witness says that it does not attest, and why.
struct Rejection {
  crypto::Digest request;
  PeerKey signer;
  UnixTime time{};
  Refusal reason = Refusal::malformed;
};

/// Binds an attestation key to a peer. Whoever names a foreign key here gains nothing: each
/// attestation names its signer itself.
struct KeyBundle {
  PeerKey peer;
  UnixTime from{};
  UnixTime until{};
  Bytes attestation_key;  ///< ML-DSA-65
};

Bytes encode(const Attestation& attestation);
Bytes encode(const Rejection& rejection);
Bytes encode(const KeyBundle& bundle);

// Faults: truncated, trailing_bytes, not_canonical, malformed, unknown_kind, too_large.
Result<Attestation, wire::Fault> decode_attestation(ByteView body);
Result<Rejection, wire::Fault> decode_rejection(ByteView body);
Result<KeyBundle, wire::Fault> decode_key_bundle(ByteView body);

using SignedAttestation = Unverified<Attestation>;
using SignedRejection = Unverified<Rejection>;
using SignedKeyBundle = Unverified<KeyBundle>;

/// What this node shows of its attestation key.
SignedKeyBundle sign_key_bundle(const KeyBundle& bundle, const crypto::Ed25519PrivateKey& peer_key);

}  // namespace mycel::dht::witness
