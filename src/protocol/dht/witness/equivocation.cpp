#include "protocol/dht/witness/equivocation.hpp"

#include <array>

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

std::optional<Refusal> check_signatures(const ProofPart& part) {
  using Scheme = SignatureCheck::Scheme;
  const Attestation& word = part.attestation.content;
  if (!part.key || part.key->content.peer != word.signer) return Refusal::bad_key;
  const KeyBundle& key = part.key->content;
  if (word.time < key.from || word.time > key.until) return Refusal::bad_key;
  if (!is_genuine(
          {Scheme::ed25519, Bytes::copy(key.peer.view()), part.key->body, part.key->signature}))
    return Refusal::bad_key;
  const bool is_signed = is_genuine(
      {Scheme::ml_dsa_65, key.attestation_key, part.attestation.body, part.attestation.signature});
  return is_signed ? std::nullopt : std::optional(Refusal::bad_signature);
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

Result<Verified<EquivocationProof>, Refusal> verify(const EquivocationProof& proof) {
  if (!contradict(proof.first.attestation.content, proof.second.attestation.content))
    return Err{Refusal::not_equivocation};
  for (const ProofPart* part : {&proof.first, &proof.second})
    if (const auto wrong = check_signatures(*part)) return Err{*wrong};
  return Grant::to(proof);
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
