#pragma once
// Is a proof good? In two steps, so that the signatures can be checked elsewhere and many at once:
// examine() looks at everything else and says which signatures decide, conclude() takes the
// verdicts. verify() is both, for whoever can wait. All of them are functions of their arguments.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

#include "protocol/dht/witness/draw.hpp"
#include "protocol/dht/witness/key_cache.hpp"
#include "protocol/dht/witness/message.hpp"
#include "protocol/dht/witness/refusal.hpp"
#include "protocol/dht/witness/verified.hpp"

namespace mycel::dht::witness {

struct SignatureCheck {
  enum class Scheme : std::uint8_t { ed25519, ml_dsa_65 };
  Scheme scheme = Scheme::ed25519;
  Bytes key;
  Bytes message;
  Bytes signature;
};
bool is_genuine(const SignatureCheck& check);

/// What a verifier knows: its clocks, how many nodes it thinks there are, keys it saw proven, and
/// who was convicted, whose word counts for nothing.
struct View {
  const Rules& rules;
  Now now;
  std::uint64_t nodes = 0;
  const KeyCache& keys;
  std::function<bool(const PeerKey&)> is_convicted = {};
};

/// Refuses: stale, from_future.
std::optional<Refusal> check_fresh(const Rules& rules, UnixTime now, UnixTime time);
/// Refuses: stale, from_future, bad_commitment. The challenge's signature decides the rest.
std::optional<Refusal> check_draw(const View& view, const Draw& draw);
SignatureCheck challenge_check(const Draw& draw);

/// A draw of which both nonces are what their sides promised.
Result<Verified<Draw>, Refusal> conclude(const Draw& draw, bool is_challenge_genuine);

/// One attestation that is good but for its signatures.
struct PartExam {
  ProofPart part;  ///< with its key bundle, also if that came from the cache
  std::vector<SignatureCheck> checks;
};
/// Is this word about this draw, in time, by somebody who may witness it? Refuses: other_request,
/// own_operation, late, from_future, not_eligible, convicted, bad_key.
Result<PartExam, Refusal> examine(const View& view, const Draw& draw, const ProofPart& part);
/// Refuses: bad_key, bad_signature. `genuine` answers `exam.checks`, one by one.
Result<Verified<ProofPart>, Refusal> conclude(const PartExam& exam, std::span<const bool> genuine);

/// The same for a rejection, which nobody has to be eligible for. Refuses: other_request, late,
/// from_future, bad_key.
struct RejectionExam {
  SignedRejection rejection;
  std::vector<SignatureCheck> checks;
};
Result<RejectionExam, Refusal> examine(const View& view, const Draw& draw,
                                       const SignedRejection& rejection,
                                       const std::optional<SignedKeyBundle>& key);
Result<Verified<Rejection>, Refusal> conclude(const RejectionExam& exam,
                                              std::span<const bool> genuine);

/// The proof of words that were verified one by one. Refuses: other_request, duplicate, no_quorum,
/// too_many_witnesses.
Result<Verified<Proof>, Refusal> assemble(const Rules& rules, const Verified<Draw>& draw,
                                          const std::vector<Verified<ProofPart>>& parts);

struct ProofExam {
  Proof proof;
  std::size_t quorum = 0;
  std::vector<Result<PartExam, Refusal>> parts;
  /// The challenge first, then those of the parts, in order.
  std::vector<SignatureCheck> checks;
};
/// Refuses what no signature can cure: as check_draw(), and too_many_witnesses, no_quorum.
Result<ProofExam, Refusal> examine(const View& view, const Proof& proof);

struct Judgement {
  /// The proof with the attestations that count, all with their keys; or why there is none:
  /// bad_challenge, no_quorum.
  Result<Verified<Proof>, Refusal> proof;
  std::vector<Verified<ProofPart>> parts;  ///< genuine, each signer once, even without a quorum
  std::vector<Refusal> refused;            ///< for each attestation that does not count
};
Judgement conclude(const ProofExam& exam, std::span<const bool> genuine);

/// All of it. What examine() refuses has no parts.
Judgement verify(const View& view, const Proof& proof);

}  // namespace mycel::dht::witness
