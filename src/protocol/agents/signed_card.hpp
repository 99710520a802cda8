#pragma once
// What is shipped of a card: a statement of its DID, signed, chained to the statement before it,
// and checked as the bytes that were signed. A statement either carries a card or revokes it.
//
//   envelope (libp2p signed envelope, domain "mycel-agent-card", payload type "/mycel/card")
//     payload (protobuf)
//       1  version of this form: 1          2  the DID that speaks: did:key of an Ed25519 key
//       3  sequence, from 1                 4  SHA-256 of the previous statement's payload
//       5  clock: repeated {1 writer's peer id, 2 count}, by writer
//       6  issued, 7 expires: Unix time in ms
//       8  SHA-256 of the document          9  the document: canonical JSON of the card
//       10 revoked: 1 when the card is taken back; then 8 and 9 are absent
//
// In the DHT a statement is the value under card_key(did). The bytes of a peer become a
// `ProvenStatement` (somebody's word, whatever the time), and that becomes a `VerifiedCard` (good
// now). Nothing else reaches a reader.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/wire/cid.hpp"

#include "protocol/agents/card.hpp"
#include "protocol/agents/clock.hpp"

namespace mycel::agents {

inline constexpr std::string_view card_domain = "mycel-agent-card";
inline constexpr std::string_view card_payload_type = "/mycel/card";
inline constexpr std::string_view card_namespace = "/mycel-card/";

/// The document, and room for key, clock, hashes and signature.
inline constexpr std::size_t envelope_size_max_bytes = document_size_max_bytes + 4096;
/// How far a signer's clock may run ahead of ours.
inline constexpr Duration clock_skew_max = 5min;
inline constexpr std::uint64_t card_sequence_max = std::uint64_t{1} << 48;

/// Why a card was refused. The words are metric labels.
enum class Refusal : std::uint8_t {
  malformed,              ///< not of the form above, or the document is no card
  wrong_did,              ///< signed by, or speaking for, another DID
  bad_signature,          ///< the signature does not match key and content
  content_hash_mismatch,  ///< the document is not the one that was hashed
  expired,                ///< its time is over
  not_yet_valid,          ///< issued further in the future than clocks may differ
  revoked,                ///< its DID took it back
  broken_chain,           ///< does not continue the statement that we know
  older_than_known,       ///< a newer statement of this DID was seen before
  too_large,              ///< a limit of size, depth or count
};
inline constexpr std::size_t refusal_count = 10;
/// "content_hash_mismatch".
std::string_view to_text(Refusal refusal);

/// A refusal, and the sentence that explains this one.
struct Refused {
  Refusal reason = Refusal::malformed;
  std::string text;
};

/// What a statement says. Nobody vouches for it.
struct CardPayload {
  std::string did;
  std::uint64_t sequence = 1;
  std::optional<crypto::Digest> previous;  ///< none exactly when it is the first
  VectorClock clock;
  UnixTime issued{};
  UnixTime expires{};
  Bytes document;  ///< empty for a revocation
  bool is_revoked = false;
};

/// The bytes that are signed, hashed and shipped.
Bytes encode(const CardPayload& payload);
/// Refuses: malformed, too_large, content_hash_mismatch.
Result<CardPayload, Refused> decode_payload(ByteView bytes);

/// What the key of `did` has to sign for these payload bytes.
Bytes card_signing_bytes(ByteView payload);
/// The envelope around a payload and its signature.
Bytes seal_card(const crypto::Ed25519PublicKey& key, ByteView payload, ByteView signature);
/// Both at once, with the key at hand. `payload.did` must be the key's.
Bytes sign_card(const CardPayload& payload, const crypto::Ed25519PrivateKey& key);

/// A statement that its DID really made. It may be expired, revoked, or superseded.
class ProvenStatement {
 public:
  const CardPayload& payload() const { return proof_->payload; }
  const crypto::Digest& payload_hash() const { return proof_->payload_hash; }
  const Bytes& envelope() const { return proof_->envelope; }
  /// Empty for a revocation.
  const std::optional<Card>& card() const { return proof_->card; }

 private:
  struct Proof {
    CardPayload payload;
    crypto::Digest payload_hash;
    Bytes envelope;
    std::optional<Card> card;
  };
  explicit ProvenStatement(std::shared_ptr<const Proof> proof) : proof_(std::move(proof)) {}
  friend Result<ProvenStatement, Refused> prove(ByteView envelope, std::string_view did);
  std::shared_ptr<const Proof> proof_;
};

/// Did `did` say this? Time, revocation and order are not looked at. Refuses: too_large, malformed,
/// wrong_did, bad_signature, content_hash_mismatch.
Result<ProvenStatement, Refused> prove(ByteView envelope, std::string_view did);

/// A card of a DID that is good at the time it was verified.
class VerifiedCard {
 public:
  const Card& card() const { return *statement_.card(); }
  const CardPayload& payload() const { return statement_.payload(); }
  const ProvenStatement& statement() const { return statement_; }
  /// CIDv1, raw, SHA-256 of the document.
  wire::Cid cid() const { return wire::raw_cid(payload().document); }

 private:
  explicit VerifiedCard(ProvenStatement statement) : statement_(std::move(statement)) {}
  friend Result<VerifiedCard, Refused> verify_card(const ProvenStatement& statement, UnixTime now);
  ProvenStatement statement_;
};

/// Is a proven statement a card that is good now? Refuses: not_yet_valid, revoked, expired.
Result<VerifiedCard, Refused> verify_card(const ProvenStatement& statement, UnixTime now);
/// All of it, from the bytes.
Result<VerifiedCard, Refused> verify_card(ByteView envelope, UnixTime now, std::string_view did);

/// What is remembered of the newest statement of a DID.
struct Head {
  std::uint64_t sequence = 0;
  crypto::Digest payload_hash;
  VectorClock clock;
  UnixTime issued{};
  bool is_revoked = false;
  friend bool operator==(const Head&, const Head&) = default;
};
Head head_of(const ProvenStatement& statement);
Bytes encode(const Head& head);
std::optional<Head> decode_head(ByteView bytes);

/// May `next` follow what is known? A direct successor must name the known payload as its previous.
/// Statements further on are taken on their signature, because those between were not seen; that is
/// also how a writer heals a fork: it skips a number. Of two statements with one sequence the
/// better one follows. No statement follows one whose clock has seen all that its own has, and
/// more: an honest writer goes on from what it numbers on. Refuses: older_than_known, broken_chain.
Result<void, Refused> check_succession(const Head& known, const ProvenStatement& next);

/// The last writer wins: higher sequence, then the heavier clock (what comes causally after is
/// heavier), then later issued, then greater payload hash. A total order, so that all who compare
/// the same statements keep the same one, whatever the order they met them in.
bool is_better(const ProvenStatement& a, const ProvenStatement& b);

/// Two different statements of one DID with one sequence: its key is used in two places, or it
/// lies. The two envelopes prove it to anybody.
bool is_equivocation(const ProvenStatement& a, const ProvenStatement& b);

/// Where the DHT keeps the statement of `did`: "/mycel-card/" and the DID's text.
Bytes card_key(std::string_view did);
/// The DID of such a key; none for a key of another form.
std::optional<std::string> did_of_key(ByteView key);

/// May a DHT node store `value` under `key`? Proven, and neither expired nor from the future; a
/// revocation may be stored. Refuses as prove() and verify_card() do.
Result<void, Refused> validate(ByteView key, ByteView value, UnixTime now);
/// Compares two values that validate() accepted: positive when `a` is better, negative when `b` is,
/// 0 when they say the same. What does not decode is worse than all.
int compare_values(ByteView a, ByteView b);

}  // namespace mycel::agents
