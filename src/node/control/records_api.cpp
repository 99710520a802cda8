// The routes of values and providers.

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "foundation/crypto/hash.hpp"
#include "foundation/wire/cid.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/multihash.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "node/control/api.hpp"
#include "node/control/explain_json.hpp"
#include "node/control/json_words.hpp"

namespace mycel::control {
namespace {

bool is_set(const json::object& body, std::string_view flag) {
  const auto* field = body.if_contains(flag);
  return field != nullptr && field->is_bool() && field->get_bool();
}

http::Response bad_input(std::string_view text) {
  return refuse(400, "bad_input", text);
}

void add_explanation(json::object& body, const dht::LookupDone& done) {
  if (done.explanation) body["explain"] = to_json(*done.explanation);
}

std::optional<Bytes> multihash_in(const std::string& cid) {
  const auto parsed = wire::parse_cid(cid);
  if (!parsed) return std::nullopt;
  return wire::encode(parsed->hash);
}

/// An answer of the DHT that is not what was hoped for.
http::Response disappoint(const dht::LookupDone& done, std::string_view what) {
  if (const auto* refused = std::get_if<dht::Refused>(&done.result)) {
    const std::string reason(to_text(refused->reason));
    return refuse(409, reason, std::string(what) + " is refused by this node's rules: " + reason);
  }
  if (std::holds_alternative<dht::Overloaded>(done.result))
    return refuse(503, "overloaded", "too many lookups are under way; try again in a moment");
  json::object body{
      {"error", std::string(what) + " was not found; asked " + std::to_string(done.facts.asked) +
                    " nodes, " + std::to_string(done.facts.answered) + " answered"},
      {"reason", "not_found"}};
  add_facts(body, done.facts);
  add_explanation(body, done);
  return answer(body, 404);
}

}  // namespace

void Api::put_record(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  const std::string key_text = body ? text_field(*body, "key") : "";
  const auto value = wire::parse_base64url(body ? text_field(*body, "value") : "");
  if (key_text.empty() || !value)
    return reply(bad_input("the body must name a key and a value in base64url"));
  const Bytes key = Bytes::copy(key_text);
  if (is_set(*body, "unchecked")) {
    daemon_.wiring().put_unchecked(key, *value, [reply, key_text](const dht::Stored& stored) {
      if (stored.count > 0)
        return reply(answer({{"key", key_text}, {"stored", stored.count}, {"of", stored.of}}));
      reply(refuse(
          409, "refused_by_others",
          "none of " + std::to_string(stored.of) + " nodes took the value under " + key_text));
    });
    return;
  }
  const bool is_witnessed = is_set(*body, "witnessed");
  const dht::PutOptions options{.is_patient = is_witnessed || is_set(*body, "all")};
  daemon_.wiring().dht().look_up(
      [&](dht::Dht& dht, Now now) { return dht.put(now, key, *value, options); },
      [this, reply, key_text, value = *value, is_witnessed](const dht::LookupDone& done) {
        const auto& failed = daemon_.wiring().store_failure();
        if (failed) return reply(unwritable(*failed));
        const auto* stored = std::get_if<dht::Stored>(&done.result);
        if (stored == nullptr) return reply(disappoint(done, "a value under " + key_text));
        json::object answered{{"key", key_text},
                              {"stored", stored->count},
                              {"of", stored->of},
                              {"goes_on", stored->goes_on}};
        add_facts(answered, done.facts);
        if (!is_witnessed) return reply(answer(answered));
        const auto target = std::ranges::find_if(
            stored->by, [](const PeerId& peer) { return wire::ed25519_key(peer).has_value(); });
        witness({.target = target != stored->by.end() ? *target : PeerId{},
                 .key = crypto::sha256(as_bytes(key_text)),
                 .kind = dht::witness::OperationKind::store,
                 .data = crypto::sha256(value)},
                {"nearest_stored", stored->by}, std::move(answered), reply);
      });
}

void Api::get_record(const http::Request& request, const http::Reply& reply) {
  const std::string key_text = parameter(request, "key");
  if (key_text.empty()) return reply(bad_input("the query must name a key"));
  const bool is_witnessed = parameter(request, "witnessed") == "true";
  const bool is_explained = is_witnessed || parameter(request, "explain") == "true";
  const dht::GetOptions options{
      .quorum =
          std::clamp(std::strtoul(parameter(request, "quorum").c_str(), nullptr, 10), 1UL, 20UL),
      .may_be_cached = !is_fresh(request) && !is_explained,
      .is_explained = is_explained};
  daemon_.wiring().dht().look_up(
      [&](dht::Dht& dht, Now now) { return dht.get(now, Bytes::copy(key_text), options); },
      [this, reply, key_text, is_witnessed](const dht::LookupDone& done) {
        const auto* value = std::get_if<dht::Value>(&done.result);
        if (value == nullptr) return reply(disappoint(done, key_text));
        json::object body{{"key", key_text},
                          {"base64url", wire::to_base64url(value->value)},
                          {"from", wire::to_text(value->from)},
                          {"answers", value->answers},
                          {"cached", value->is_cached}};
        if (const auto text = as_utf8(value->value)) body["value"] = *text;
        add_facts(body, done.facts);
        add_explanation(body, done);
        if (!is_witnessed) return reply(answer(body));
        Met met{"nearest_asked", {}};
        for (const dht::Step& step : done.explanation->steps()) met.peers.push_back(step.peer);
        witness({.target = value->from,
                 .key = crypto::sha256(value->key),
                 .kind = dht::witness::OperationKind::retrieve,
                 .data = crypto::sha256(value->value)},
                std::move(met), std::move(body), reply);
      });
}

/// Has what was just done at a node witnessed there, and answers when that has ended.
void Api::witness(const dht::witness::Ask& ask, Met met, json::object body,
                  const http::Reply& reply) {
  const auto tell = [reply, body = std::move(body), met = std::move(met),
                     self = daemon_.wiring().self()](const Witnessed& witnessed) {
    json::object answered = body;
    answered["witnesses"] = to_json(witnessed, met, self);
    reply(answer(answered));
  };
  parts::WitnessPart* const part = daemon_.wiring().witness();
  if (part == nullptr)
    return tell(Err{parts::Refusal{"no_witness", "this node takes no part in witnessing"}});
  if (ask.target.is_none())
    return tell(Err{parts::Refusal{"no_target", "nobody who confirmed can be a target"}});
  if (ask.target == daemon_.wiring().self())
    return tell(Err{parts::Refusal{"own", "this node held the value itself and asked nobody"}});
  part->collect(ask, tell);
}

void Api::provide(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  const std::string cid = body ? text_field(*body, "cid") : "";
  const auto key = multihash_in(cid);
  if (!key)
    return reply(bad_input("\"" + cid + "\" is no content id; write a CID such as bafkrei..."));
  daemon_.wiring().dht().look_up(
      [&](dht::Dht& dht, Now now) { return dht.provide(now, *key); },
      [reply, cid](const dht::LookupDone& done) {
        const auto* stored = std::get_if<dht::Stored>(&done.result);
        if (stored == nullptr) return reply(disappoint(done, cid));
        json::object answered{{"cid", cid}, {"told", stored->count}, {"goes_on", stored->goes_on}};
        add_facts(answered, done.facts);
        reply(answer(answered));
      });
}

void Api::find_providers(const http::Request& request, const http::Reply& reply) {
  const std::string cid = parameter(request, "cid");
  const auto key = multihash_in(cid);
  if (!key)
    return reply(bad_input("\"" + cid + "\" is no content id; write a CID such as bafkrei..."));
  const std::size_t count =
      std::clamp(std::strtoul(parameter(request, "count").c_str(), nullptr, 10), 1UL, 1000UL);
  daemon_.wiring().dht().look_up(
      [&](dht::Dht& dht, Now now) { return dht.find_providers(now, *key, count); },
      [reply, cid](const dht::LookupDone& done) {
        const auto* found = std::get_if<dht::Providers>(&done.result);
        if (found == nullptr || found->providers.empty())
          return reply(disappoint(done, "a provider of " + cid));
        json::array rows;
        for (const PeerInfo& provider : found->providers)
          rows.push_back(json::object{{"peer", wire::to_text(provider.id)},
                                      {"addrs", control::to_json(provider.addresses)}});
        json::object body{{"cid", cid}, {"providers", std::move(rows)}};
        add_facts(body, done.facts);
        reply(answer(body));
      });
}

}  // namespace mycel::control
