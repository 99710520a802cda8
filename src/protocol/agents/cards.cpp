#include "protocol/agents/cards.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "foundation/base/duration_text.hpp"
#include "foundation/base/probe.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::agents {
namespace {

constexpr std::string_view own_prefix = "own/";
constexpr std::string_view known_prefix = "known/";
/// Different values under one key that are worth verifying: more than this many only a crowd of
/// liars returns.
constexpr std::size_t values_max = 32;
/// Own cards of a node that starts are looked after over this time, not all at once.
constexpr Duration start_spread = 10s;
constexpr Duration pause_min = 1s;

namespace own_field {
constexpr std::uint32_t envelope = 1;
constexpr std::uint32_t key = 2;
constexpr std::uint32_t lifetime_ms = 3;
}  // namespace own_field

CardProblems problem(std::string text) {
  return {.problems = {{"", std::move(text)}}};
}

Duration lifetime_of(const CardPayload& payload) {
  return payload.expires - payload.issued;
}

/// A card is signed anew once less than half of its life is left.
UnixTime renewal_time(const CardPayload& payload) {
  return payload.issued + lifetime_of(payload) / 2;
}

}  // namespace

void Output::clear() {
  persist.clear();
  durability = Durability::buffered;
  puts.clear();
  events.clear();
  signs.clear();
  gets.clear();
}

void Counters::each(const CounterVisitor& visit) const {
  visit({"cards_published_total", "Own cards and revocations signed because somebody asked."},
        published);
  visit({"cards_renewed_total", "Own cards signed anew before they expired."}, renewed);
  visit({"card_puts_repeated_total", "Own cards put into the DHT again."}, put_again);
  visit({"card_puts_failed_total", "Puts of own cards that no node took."}, puts_failed);
  visit({"cards_resolved_total", "Look-ups that ended in a verified card."}, resolved);
  visit({"cards_not_found_total", "Look-ups that found nothing."}, not_found);
  visit({"card_conflicts_total", "Pairs of different statements of one DID with one sequence."},
        conflicts);
  visit({"card_ordering_violations_total",
         "Statements that were older than a known one or did not continue it."},
        ordering_violations);
  for (std::size_t i = 0; i < refusal_count; ++i) {
    visit({"verification_failures_total", "Signed cards refused, by reason.", "reason",
           to_text(static_cast<Refusal>(i))},
          verification_failures[i]);
  }
}

Cards::Cards(Config config, Rng rng) : config_(config), rng_(rng), known_(config.known_max) {}

// What was kept.

Result<void, std::string> Cards::load(ByteView key, ByteView value) {
  const std::string_view text = as_text(key);
  if (text.starts_with(own_prefix))
    return load_own(std::string(text.substr(own_prefix.size())), value);
  if (text.starts_with(known_prefix)) {
    const std::string did(text.substr(known_prefix.size()));
    if (known_.load(did, value)) return {};
    return Err{"what was known of " + did + " cannot be read"};
  }
  return Err{std::string("an entry of the table of cards has an unknown key")};
}

Result<void, std::string> Cards::load_own(const std::string& did, ByteView value) {
  Own own;
  ByteView envelope;
  wire::ProtoReader reader(value);
  while (const auto field = reader.next()) {
    if (field->is_bytes(own_field::envelope)) envelope = field->bytes;
    if (field->is_bytes(own_field::key)) own.key = as_text(field->bytes);
    if (field->is_number(own_field::lifetime_ms))
      own.lifetime = std::chrono::milliseconds{
          std::min(field->number, static_cast<std::uint64_t>(milliseconds(card_lifetime_max)))};
  }
  auto head = prove(envelope, did);
  if (!reader.ok()) return Err{"the kept card of " + did + " cannot be read"};
  if (!head) return Err{"the kept card of " + did + " is not good: " + head.error().text};
  own.head = std::move(*head);
  own.lifetime = std::max(own.lifetime, card_lifetime_min);
  own_.insert_or_assign(did, std::move(own));
  return {};
}

void Cards::keep(const OwnEntry& entry) {
  const auto& [did, own] = entry;
  wire::ProtoWriter writer;
  writer.bytes(own_field::envelope, own.head->envelope());
  writer.text(own_field::key, own.key);
  writer.number(own_field::lifetime_ms, static_cast<std::uint64_t>(milliseconds(own.lifetime)));
  output_.persist.push_back(
      {Table::cards, Bytes::copy(std::string(own_prefix) + did), writer.take()});
  output_.durability = Durability::synced;
}

void Cards::start(Now now) {
  for (OwnEntry& entry : own_) {
    const auto spread = static_cast<std::uint64_t>(start_spread.count());
    rest(entry, now.instant + Duration{static_cast<Duration::rep>(rng_.below(spread))});
  }
}

// Own cards: what is asked for.

Result<PublishId, CardProblems> Cards::publish(Now now, const Publication& what) {
  auto file = parse_card_file(what.document);
  if (!file) return Err{file.error()};
  if (!wire::parse_did(what.did))
    return Err{problem("\"" + what.did + "\" is not the did:key of an Ed25519 key")};
  if (!own_.contains(what.did) && own_.size() >= config_.own_max)
    return Err{problem("this node looks after " + std::to_string(config_.own_max) +
                       " agents already, which is its limit")};
  OwnEntry& entry = *own_.try_emplace(what.did).first;
  auto id = begin(now, entry,
                  {.key = what.key,
                   .lifetime = file->expires_in.value_or(config_.lifetime),
                   .document = std::move(file->document)});
  if (!id) return Err{problem(id.error())};
  return *id;
}

Result<PublishId, std::string> Cards::revoke(Now now, const std::string& did) {
  const auto entry = own_.find(did);
  if (entry == own_.end() || !entry->second.head)
    return Err{"this node has published no card of " + did};
  const Own& own = entry->second;
  if (own.head->payload().is_revoked && !own.draft)
    return Err{"the card of " + did + " is revoked already"};
  return begin(now, *entry, {.key = own.key, .lifetime = own.lifetime, .is_revocation = true});
}

Result<PublishId, std::string> Cards::begin(Now now, OwnEntry& entry, Draft draft) {
  auto& [did, own] = entry;
  if (own.draft)
    return Err{"another change of " + did + " is under way; try again when it is done"};
  draft.asked_by = publish_ids_.next();
  own.draft = std::move(draft);
  const PublishId id = *own.draft->asked_by;
  advance(now, entry);
  return id;
}

// Own cards: the steps.

void Cards::advance(Now now, OwnEntry& entry) {
  Own& own = entry.second;
  if (own.stage == Stage::looking || own.stage == Stage::signing) return;
  if (!own.has_looked) return look(now, entry);
  if (!own.draft) own.draft = renewal_of(now, own);
  if (own.draft) return sign(now, entry);
  if (is_done(now, own)) return;
  put(now, entry);
}

/// The same card again, once less than half of its life is left.
std::optional<Cards::Draft> Cards::renewal_of(Now now, const Own& own) {
  const CardPayload& payload = own.head->payload();
  if (payload.is_revoked || now.unix < renewal_time(payload)) return std::nullopt;
  return Draft{.key = own.key, .lifetime = own.lifetime, .document = payload.document};
}

/// A revocation whose time is over has outlived every card that it took back.
bool Cards::is_done(Now now, const Own& own) {
  return own.head->payload().is_revoked && now.unix >= own.head->payload().expires;
}

void Cards::look(Now now, OwnEntry& entry) {
  auto& [did, own] = entry;
  const GetId id = get_ids_.next();
  own.stage = Stage::looking;
  own.step = id.value();
  output_.gets.push_back({id, card_key(did)});
  set_timer(entry, now.instant + config_.wait_max);
}

void Cards::on_looked(Now now, OwnEntry& entry, const Found& found) {
  auto& [did, own] = entry;
  own.stage = Stage::idle;
  own.has_looked = true;
  const Best best = best_of(did, found);
  if (best.statement) adopt(entry, *best.statement);
  advance(now, entry);
}

void Cards::adopt(OwnEntry& entry, const ProvenStatement& newer) {
  auto& [did, own] = entry;
  if (own.head && !is_better(newer, *own.head)) return;
  probe("a newer statement of an own card was found in the DHT");
  own.heals_fork = own.head && newer.payload().previous != own.head->payload_hash();
  own.lifetime = std::max(lifetime_of(newer.payload()), card_lifetime_min);
  if (own.draft && own.key.empty()) own.key = own.draft->key;
  own.head = newer;
  keep(entry);
}

CardPayload Cards::next_payload(Now now, const OwnEntry& entry) const {
  const auto& [did, own] = entry;
  const Draft& draft = *own.draft;
  CardPayload payload{.did = did,
                      .issued = now.unix,
                      .document = draft.document,
                      .is_revoked = draft.is_revocation};
  if (own.head) {
    const CardPayload& last = own.head->payload();
    // Skipping a number tells readers of the other branch that the chain was not theirs.
    payload.sequence = last.sequence + (own.heals_fork ? 2 : 1);
    payload.previous = own.head->payload_hash();
    payload.clock = last.clock;
  }
  payload.clock.advance(config_.writer);
  // A revocation must outlive every card that it takes back.
  payload.expires = now.unix + (draft.is_revocation ? card_lifetime_max : draft.lifetime);
  return payload;
}

void Cards::sign(Now now, OwnEntry& entry) {
  auto& [did, own] = entry;
  const CardPayload payload = next_payload(now, entry);
  own.stage = Stage::signing;
  if (payload.sequence > card_sequence_max)
    return on_not_signed(now, entry, "the chain of " + did + " has reached its last number");
  own.draft->payload = encode(payload);
  const SignId id = sign_ids_.next();
  own.step = id.value();
  output_.signs.push_back({id, did, own.draft->key, card_signing_bytes(own.draft->payload)});
  set_timer(entry, now.instant + config_.wait_max);
}

void Cards::on_signed(Now now, SignId id, const Bytes& signature) {
  OwnEntry* entry = waiting_for(Stage::signing, id.value());
  if (entry == nullptr) return;
  auto& [did, own] = *entry;
  const auto key = wire::parse_did(did);
  check(bool(key), "own cards have a DID that was parsed before");
  auto head = prove(seal_card(*key, own.draft->payload, signature), did);
  if (!head) {
    return on_not_signed(
        now, *entry,
        "what the key \"" + own.draft->key + "\" signed is not good: " + head.error().text);
  }
  const Draft draft = *std::exchange(own.draft, std::nullopt);
  own.head = std::move(*head);
  own.key = draft.key;
  own.lifetime = draft.lifetime;
  own.heals_fork = false;
  own.tries = 0;
  if (own.waiting)
    output_.events.push_back(
        PublishFailed{*own.waiting, did, "a later publication took its place"});
  own.waiting = draft.asked_by;
  (draft.asked_by ? counters_.published : counters_.renewed) += 1;
  keep(*entry);
  own.stage = Stage::idle;
  put(now, *entry);
}

void Cards::on_sign_failed(Now now, SignId id, const std::string& why) {
  if (OwnEntry* entry = waiting_for(Stage::signing, id.value())) on_not_signed(now, *entry, why);
}

void Cards::on_not_signed(Now now, OwnEntry& entry, const std::string& why) {
  auto& [did, own] = entry;
  const Draft draft = *std::exchange(own.draft, std::nullopt);
  if (draft.asked_by) output_.events.push_back(PublishFailed{*draft.asked_by, did, why});
  own.stage = Stage::idle;
  if (own.head) {
    own.tries += 1;
    return rest(entry, now.instant + retry_delay(own.tries));
  }
  deadlines_.cancel(own.timer);
  own_.erase(own_.find(did));
}

void Cards::put(Now now, OwnEntry& entry) {
  auto& [did, own] = entry;
  const PutId id = put_ids_.next();
  own.stage = Stage::putting;
  own.step = id.value();
  output_.puts.push_back({id, card_key(did), own.head->envelope()});
  set_timer(entry, now.instant + config_.wait_max);
}

void Cards::on_put_done(Now now, PutId id, const PutResult& result) {
  OwnEntry* entry = waiting_for(Stage::putting, id.value());
  if (entry == nullptr) return;
  auto& [did, own] = *entry;
  if (result.stored == 0) return on_not_put(now, *entry, result.facts);
  own.stored = result.stored;
  own.tries = 0;
  const CardPayload& payload = own.head->payload();
  if (own.waiting) {
    output_.events.push_back(Published{.id = *own.waiting,
                                       .did = did,
                                       .sequence = payload.sequence,
                                       .is_revocation = payload.is_revoked,
                                       .stored = result.stored});
    own.waiting.reset();
  }
  rest(*entry, now.instant + refresh_delay(now, *own.head));
}

void Cards::on_not_put(Now now, OwnEntry& entry, const std::string& facts) {
  auto& [did, own] = entry;
  counters_.puts_failed += 1;
  own.tries += 1;
  const Duration delay = retry_delay(own.tries);
  if (own.waiting && own.tries == 1)
    output_.events.push_back(PublishDelayed{*own.waiting, did, facts, delay});
  rest(entry, now.instant + delay);
}

void Cards::rest(OwnEntry& entry, Instant until) {
  entry.second.stage = Stage::idle;
  set_timer(entry, until);
}

void Cards::on_own_timer(Now now, const std::string& did) {
  OwnEntry& entry = *own_.find(did);
  const Own& own = entry.second;
  const std::string patience = mycel::to_text(config_.wait_max);
  if (own.stage == Stage::looking) return on_looked(now, entry, {});
  if (own.stage == Stage::signing)
    return on_not_signed(now, entry, "the keystore gave no signature within " + patience);
  if (own.stage == Stage::putting)
    return on_not_put(now, entry, "the DHT gave no answer within " + patience);

  if (own.has_looked && !own.draft) counters_.put_again += 1;
  advance(now, entry);
}

void Cards::set_timer(OwnEntry& entry, Instant due) {
  deadlines_.cancel(entry.second.timer);
  entry.second.timer = deadlines_.add(due, {.own = entry.first, .lookup = {}});
}

Duration Cards::refresh_delay(Now now, const ProvenStatement& head) {
  const CardPayload& payload = head.payload();
  // A tenth of jitter, so that cards which were published together drift apart.
  const auto tenth =
      static_cast<std::uint64_t>(std::max<Duration::rep>(1, config_.republish.count() / 10));
  const Duration again =
      config_.republish - Duration{static_cast<Duration::rep>(rng_.below(tenth))};
  const UnixTime end = payload.is_revoked ? payload.expires : renewal_time(payload);
  return std::clamp<Duration>(end - now.unix, pause_min, std::max(again, pause_min));
}

Duration Cards::retry_delay(std::uint32_t tries) {
  Duration delay = config_.retry_min;
  for (std::uint32_t i = 1; i < tries && delay < config_.retry_max; ++i) delay *= 2;
  return std::min(delay, config_.retry_max);
}

Cards::OwnEntry* Cards::waiting_for(Stage stage, std::uint64_t step) {
  for (OwnEntry& entry : own_)
    if (entry.second.stage == stage && entry.second.step == step) return &entry;
  return nullptr;
}

std::vector<OwnCard> Cards::list() const {
  std::vector<OwnCard> list;
  for (const auto& [did, own] : own_) {
    if (!own.head) continue;
    const CardPayload& payload = own.head->payload();
    OwnCard card{.did = did,
                 .key = own.key,
                 .sequence = payload.sequence,
                 .issued = payload.issued,
                 .expires = payload.expires,
                 .is_revoked = payload.is_revoked,
                 .stored = own.stored};
    if (!payload.is_revoked) {
      card.name = own.head->card()->name;
      card.cid = wire::raw_cid(payload.document);
    }
    list.push_back(std::move(card));
  }
  return list;
}

// Look-ups.

Result<ResolveId, std::string> Cards::resolve(Now now, const std::string& did, bool may_be_cached) {
  if (!wire::parse_did(did)) return Err{"\"" + did + "\" is not the did:key of an Ed25519 key"};
  if (lookups_.size() >= config_.resolves_max)
    return Err{std::to_string(config_.resolves_max) +
               " cards are being looked up already, which is the limit"};
  const ResolveId id = resolve_ids_.next();
  const GetId get = get_ids_.next();
  lookups_.emplace(get, Lookup{.id = id,
                               .did = did,
                               .timer = deadlines_.add(now.instant + config_.wait_max,
                                                       {.own = {}, .lookup = get})});
  output_.gets.push_back({get, card_key(did), may_be_cached});
  return id;
}

void Cards::on_got(Now now, GetId id, const Found& found) {
  if (OwnEntry* entry = waiting_for(Stage::looking, id.value()))
    return on_looked(now, *entry, found);
  const auto lookup = lookups_.extract(id);
  if (lookup.empty()) return;
  deadlines_.cancel(lookup.mapped().timer);
  conclude(now, lookup.mapped(), found);
}

Cards::Best Cards::best_of(const std::string& did, const Found& found) {
  Best best;
  const auto count_max = std::min(found.values.size(), values_max);
  for (const Bytes& value : std::span(found.values).first(count_max)) {
    auto statement = prove(value, did);
    if (!statement) {
      count(statement.error().reason);
      if (!best.refused) best.refused = statement.error();
      continue;
    }
    if (best.statement && is_equivocation(*best.statement, *statement)) {
      counters_.conflicts += 1;
      output_.events.push_back(Forked{did, best.statement->envelope(), statement->envelope()});
    }
    if (!best.statement || is_better(*statement, *best.statement))
      best.statement = std::move(*statement);
  }
  return best;
}

void Cards::conclude(Now now, const Lookup& lookup, const Found& found) {
  Best best = best_of(lookup.did, found);
  if (const auto own = own_.find(lookup.did); own != own_.end() && own->second.head) {
    // We know our own cards better than the DHT does, unless another node of ours wrote since.
    if (best.statement && own->second.stage == Stage::idle) adopt(*own, *best.statement);
    if (!best.statement || is_better(*own->second.head, *best.statement))
      best.statement = own->second.head;
  }
  if (!best.statement) {
    if (best.refused) return refuse(lookup, *best.refused);
    counters_.not_found += 1;
    output_.events.push_back(NotFound{lookup.id, lookup.did, found.facts});
    return;
  }
  if (const auto fit = check_known(lookup.did, *best.statement); !fit)
    return refuse(lookup, fit.error());
  auto card = verify_card(*best.statement, now.unix);
  // A statement from the future is not yet a reason to refuse what comes before it.
  if (card || card.error().reason != Refusal::not_yet_valid)
    known_.set(lookup.did, head_of(*best.statement), output_.persist);
  if (!card) {
    count(card.error().reason);
    return refuse(lookup, card.error());
  }
  counters_.resolved += 1;
  output_.events.push_back(Resolved{lookup.id, std::move(*card)});
}

Result<void, Refused> Cards::check_known(const std::string& did, const ProvenStatement& statement) {
  const Head* known = known_.find(did);
  if (known == nullptr) return {};
  if (known->sequence == statement.payload().sequence &&
      known->payload_hash != statement.payload_hash()) {
    probe("a known statement met another one with its sequence");
    counters_.conflicts += 1;
  }
  auto fit = check_succession(*known, statement);
  if (!fit) {
    counters_.ordering_violations += 1;
    count(fit.error().reason);
  }
  return fit;
}

void Cards::refuse(const Lookup& lookup, const Refused& why) {
  output_.events.push_back(ResolveRefused{lookup.id, lookup.did, why});
}

void Cards::count(Refusal reason) {
  counters_.verification_failures[static_cast<std::size_t>(reason)] += 1;
}

void Cards::on_deadline(Now now) {
  while (const auto due = deadlines_.pop_due(now.instant)) {
    if (!due->own.empty()) {
      on_own_timer(now, due->own);
    } else if (const auto lookup = lookups_.extract(due->lookup); !lookup.empty()) {
      conclude(now, lookup.mapped(),
               {.values = {},
                .facts = "the DHT gave no answer within " + mycel::to_text(config_.wait_max)});
    }
  }
}

void Cards::take_output(Output& output) {
  std::swap(output, output_);
}

}  // namespace mycel::agents
