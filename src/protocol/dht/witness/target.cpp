#include "protocol/dht/witness/target.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/probe.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::dht::witness {
namespace {

void answer(Desk& desk, InboundId inbound, const Message& message) {
  desk.output.answers.push_back({inbound, encode(message)});
}

std::optional<Refusal> check_parties(const Desk& desk, const PeerId& from,
                                     const Operation& operation) {
  if (wire::ed25519_key(from) != operation.source) return Refusal::wrong_source;
  if (desk.self != operation.target) return Refusal::wrong_target;
  if (operation.source == operation.target) return Refusal::own_operation;
  return std::nullopt;
}

// The same for the same operation, so nothing has to be remembered to recognise it later.
Nonce nonce_for(const Desk& desk, const Operation& operation) {
  return nonce_from(desk.config.secret, challenge_bytes(operation, Nonce{}));
}

}  // namespace

bool Target::admit(Now now, Desk& desk, InboundId inbound, const PeerId& from) {
  const bool has_room = signing_.size() + judging_.size() < desk.config.serving_max;
  if (has_room && limit_.allows(now.instant, from)) return true;
  desk.counters.streams_refused += 1;
  desk.output.refusals.push_back(inbound);
  return false;
}

void Target::on_opening(Now now, Desk& desk, InboundId inbound, const PeerId& from,
                        const Opening& opening) {
  if (!admit(now, desk, inbound, from)) return;
  const Operation& operation = opening.operation;
  auto why = check_parties(desk, from, operation);
  if (!why) why = check_fresh(desk.config.rules, now.unix, operation.time);
  if (!why) why = take_draw(now, operation);
  if (why) {
    desk.counters.rejected.add(*why);
    return answer(desk, inbound, Verdict{*why});
  }
  const Nonce nonce = nonce_for(desk, operation);
  signing_.emplace(desk.sign(OwnKey::peer, challenge_bytes(operation, nonce)),
                   Signing{inbound, nonce});
}

// Measured by this node's clock: the source chooses the time that its operation names, and would
// otherwise have a draw in each of the thirty slots that are still fresh.
std::optional<Refusal> Target::take_draw(Now now, const Operation& operation) {
  const Slot slot = slot_of(now.unix);
  if (slot > draws_slot_) {
    draws_.clear();
    draws_slot_ = slot;
  }
  const Drawn drawn{operation.source, operation.key};
  if (const auto known = draws_.find(drawn); known != draws_.end())
    return known->second == operation.commitment ? std::nullopt
                                                 : std::optional(Refusal::too_many_draws);
  if (draws_.size() == draws_max) return Refusal::overloaded;
  draws_.emplace(drawn, operation.commitment);
  return std::nullopt;
}

bool Target::on_signed(Desk& desk, SignId id, const Bytes& signature) {
  const auto found = signing_.extract(id);
  if (!found) return false;
  check(signature.size() == crypto::ed25519_signature_size_bytes, "the peer key is Ed25519");
  Challenge challenge{.nonce = found.mapped().nonce};
  std::ranges::copy(signature, challenge.signature.bytes.begin());
  desk.counters.challenged += 1;
  answer(desk, found.mapped().inbound, challenge);
  return true;
}

void Target::on_proof(Now now, Desk& desk, InboundId inbound, const PeerId& from,
                      const Proof& proof) {
  if (!admit(now, desk, inbound, from)) return;
  const Draw& draw = proof.draw;
  if (const auto why = check_parties(desk, from, draw.operation))
    return refuse_proof(desk, inbound, *why);
  if (draw.challenge.nonce != nonce_for(desk, draw.operation))
    return refuse_proof(desk, inbound, Refusal::bad_challenge);
  auto exam = examine(desk.view(now), proof);
  if (!exam) return refuse_proof(desk, inbound, exam.error());
  if (accepted_.contains(draw.digest())) return refuse_proof(desk, inbound, Refusal::replayed);
  const CheckId check = desk.check_signatures(exam->checks);
  judging_.emplace(check, Judging{inbound, *std::move(exam)});
}

bool Target::on_checked(Now now, Desk& desk, CheckId id, std::span<const bool> genuine) {
  const auto found = judging_.extract(id);
  if (!found) return false;
  const Judging& judging = found.mapped();
  const Judgement judgement = conclude(judging.exam, genuine);
  for (const Refusal refusal : judgement.refused) desk.counters.attestations_refused.add(refusal);
  for (const auto& part : judgement.parts) desk.learn(now, part);
  if (!judgement.proof) {
    refuse_proof(desk, judging.inbound, judgement.proof.error());
    return true;
  }
  const Draw& draw = (*judgement.proof)->draw;
  const UnixTime until = draw.operation.time + desk.config.rules.age_max;
  const auto seen = accepted_.note(now.unix, draw.digest(), until);
  if (seen != ReplayWindow::Seen::first) {
    probe("one proof was offered twice at a time");
    refuse_proof(desk, judging.inbound,
                 seen == ReplayWindow::Seen::again ? Refusal::replayed : Refusal::overloaded);
    return true;
  }
  desk.counters.accepted += 1;
  desk.output.events.emplace_back(Witnessed{*judgement.proof});
  answer(desk, judging.inbound, Verdict{});
  return true;
}

void Target::refuse_proof(Desk& desk, InboundId inbound, Refusal why) {
  desk.counters.proofs_refused.add(why);
  answer(desk, inbound, Verdict{why});
}

}  // namespace mycel::dht::witness
