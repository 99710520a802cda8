#include "node/parts/cards_part.hpp"

#include <algorithm>
#include <utility>

namespace mycel::parts {
namespace {

constexpr std::string_view default_agent = "default";

std::string in_words(const dht::Facts& facts) {
  return "asked " + std::to_string(facts.asked) + " nodes, " + std::to_string(facts.answered) +
         " answered, " + std::to_string(facts.failed) + " failed";
}

// Values that the DHT layer refused never reach the cards: their reason is still the best answer.
Refusal not_found(const std::string& text, const dht::VerdictCounts& refused) {
  for (const auto verdict :
       {dht::Verdict::expired, dht::Verdict::bad_signature, dht::Verdict::content_hash_mismatch,
        dht::Verdict::broken_chain, dht::Verdict::malformed, dht::Verdict::wrong_key,
        dht::Verdict::from_future}) {
    if (refused.of(verdict) == 0) continue;
    const std::string reason(to_text(verdict));
    return {reason, "what was found under this DID was refused: " + reason};
  }
  return {"not_found", text};
}

}  // namespace

CardsPart::CardsPart(PartPorts ports, agents::Config config, Rng rng, AgentKeys& keys, DhtEdges dht,
                     OnEvent on_event)
    : ports_(std::move(ports)),
      keys_(keys),
      dht_(std::move(dht)),
      on_event_(std::move(on_event)),
      driver_(
          ports_.driver, agents::Cards(std::move(config), rng),
          [this](agents::Output& output) { perform(output); },
          [this](agents::Output& output) { perform_early(output); }) {}

Result<void, ports::StoreError> CardsPart::load() {
  return ports_.driver.store.scan(Table::cards, {}, [this](ByteView key, ByteView value) {
    const auto loaded =
        driver_.tell([&](agents::Cards& cards, Now) { return cards.load(key, value); });
    if (!loaded) ports_.log.warn("a stored card cannot be read", {{"why", loaded.error()}});
    return true;
  });
}

void CardsPart::start() {
  driver_.tell([](agents::Cards& cards, Now now) { cards.start(now); });
}

void CardsPart::publish(std::string_view document, Then<agents::Published> then) {
  const auto refuse = [&](std::string reason, std::string text) {
    ports_.events.post(
        [then, why = Refusal{std::move(reason), std::move(text)}] { then(Err{why}); });
  };
  const auto file = agents::parse_card_file(document);
  if (!file) return refuse("bad_card", to_text(file.error()));
  const std::string key(file->agent.empty() ? default_agent : std::string_view(file->agent));
  const auto did = keys_.did_of(key);
  if (!did) return refuse("bad_key", did.error());
  const auto id = driver_.tell([&](agents::Cards& cards, Now now) {
    return cards.publish(now, {.did = *did, .key = key, .document = document});
  });
  if (!id) return refuse("bad_card", to_text(id.error()));
  publishing_.emplace(*id, std::move(then));
}

void CardsPart::revoke(const std::string& did, Then<agents::Published> then) {
  const auto id =
      driver_.tell([&](agents::Cards& cards, Now now) { return cards.revoke(now, did); });
  if (id) return void(publishing_.emplace(*id, std::move(then)));
  ports_.events.post(
      [then = std::move(then), text = id.error()] { then(Err{Refusal{"not_own", text}}); });
}

void CardsPart::resolve(const std::string& did, const CardSearch& how, Then<CardFound> then) {
  const Bytes key = agents::card_key(did);
  if (how.is_explained) explained_.insert(key);  // before the machine asks for the look-up
  const bool may_be_cached = how.may_be_cached && !how.is_explained;
  const auto id = driver_.tell(
      [&](agents::Cards& cards, Now now) { return cards.resolve(now, did, may_be_cached); });
  if (id) return void(resolving_.emplace(*id, Resolving{key, std::move(then)}));
  if (!is_resolving(key)) explained_.erase(key);
  ports_.events.post(
      [then = std::move(then), text = id.error()] { then(Err{Refusal{"bad_did", text}}); });
}

void CardsPart::perform_early(agents::Output& output) {
  for (const agents::Sign& what : output.signs) sign(what);
  for (const agents::Get& what : output.gets) get(what);
}

void CardsPart::perform(agents::Output& output) {
  for (const agents::Put& what : output.puts) put(what);
  for (agents::Event& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event(event); });
}

void CardsPart::sign(const agents::Sign& what) {
  keys_.sign(what.key, what.bytes,
             [this, alive = std::weak_ptr<int>(alive_),
              id = what.id](Result<Bytes, std::string> signature) {
               if (alive.expired()) return;
               driver_.tell([&](agents::Cards& cards, Now now) {
                 signature ? cards.on_signed(now, id, *signature)
                           : cards.on_sign_failed(now, id, signature.error());
               });
             });
}

void CardsPart::put(const agents::Put& what) {
  dht_.put(what.key, what.value, [this, id = what.id](const dht::LookupDone& done) {
    const auto* stored = std::get_if<dht::Stored>(&done.result);
    const auto* refused = std::get_if<dht::Refused>(&done.result);
    const std::string facts = refused != nullptr
                                  ? "refused here: " + std::string(to_text(refused->reason))
                                  : in_words(done.facts);
    driver_.tell([&](agents::Cards& cards, Now now) {
      cards.on_put_done(now, id, {stored != nullptr ? stored->count : 0U, facts});
    });
  });
}

void CardsPart::get(const agents::Get& what) {
  dht_.get(what.key,
           {.may_be_cached = what.may_be_cached, .is_explained = explained_.contains(what.key)},
           [this, id = what.id, key = what.key](const dht::LookupDone& done) {
             agents::Found found{.values = {}, .facts = in_words(done.facts)};
             Search search{.facts = done.facts,
                           .from = {},
                           .is_cached = false,
                           .refused = {},
                           .explanation = done.explanation};
             if (const auto* value = std::get_if<dht::Value>(&done.result)) {
               found.values.push_back(value->value);
               search.from = value->from;
               search.is_cached = value->is_cached;
             } else if (const auto* nothing = std::get_if<dht::NotFound>(&done.result)) {
               search.refused = nothing->refused;
             }
             if (is_resolving(key)) searches_[key] = search;
             driver_.tell([&](agents::Cards& cards, Now now) { cards.on_got(now, id, found); });
           });
}

bool CardsPart::is_resolving(const Bytes& key) const {
  return std::ranges::any_of(resolving_, [&](const auto& one) { return one.second.key == key; });
}

void CardsPart::on_event(const agents::Event& event) {
  on_event_(event);
  if (const auto* published = std::get_if<agents::Published>(&event)) {
    end_publish(published->id, *published);
  } else if (const auto* delayed = std::get_if<agents::PublishDelayed>(&event)) {
    end_publish(
        delayed->id,
        Err{Refusal{"delayed", "the card is signed and kept, but no other node took it yet (" +
                                   delayed->text + "); it is tried again in " +
                                   std::to_string(milliseconds(delayed->retry_in) / 1000) + " s"}});
  } else if (const auto* failed = std::get_if<agents::PublishFailed>(&event)) {
    end_publish(failed->id, Err{Refusal{"not_published", failed->text}});
  } else if (const auto* resolved = std::get_if<agents::Resolved>(&event)) {
    end_resolve(resolved->id, [&](Search& search) -> Result<CardFound, Refusal> {
      return CardFound{resolved->card, search.facts, search.from, search.is_cached,
                       search.explanation};
    });
  } else if (const auto* refused = std::get_if<agents::ResolveRefused>(&event)) {
    end_resolve(refused->id, [&](Search&) -> Result<CardFound, Refusal> {
      return Err{Refusal{std::string(to_text(refused->why.reason)), refused->why.text}};
    });
  } else if (const auto* missing = std::get_if<agents::NotFound>(&event)) {
    end_resolve(missing->id, [&](Search& search) -> Result<CardFound, Refusal> {
      return Err{not_found(missing->text, search.refused)};
    });
  }
}

void CardsPart::end_publish(agents::PublishId id,
                            const Result<agents::Published, Refusal>& result) {
  if (const auto waiting = publishing_.extract(id)) waiting.mapped()(result);
}

void CardsPart::end_resolve(agents::ResolveId id,
                            const std::function<Result<CardFound, Refusal>(Search&)>& make) {
  const auto waiting = resolving_.extract(id);
  if (!waiting) return;
  const Bytes& key = waiting.mapped().key;
  Search search;
  const auto entry = searches_.find(key);
  if (entry != searches_.end()) search = entry->second;
  if (!is_resolving(key)) {
    searches_.erase(key);
    explained_.erase(key);
  }
  waiting.mapped().then(make(search));
}

}  // namespace mycel::parts
