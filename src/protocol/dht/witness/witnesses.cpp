#include "protocol/dht/witness/witnesses.hpp"

#include "foundation/base/check.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::dht::witness {

Witnesses::Witnesses(Config config, Surroundings around, Rng rng)
    : desk_{.config = std::move(config), .around = std::move(around)},
      client_(rng.fork("collections")),
      server_(desk_.config.burst, desk_.config.pause),
      target_(desk_.config.burst, desk_.config.pause) {
  check(desk_.config.rules.is_sound() && desk_.config.rules.witnesses <= attestations_max,
        "a quorum outvotes the liars that are reckoned with, and fits into a proof");
  const auto self = wire::ed25519_key(desk_.config.self);
  check(self.has_value(), "this node has an Ed25519 peer key");
  desk_.self = *self;
}

void Witnesses::on_candidates(Now now, CollectionId id, std::vector<Candidate> candidates) {
  client_.on_candidates(now, desk_, id, std::move(candidates));
}

void Witnesses::on_request(Now now, InboundId inbound, const PeerId& from, const Message& message) {
  if (const auto* opening = std::get_if<Opening>(&message))
    target_.on_opening(now, desk_, inbound, from, *opening);
  else if (const auto* request = std::get_if<Request>(&message))
    server_.on_request(now, desk_, inbound, from, *request);
  else if (const auto* proof = std::get_if<Proof>(&message))
    target_.on_proof(now, desk_, inbound, from, *proof);
  else
    on_malformed(inbound);  // an answer where a question belongs
}

void Witnesses::on_malformed(InboundId inbound) {
  desk_.counters.streams_refused += 1;
  desk_.output.refusals.push_back(inbound);
}

void Witnesses::on_answer(Now now, RequestId request, const Message& message) {
  client_.on_answer(now, desk_, request, message);
}

void Witnesses::on_failure(Now now, RequestId request) {
  client_.on_failure(now, desk_, request);
}

void Witnesses::on_signed(Now, SignId id, const Bytes& signature) {
  if (!server_.on_signed(desk_, id, signature)) target_.on_signed(desk_, id, signature);
}

void Witnesses::on_checked(Now now, CheckId id, std::span<const bool> genuine) {
  if (client_.on_checked(now, desk_, id, genuine)) return;
  if (!server_.on_checked(now, desk_, id, genuine)) target_.on_checked(now, desk_, id, genuine);
}

}  // namespace mycel::dht::witness
