#pragma once
// The messages of /mycel/witness/1, in the order in which an operation sees them:
//
//   opening    source -> target    what is to be done, and the commitment to the source's nonce
//   challenge  target -> source    the target's nonce, signed together with all that
//   request    source -> witness   both nonces: whoever reads it knows who was drawn
//   response   witness -> source   an attestation or a rejection, signed
//   proof      source -> target    a quorum of attestations
//   verdict    target -> source    accepted, or why not; also the answer to a bad opening
//
// A byte for the kind stands first. Everything has a fixed length, but for how many attestations a
// proof holds, and whether key bundles stand beside them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"

#include "protocol/dht/witness/draw.hpp"
#include "protocol/dht/witness/refusal.hpp"
#include "protocol/dht/witness/statement.hpp"

namespace mycel::dht::witness {

inline constexpr std::string_view witness_protocol = "/mycel/witness/1";
/// Seven attestations with their bundles take 44 KB.
inline constexpr std::size_t message_size_max_bytes = 65'536;
inline constexpr std::size_t attestations_max = 8;

enum class OperationKind : std::uint8_t { store = 1, retrieve, verify, remove, batch };

struct OperationId {
  std::array<std::byte, 16> bytes{};
  friend auto operator<=>(const OperationId&, const OperationId&) = default;
};

/// What the source wants to do at the target.
struct Operation {
  OperationId id;
  OperationKind kind = OperationKind::store;
  PeerKey source;
  PeerKey target;
  Point key;
  std::optional<crypto::Digest> data;  ///< what is stored or was retrieved, if the kind has any
  UnixTime time{};                     ///< its slot is the slot of the draw
  crypto::Digest commitment;           ///< commitment_to() the source's nonce

  friend bool operator==(const Operation&, const Operation&) = default;
};
inline constexpr std::size_t operation_size_bytes = 16 + 1 + 3 * 32 + 33 + 8 + 32;

/// Hides the nonce until the request tells it, and binds the source to it.
crypto::Digest commitment_to(const OperationId& id, const PeerKey& source, const Nonce& nonce);

struct Opening {
  Operation operation;
  friend bool operator==(const Opening&, const Opening&) = default;
};

struct Challenge {
  Nonce nonce;
  crypto::Ed25519Signature signature;  ///< by the target over challenge_bytes()
  friend bool operator==(const Challenge& a, const Challenge& b) {
    return a.nonce == b.nonce && a.signature.bytes == b.signature.bytes;
  }
};
Bytes challenge_bytes(const Operation& operation, const Nonce& target_nonce);

/// All that settles who may witness, and that it was settled fairly.
struct Draw {
  Operation operation;
  Challenge challenge;
  Nonce source_nonce;

  /// Names the draw in everything that is signed about it.
  crypto::Digest digest() const;
  /// Its SHA-256 is the drawn point, so that a DHT lookup of this key ends among the eligible.
  crypto::Digest drawn_key() const;
  Point drawn_point() const;
  friend bool operator==(const Draw&, const Draw&) = default;
};

struct Request {
  Draw draw;
  bool wants_key = false;  ///< the source does not know the witness's key bundle
  friend bool operator==(const Request&, const Request&) = default;
};

struct Response {
  std::variant<SignedAttestation, SignedRejection> word;
  std::optional<SignedKeyBundle> key;
  friend bool operator==(const Response&, const Response&) = default;
};

struct ProofPart {
  SignedAttestation attestation;
  std::optional<SignedKeyBundle> key;
  friend bool operator==(const ProofPart&, const ProofPart&) = default;
};
struct Proof {
  Draw draw;
  std::vector<ProofPart> parts;
  friend bool operator==(const Proof&, const Proof&) = default;
};

struct Verdict {
  std::optional<Refusal> refusal;  ///< none: accepted
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

using Message = std::variant<Opening, Challenge, Request, Response, Proof, Verdict>;

Bytes encode(const Message& message);
/// Checks the form and nothing else. Faults: truncated, trailing_bytes, not_canonical, malformed,
/// unknown_kind, too_large.
Result<Message, wire::Fault> decode(ByteView bytes);

}  // namespace mycel::dht::witness
