#include "protocol/dht/witness/equivocation.hpp"

#include <memory>

#include "protocol/dht/witness/fixed_bytes.hpp"
#include "protocol/dht/witness/grant.hpp"
#include "protocol/dht/witness/signed_codec.hpp"
#include "protocol/dht/witness/verify.hpp"

namespace mycel::dht::witness {
namespace {

constexpr std::string_view equivocation_tag = "mycel-witness-equivocation-1";
/// No proof with an older word is accepted any more; and the slot itself.
constexpr Duration memory = 5min + 30s + slot_length;

void write(FixedWriter& to, const ProofPart& part) {
  check(part.key.has_value(), "evidence stands by itself, so the key is with it");
  write_signed(to, part.attestation);
  write_signed(to, *part.key);
}

ProofPart read_part(FixedReader& from) {
  ProofPart part{.attestation = read_attestation(from)};
  part.key = read_key_bundle(from);
  return part;
}

// Whether the key may be the signer's; the signatures decide the rest.
bool has_own_key(const ProofPart& part) {
  const Attestation& word = part.attestation.content;
  return part.key && part.key->content.peer == word.signer && word.time >= part.key->content.from &&
         word.time <= part.key->content.until;
}

bool contradict(const Attestation& a, const Attestation& b) {
  return a.signer == b.signer && a.slot() == b.slot() && a.key == b.key &&
         a.neighbours != b.neighbours;
}

}  // namespace

Bytes encode(const EquivocationProof& proof) {
  FixedWriter writer(16'384);
  writer.tag(equivocation_tag);
  write(writer, proof.first);
  write(writer, proof.second);
  return writer.take();
}

Result<EquivocationProof, wire::Fault> decode_equivocation(ByteView bytes) {
  FixedReader reader(bytes);
  reader.tag(equivocation_tag);
  EquivocationProof proof;
  proof.first = read_part(reader);
  proof.second = read_part(reader);
  return reader.finish(std::move(proof));
}

Result<EquivocationExam, Refusal> examine(const EquivocationProof& proof) {
  using Scheme = SignatureCheck::Scheme;
  if (!contradict(proof.first.attestation.content, proof.second.attestation.content))
    return Err{Refusal::not_equivocation};
  EquivocationExam exam{proof, {}};
  for (const ProofPart* part : {&proof.first, &proof.second}) {
    if (!has_own_key(*part)) return Err{Refusal::bad_key};
    const SignedKeyBundle& key = *part->key;
    exam.checks.push_back(
        {Scheme::ed25519, Bytes::copy(key.content.peer.view()), key.body, key.signature});
    exam.checks.push_back({Scheme::ml_dsa_65, key.content.attestation_key, part->attestation.body,
                           part->attestation.signature});
  }
  return exam;
}

Result<Verified<EquivocationProof>, Refusal> conclude(const EquivocationExam& exam,
                                                      std::span<const bool> genuine) {
  check(genuine.size() == exam.checks.size(), "each signature has a verdict");
  for (std::size_t i = 0; i < genuine.size(); ++i)
    if (!genuine[i]) return Err{i % 2 == 0 ? Refusal::bad_key : Refusal::bad_signature};
  return Grant::to(exam.proof);
}

Result<Verified<EquivocationProof>, Refusal> verify(const EquivocationProof& proof) {
  const auto exam = examine(proof);
  if (!exam) return Err{exam.error()};
  const auto genuine = std::make_unique<bool[]>(exam->checks.size());
  for (std::size_t i = 0; i < exam->checks.size(); ++i) genuine[i] = is_genuine(exam->checks[i]);
  return conclude(*exam, {genuine.get(), exam->checks.size()});
}

PeerKey liar(const Verified<EquivocationProof>& proof) {
  return proof->first.attestation.content.signer;
}

std::optional<EquivocationProof> EquivocationWatch::on_word(Now now,
                                                            const Verified<ProofPart>& part) {
  const Slot oldest = slot_of(now.unix - memory);
  while (!words_.empty() && words_.begin()->first.slot < oldest) words_.erase(words_.begin());
  const Attestation& word = part->attestation.content;
  const auto [known, is_new] = words_.try_emplace({word.slot(), word.signer, word.key}, *part);
  if (is_new) {
    if (words_.size() > size_max) words_.erase(words_.begin());
    return std::nullopt;
  }
  if (!contradict(known->second.attestation.content, word)) return std::nullopt;
  return EquivocationProof{known->second, *part};
}

}  // namespace mycel::dht::witness
