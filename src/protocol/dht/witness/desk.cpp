#include "protocol/dht/witness/desk.hpp"

#include <utility>

#include "foundation/base/probe.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::dht::witness {
namespace {

void visit_refusals(const CounterVisitor& visit, std::string_view name, std::string_view help,
                    const RefusalCounts& counts) {
  for (std::size_t number = 1; number <= refusal_count; ++number) {
    const auto refusal = static_cast<Refusal>(number);
    visit({name, help, "reason", to_text(refusal)}, counts.of(refusal));
  }
}

}  // namespace

std::string_view to_text(Failure failure) {
  constexpr std::array<std::string_view, failure_count> words{
      "target_silent", "target_refused", "bad_challenge", "too_few",
      "no_quorum",     "timeout",        "overloaded"};
  return words[static_cast<std::size_t>(failure)];
}

void Output::clear() {
  persist.clear();
  durability = Durability::buffered;
  signs.clear();
  answers.clear();
  refusals.clear();
  events.clear();
  checks.clear();
  searches.clear();
  sends.clear();
}

void Counters::each(const CounterVisitor& visit) const {
  visit({"witness_requests_total", "Requests to witness an operation."}, requests);
  visit({"witness_attestations_signed_total", "Attestations signed for others."}, attested);
  visit({"witness_challenges_total", "Nonces given to sources."}, challenged);
  visit({"witness_proofs_collected_total", "Own operations that a quorum attested."}, collected);
  visit({"witness_proofs_accepted_total", "Proofs of sources that were accepted."}, accepted);
  visit({"witness_equivocations_total", "Witnesses caught contradicting themselves."},
        equivocations);
  visit({"witness_streams_refused_total", "Streams reset: malformed, or asked too often."},
        streams_refused);
  visit_refusals(visit, "witness_rejections_total", "Requests and openings that were rejected.",
                 rejected);
  visit_refusals(visit, "witness_attestations_refused_total",
                 "Attestations in responses and proofs that did not count.", attestations_refused);
  visit_refusals(visit, "witness_proofs_refused_total", "Proofs that were refused.",
                 proofs_refused);
  for (std::size_t i = 0; i < failure_count; ++i)
    visit({"witness_collections_failed_total", "Own operations without a proof.", "reason",
           to_text(static_cast<Failure>(i))},
          collections_failed[i]);
}

RequestId Desk::send(const PeerId& to, const Message& message) {
  const RequestId id = request_ids.next();
  output.sends.push_back({id, to, encode(message)});
  return id;
}

SignId Desk::sign(OwnKey key, const Bytes& bytes) {
  const SignId id = sign_ids.next();
  output.signs.push_back({id, key, bytes});
  return id;
}

CheckId Desk::check_signatures(std::vector<SignatureCheck> checks) {
  const CheckId id = check_ids.next();
  output.checks.push_back({id, std::move(checks)});
  return id;
}

void Desk::learn(Now now, const Verified<ProofPart>& part) {
  keys.keep(now, *part->key);
  const auto lie = watch.on_word(now, part);
  if (!lie) return;
  probe("a witness contradicted itself");
  counters.equivocations += 1;
  output.events.emplace_back(Evidence{.kind = Evidence::Kind::witness_equivocation,
                                      .against = wire::peer_id_of(part->attestation.content.signer),
                                      .proof = encode(*lie)});
}

}  // namespace mycel::dht::witness
