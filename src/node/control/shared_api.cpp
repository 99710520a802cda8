// The routes of shared records.

#include <utility>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/multibase.hpp"

#include "node/control/api.hpp"
#include "node/control/json_words.hpp"

namespace mycel::control {
namespace {

http::Response bad_input(std::string_view text) {
  return refuse(400, "bad_input", text);
}

json::object to_json(const agents::Place& place) {
  json::object row{{"writer", wire::to_did(place.grant.word.writer)},
                   {"granted", place.grant.word.sequence}};
  if (!place.entry) return row;
  const agents::SharedEntry& entry = place.entry->word;
  row["sequence"] = entry.sequence;
  row["issued"] = control::to_text(entry.issued);
  if (entry.value.empty()) return row;
  row["base64url"] = wire::to_base64url(entry.value);
  if (const auto text = as_utf8(entry.value)) row["value"] = *text;
  return row;
}

/// Who may write, and what they say.
json::object to_json(const agents::SharedName& name, const parts::SharedFound& found) {
  json::array entries;
  json::array removed;
  for (const auto& [writer, place] : found.record.places()) {
    if (place.grant.word.is_removal)
      removed.emplace_back(wire::to_did(writer));
    else
      entries.emplace_back(to_json(place));
  }
  json::object body{{"owner", name.owner},           {"name", name.name},
                    {"entries", std::move(entries)}, {"removed", std::move(removed)},
                    {"answers", found.answers},      {"cached", found.is_cached}};
  add_facts(body, found.facts);
  return body;
}

}  // namespace

/// Tells whoever asked for a change how it ended.
parts::Then<parts::SharedChanged> Api::when_changed(const http::Reply& reply) {
  return [this, reply](const Result<parts::SharedChanged, parts::Refusal>& changed) {
    const auto& failed = daemon_.wiring().store_failure();
    if (failed) return reply(unwritable(*failed));
    if (!changed) return reply(refuse(changed.error()));
    json::object body{{"owner", changed->record.owner},
                      {"name", changed->record.name},
                      {"did", changed->did},
                      {"sequence", changed->sequence},
                      {"stored", changed->stored.count},
                      {"of", changed->stored.of},
                      {"goes_on", changed->stored.goes_on}};
    add_facts(body, changed->facts);
    reply(answer(body));
  };
}

void Api::create_shared(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  if (!body) return reply(bad_input("the body must be a JSON object with the field name"));
  std::vector<std::string> writers;
  if (const auto* list = body->if_contains("writers"); list != nullptr && list->is_array())
    for (const json::value& writer : list->get_array())
      writers.emplace_back(writer.is_string() ? std::string_view(writer.get_string()) : "");
  daemon_.wiring().shared().create(text_field(*body, "agent"), text_field(*body, "name"), writers,
                                   when_changed(reply));
}

void Api::admit_to_shared(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  if (!body) return reply(bad_input("the body must be a JSON object with name and did"));
  daemon_.wiring().shared().admit(text_field(*body, "agent"), text_field(*body, "name"),
                                  text_field(*body, "did"), when_changed(reply));
}

void Api::remove_from_shared(const http::Request& request, const http::Reply& reply) {
  daemon_.wiring().shared().remove(parameter(request, "agent"), parameter(request, "name"),
                                   parameter(request, "did"), when_changed(reply));
}

void Api::set_shared(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  const auto value = wire::parse_base64url(body ? text_field(*body, "value") : "");
  if (!body || !value)
    return reply(bad_input("the body must name owner, name, and a value in base64url"));
  daemon_.wiring().shared().set(text_field(*body, "agent"),
                                {text_field(*body, "owner"), text_field(*body, "name")}, *value,
                                when_changed(reply));
}

void Api::get_shared(const http::Request& request, const http::Reply& reply) {
  const agents::SharedName name{parameter(request, "owner"), parameter(request, "name")};
  daemon_.wiring().shared().get(
      name, !is_fresh(request),
      [reply, name](const Result<parts::SharedFound, parts::Refusal>& found) {
        reply(found ? answer(to_json(name, *found)) : refuse(found.error()));
      });
}

}  // namespace mycel::control
