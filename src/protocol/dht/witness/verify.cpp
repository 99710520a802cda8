#include "protocol/dht/witness/verify.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "foundation/crypto/ml_dsa.hpp"
#include "foundation/wire/key.hpp"

#include "protocol/dht/witness/grant.hpp"

namespace mycel::dht::witness {
namespace {

using Scheme = SignatureCheck::Scheme;

SignatureCheck bundle_check(const SignedKeyBundle& bundle) {
  return {Scheme::ed25519, Bytes::copy(bundle.content.peer.view()), bundle.body, bundle.signature};
}

std::optional<Refusal> check_time(const View& view, const Draw& draw, UnixTime attested) {
  const UnixTime opened = draw.operation.time;
  if (attested < opened - view.rules.ahead_max || attested > opened + view.rules.age_max)
    return Refusal::late;
  if (attested > view.now.unix + view.rules.ahead_max) return Refusal::from_future;
  return std::nullopt;
}

std::optional<Refusal> check_content(const View& view, const Draw& draw, const Attestation& word) {
  const Operation& operation = draw.operation;
  if (word.request != draw.digest() || word.key != operation.key) return Refusal::other_request;
  if (word.signer == operation.source || word.signer == operation.target)
    return Refusal::own_operation;
  if (const auto wrong = check_time(view, draw, word.time)) return wrong;
  const PeerId signer = wire::peer_id_of(word.signer);
  if (!is_eligible(view.rules, view.nodes, draw.drawn_point(), signer))
    return Refusal::not_eligible;
  if (view.is_convicted && view.is_convicted(word.signer)) return Refusal::convicted;
  return std::nullopt;
}

/// The key bundle to believe, and whether it was proven before.
struct KnownKey {
  SignedKeyBundle bundle;
  bool is_proven = false;
};
std::optional<KnownKey> key_of(const View& view, const PeerKey& signer, UnixTime time,
                               const std::optional<SignedKeyBundle>& shown) {
  const SignedKeyBundle* cached = view.keys.find(view.now, signer);
  if (!shown && cached == nullptr) return std::nullopt;
  KnownKey key{shown ? *shown : *cached};
  key.is_proven = cached != nullptr && cached->body == key.bundle.body;
  const KeyBundle& content = key.bundle.content;
  const bool fits = content.peer == signer && content.from <= time && time <= content.until;
  return fits ? std::optional(std::move(key)) : std::nullopt;
}

template <class T>
std::vector<SignatureCheck> checks_of(const Unverified<T>& word, const KnownKey& key) {
  std::vector<SignatureCheck> checks{
      {Scheme::ml_dsa_65, key.bundle.content.attestation_key, word.body, word.signature}};
  if (!key.is_proven) checks.push_back(bundle_check(key.bundle));
  return checks;
}

/// As checks_of() ordered them.
std::optional<Refusal> refusal_of(std::span<const bool> genuine) {
  if (genuine.size() > 1 && !genuine[1]) return Refusal::bad_key;
  if (!genuine[0]) return Refusal::bad_signature;
  return std::nullopt;
}

}  // namespace

bool is_genuine(const SignatureCheck& check) {
  if (check.scheme == Scheme::ed25519) {
    const auto key = crypto::Ed25519PublicKey::from(check.key);
    return key && crypto::verify(*key, check.message, check.signature);
  }
  const auto key = crypto::MlDsaPublicKey::from(crypto::MlDsaStrength::ml_dsa_65, check.key);
  return key && key->verify(check.message, check.signature);
}

std::optional<Refusal> check_fresh(const Rules& rules, UnixTime now, UnixTime time) {
  if (time > now + rules.ahead_max) return Refusal::from_future;
  if (time < now - rules.age_max) return Refusal::stale;
  return std::nullopt;
}

std::optional<Refusal> check_draw(const View& view, const Draw& draw) {
  const Operation& operation = draw.operation;
  if (const auto wrong = check_fresh(view.rules, view.now.unix, operation.time)) return wrong;
  if (operation.commitment != commitment_to(operation.id, operation.source, draw.source_nonce))
    return Refusal::bad_commitment;
  return std::nullopt;
}

SignatureCheck challenge_check(const Draw& draw) {
  return {Scheme::ed25519, Bytes::copy(draw.operation.target.view()),
          challenge_bytes(draw.operation, draw.challenge.nonce),
          Bytes::copy(draw.challenge.signature.view())};
}

Result<Verified<Draw>, Refusal> conclude(const Draw& draw, bool is_challenge_genuine) {
  if (!is_challenge_genuine) return Err{Refusal::bad_challenge};
  return Grant::to(draw);
}

Result<PartExam, Refusal> examine(const View& view, const Draw& draw, const ProofPart& part) {
  const Attestation& word = part.attestation.content;
  if (const auto wrong = check_content(view, draw, word)) return Err{*wrong};
  const auto key = key_of(view, word.signer, word.time, part.key);
  if (!key) return Err{Refusal::bad_key};
  return PartExam{{part.attestation, key->bundle}, checks_of(part.attestation, *key)};
}

Result<Verified<ProofPart>, Refusal> conclude(const PartExam& exam, std::span<const bool> genuine) {
  check(genuine.size() == exam.checks.size(), "every check has a verdict");
  if (const auto wrong = refusal_of(genuine)) return Err{*wrong};
  return Grant::to(exam.part);
}

Result<RejectionExam, Refusal> examine(const View& view, const Draw& draw,
                                       const SignedRejection& rejection,
                                       const std::optional<SignedKeyBundle>& key) {
  const Rejection& word = rejection.content;
  if (word.request != draw.digest()) return Err{Refusal::other_request};
  if (const auto wrong = check_time(view, draw, word.time)) return Err{*wrong};
  const auto known = key_of(view, word.signer, word.time, key);
  if (!known) return Err{Refusal::bad_key};
  return RejectionExam{rejection, checks_of(rejection, *known)};
}

Result<Verified<Rejection>, Refusal> conclude(const RejectionExam& exam,
                                              std::span<const bool> genuine) {
  check(genuine.size() == exam.checks.size(), "every check has a verdict");
  if (const auto wrong = refusal_of(genuine)) return Err{*wrong};
  return Grant::to(exam.rejection.content);
}

Result<Verified<Proof>, Refusal> assemble(const Rules& rules, const Verified<Draw>& draw,
                                          const std::vector<Verified<ProofPart>>& parts) {
  if (parts.size() > rules.witnesses) return Err{Refusal::too_many_witnesses};
  if (parts.size() < rules.quorum) return Err{Refusal::no_quorum};
  Proof proof{.draw = *draw};
  std::set<PeerKey> signers;
  for (const auto& part : parts) {
    const Attestation& word = part->attestation.content;
    if (word.request != draw->digest()) return Err{Refusal::other_request};
    if (!signers.insert(word.signer).second) return Err{Refusal::duplicate};
    proof.parts.push_back(*part);
  }
  return Grant::to(std::move(proof));
}

Result<ProofExam, Refusal> examine(const View& view, const Proof& proof) {
  if (const auto wrong = check_draw(view, proof.draw)) return Err{*wrong};
  if (proof.parts.size() > view.rules.witnesses) return Err{Refusal::too_many_witnesses};
  if (proof.parts.size() < view.rules.quorum) return Err{Refusal::no_quorum};
  ProofExam exam{.proof = proof, .quorum = view.rules.quorum};
  exam.checks.push_back(challenge_check(proof.draw));
  for (const ProofPart& part : proof.parts) {
    exam.parts.push_back(examine(view, proof.draw, part));
    if (!exam.parts.back()) continue;
    const auto& checks = exam.parts.back()->checks;
    exam.checks.insert(exam.checks.end(), checks.begin(), checks.end());
  }
  return exam;
}

// Whether a signer counts twice is asked last: a forged word must not take an honest one's place.
Judgement conclude(const ProofExam& exam, std::span<const bool> genuine) {
  check(genuine.size() == exam.checks.size(), "every check has a verdict");
  Judgement judgement{.proof = Err{Refusal::no_quorum}};
  Proof proof{.draw = exam.proof.draw};
  std::set<PeerKey> signers;
  std::size_t next = 1;
  for (const auto& part : exam.parts) {
    if (!part) {
      judgement.refused.push_back(part.error());
      continue;
    }
    const auto verified = conclude(*part, genuine.subspan(next, part->checks.size()));
    next += part->checks.size();
    if (!verified) {
      judgement.refused.push_back(verified.error());
    } else if (!signers.insert((*verified)->attestation.content.signer).second) {
      judgement.refused.push_back(Refusal::duplicate);
    } else {
      judgement.parts.push_back(*verified);
      proof.parts.push_back(**verified);
    }
  }
  if (!genuine[0])
    judgement.proof = Err{Refusal::bad_challenge};
  else if (signers.size() >= exam.quorum)
    judgement.proof = Grant::to(std::move(proof));
  return judgement;
}

Judgement verify(const View& view, const Proof& proof) {
  const auto exam = examine(view, proof);
  if (!exam) return {.proof = Err{exam.error()}};
  const auto genuine = std::make_unique<bool[]>(exam->checks.size());  // no std::vector<bool>
  std::ranges::transform(exam->checks, genuine.get(), is_genuine);
  return conclude(*exam, {genuine.get(), exam->checks.size()});
}

}  // namespace mycel::dht::witness
