#include "protocol/dht/witness/client.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/probe.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::dht::witness {
namespace {

PeerKey signer_of(const Response& response) {
  if (const auto* attestation = std::get_if<SignedAttestation>(&response.word))
    return attestation->content.signer;
  return std::get_if<SignedRejection>(&response.word)->content.signer;
}

}  // namespace

CollectionId Client::collect(Now now, Desk& desk, const Ask& ask) {
  const CollectionId id = ids_.next();
  const auto target = wire::ed25519_key(ask.target);
  const auto [at, is_new] = collections_.try_emplace(id);
  Collection& collection = at->second;
  collection.target = ask.target;
  collection.end = deadlines_.add(now.instant + collection_time_max, {id, TimerKind::end});
  if (collections_.size() > desk.config.collections_max) {
    fail(desk, at, Failure::overloaded);
  } else if (!target || *target == desk.self) {
    fail(desk, at, Failure::target_refused, Refusal::wrong_target);
  } else {
    collection.draw.operation = make_operation(now, desk, ask, *target);
    collection.draw.source_nonce =
        nonce_from(desk.config.secret, collection.draw.operation.id.bytes);
    collection.draw.operation.commitment =
        commitment_to(collection.draw.operation.id, desk.self, collection.draw.source_nonce);
    const RequestId request = desk.send(ask.target, Opening{collection.draw.operation});
    waiting_.emplace(request, Waiting{id, ask.target, false});
  }
  return id;
}

Operation Client::make_operation(Now now, const Desk& desk, const Ask& ask, const PeerKey& target) {
  Operation operation{.kind = ask.kind,
                      .source = desk.self,
                      .target = target,
                      .key = ask.key,
                      .data = ask.data,
                      .time = now.unix};
  rng_.fill(operation.id.bytes);
  return operation;
}

bool Client::on_answer(Now now, Desk& desk, RequestId request, const Message& message) {
  const auto waiting = waiting_.extract(request);
  if (!waiting) return false;
  const auto at = collections_.find(waiting.mapped().id);
  if (at == collections_.end()) return true;  // a witness that nobody needs any more
  if (waiting.mapped().is_witness)
    on_word_of_witness(now, desk, at, waiting.mapped().peer, message);
  else
    on_word_of_target(desk, at, message);
  return true;
}

bool Client::on_failure(Now now, Desk& desk, RequestId request) {
  const auto waiting = waiting_.extract(request);
  if (!waiting) return false;
  const auto at = collections_.find(waiting.mapped().id);
  if (at == collections_.end()) return true;
  if (!waiting.mapped().is_witness) {
    fail(desk, at, Failure::target_silent);
    return true;
  }
  at->second.under_way -= 1;
  advance(now, desk, at);
  return true;
}

// The target.

void Client::on_word_of_target(Desk& desk, Collections::iterator at, const Message& message) {
  const auto* challenge = std::get_if<Challenge>(&message);
  const auto* verdict = std::get_if<Verdict>(&message);
  if (verdict != nullptr)
    on_verdict(desk, at, *verdict);
  else if (challenge != nullptr && at->second.stage == Stage::opening)
    on_challenge(desk, at, *challenge);
  else
    fail(desk, at, Failure::target_silent);
}

void Client::on_challenge(Desk& desk, Collections::iterator at, const Challenge& challenge) {
  Collection& collection = at->second;
  collection.draw.challenge = challenge;
  collection.stage = Stage::checking;
  const CheckId check = desk.check_signatures({challenge_check(collection.draw)});
  checking_.emplace(check, Checking{at->first, collection.draw});
}

void Client::conclude_draw(Desk& desk, Collections::iterator at, const Draw& draw,
                           bool is_genuine) {
  const auto drawn = conclude(draw, is_genuine);
  if (!drawn) return fail(desk, at, Failure::bad_challenge);
  at->second.drawn = *drawn;
  at->second.stage = Stage::searching;
  desk.output.searches.push_back({at->first, draw.drawn_key()});
}

void Client::on_verdict(Desk& desk, Collections::iterator at, const Verdict& verdict) {
  const Collection& collection = at->second;
  if (verdict.refusal) return fail(desk, at, Failure::target_refused, *verdict.refusal);
  if (collection.stage != Stage::proving) return fail(desk, at, Failure::target_silent);
  desk.counters.collected += 1;
  desk.output.events.emplace_back(Collected{at->first, *collection.proof});
  end(at);
}

// The witnesses.

void Client::on_candidates(Now now, Desk& desk, CollectionId id,
                           std::vector<Candidate> candidates) {
  const auto at = collections_.find(id);
  if (at == collections_.end() || at->second.stage != Stage::searching) return;
  Collection& collection = at->second;
  collection.stage = Stage::asking;
  const Rules& rules = desk.config.rules;
  collection.order =
      order_of_asking(rules, desk.around.nodes(), collection.draw, std::move(candidates), rng_);
  if (collection.order.size() < rules.quorum) return fail(desk, at, Failure::too_few);
  ask_more(now, desk, at, rules.witnesses);
  set_next(now.instant + hedge_after, at);
}

void Client::ask_more(Now now, Desk& desk, Collections::iterator at, std::size_t count) {
  Collection& collection = at->second;
  for (; count > 0 && collection.asked < collection.order.size(); --count) {
    const PeerId& witness = collection.order[collection.asked++];
    const bool wants_key = desk.keys.find(now, *wire::ed25519_key(witness)) == nullptr;
    const RequestId request = desk.send(witness, Request{collection.draw, wants_key});
    waiting_.emplace(request, Waiting{at->first, witness, true});
    collection.under_way += 1;
  }
}

void Client::on_word_of_witness(Now now, Desk& desk, Collections::iterator at, const PeerId& from,
                                const Message& message) {
  const auto why = take_word(now, desk, at, from, message);
  if (!why) return;  // its signatures are being checked
  at->second.under_way -= 1;
  refuse_word(desk, at->second, *why);
  advance(now, desk, at);
}

std::optional<Refusal> Client::take_word(Now now, Desk& desk, Collections::iterator at,
                                         const PeerId& from, const Message& message) {
  const auto* response = std::get_if<Response>(&message);
  if (response == nullptr) return Refusal::malformed;
  if (wire::peer_id_of(signer_of(*response)) != from) return Refusal::wrong_source;
  const Draw& draw = at->second.draw;
  const auto keep = [&](const auto& exam) -> std::optional<Refusal> {
    if (!exam) return exam.error();
    checking_.emplace(desk.check_signatures(exam->checks), Checking{at->first, *exam});
    return std::nullopt;
  };
  const View view = desk.view(now);
  if (const auto* word = std::get_if<SignedAttestation>(&response->word))
    return keep(examine(view, draw, ProofPart{*word, response->key}));
  return keep(examine(view, draw, *std::get_if<SignedRejection>(&response->word), response->key));
}

bool Client::on_checked(Now now, Desk& desk, CheckId id, std::span<const bool> genuine) {
  const auto found = checking_.extract(id);
  if (!found) return false;
  const Checking& checking = found.mapped();
  const auto at = collections_.find(checking.id);
  if (at == collections_.end()) return true;
  if (const auto* draw = std::get_if<Draw>(&checking.what)) {
    conclude_draw(desk, at, *draw, genuine.front());
    return true;
  }
  at->second.under_way -= 1;
  if (const auto why = conclude_word(now, desk, at->second, checking, genuine))
    refuse_word(desk, at->second, *why);
  advance(now, desk, at);
  return true;
}

std::optional<Refusal> Client::conclude_word(Now now, Desk& desk, Collection& collection,
                                             const Checking& checking,
                                             std::span<const bool> genuine) {
  if (const auto* rejected = std::get_if<RejectionExam>(&checking.what)) {
    const auto rejection = conclude(*rejected, genuine);
    if (!rejection) return rejection.error();
    collection.rejections.push_back((*rejection)->reason);
    return std::nullopt;
  }
  const auto word = conclude(*std::get_if<PartExam>(&checking.what), genuine);
  if (!word) return word.error();
  collection.words.push_back(*word);
  desk.learn(now, *word);
  return std::nullopt;
}

void Client::refuse_word(Desk& desk, Collection& collection, Refusal why) {
  desk.counters.attestations_refused.add(why);
  collection.words_refused.push_back(why);
}

// After each word: is it enough, can it still be enough, and who is asked instead of whom?
void Client::advance(Now now, Desk& desk, Collections::iterator at) {
  Collection& collection = at->second;
  if (collection.stage != Stage::asking) return;
  const Rules& rules = desk.config.rules;
  const std::size_t good = collection.words.size();
  if (good >= rules.witnesses || (good >= rules.quorum && collection.under_way == 0))
    return prove(desk, at);
  if (good >= rules.quorum) {
    if (!std::exchange(collection.is_lingering, true)) set_next(now.instant + linger, at);
    return;
  }
  const std::size_t hoped = good + collection.under_way;
  if (hoped < rules.witnesses) ask_more(now, desk, at, rules.witnesses - hoped);
  if (good + collection.under_way < rules.quorum) fail(desk, at, Failure::no_quorum);
}

void Client::prove(Desk& desk, Collections::iterator at) {
  Collection& collection = at->second;
  deadlines_.cancel(collection.next);
  // Late words may have made it more than a proof may hold.
  if (collection.words.size() > desk.config.rules.witnesses)
    collection.words.erase(
        collection.words.begin() + static_cast<std::ptrdiff_t>(desk.config.rules.witnesses),
        collection.words.end());
  const auto proof = assemble(desk.config.rules, *collection.drawn, collection.words);
  check(static_cast<bool>(proof), "each witness is asked once, and a quorum was counted");
  collection.proof = *proof;
  collection.stage = Stage::proving;
  const RequestId request = desk.send(collection.target, **proof);
  waiting_.emplace(request, Waiting{at->first, collection.target, false});
}

// Time, and ends.

void Client::set_next(Instant due, Collections::iterator at) {
  deadlines_.cancel(at->second.next);
  at->second.next = deadlines_.add(due, {at->first, TimerKind::next});
}

void Client::on_deadline(Now now, Desk& desk) {
  while (const auto timer = deadlines_.pop_due(now.instant)) {
    const auto at = collections_.find(timer->id);
    if (at == collections_.end()) continue;
    Collection& collection = at->second;
    if (timer->kind == TimerKind::end) {
      fail(desk, at, Failure::timeout);
    } else if (collection.is_lingering) {
      prove(desk, at);
    } else {
      probe("witnesses are slow, so others are asked");
      ask_more(now, desk, at, desk.config.rules.witnesses - collection.words.size());
    }
  }
}

void Client::fail(Desk& desk, Collections::iterator at, Failure failure,
                  std::optional<Refusal> refusal) {
  desk.counters.collections_failed[static_cast<std::size_t>(failure)] += 1;
  desk.output.events.emplace_back(CollectionFailed{at->first, failure, refusal,
                                                   std::move(at->second.words_refused),
                                                   std::move(at->second.rejections)});
  end(at);
}

void Client::end(Collections::iterator at) {
  deadlines_.cancel(at->second.end);
  deadlines_.cancel(at->second.next);
  collections_.erase(at);
}

}  // namespace mycel::dht::witness
