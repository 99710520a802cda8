#include "node/parts/shared_part.hpp"

#include <algorithm>
#include <utility>

namespace mycel::parts {
namespace {

constexpr std::string_view default_agent = "default";
// Each is a lookup and a put; people make them one at a time.
constexpr std::size_t changes_max = 64;

/// What a lookup found; none when that is no record.
Result<SharedFound, Refusal> found_by(const Bytes& key, const dht::LookupDone& done) {
  const std::string name(as_text(key));
  const auto* value = std::get_if<dht::Value>(&done.result);
  if (value == nullptr) {
    if (std::holds_alternative<dht::Overloaded>(done.result))
      return Err{Refusal{"overloaded", "too many lookups are under way; try again in a moment"}};
    if (const auto* nothing = std::get_if<dht::NotFound>(&done.result);
        nothing != nullptr && nothing->refused.refused() > 0)
      return Err{Refusal{"refused", "all that was found under " + name + " was refused; " +
                                        "`mycel record get " + name + " --explain` shows why"}};
    return Err{Refusal{"not_found", name + " was not found; asked " +
                                        std::to_string(done.facts.asked) + " nodes, " +
                                        std::to_string(done.facts.answered) + " answered"}};
  }
  auto record = agents::prove_shared(key, value->value);
  if (!record) {
    const std::string why(to_text(record.error()));
    return Err{Refusal{why, "what was found under " + name + " was refused: " + why}};
  }
  return SharedFound{*std::move(record), value->answers, value->is_cached, done.facts};
}

}  // namespace

/// A change on its way: read, signed word by word, put.
struct SharedPart::Change {
  std::string agent;
  std::string did;
  agents::SharedName record;
  Bytes key;
  Plan plan;
  Then<SharedChanged> then;
  std::vector<agents::SharedDraft> drafts;
  std::size_t signed_count = 0;
  Bytes value;  ///< the merge of what was read and what was signed so far
};

SharedPart::SharedPart(PartPorts ports, AgentKeys& keys, DhtEdges dht)
    : ports_(std::move(ports)), keys_(keys), dht_(std::move(dht)) {}

void SharedPart::create(const std::string& agent, const std::string& name,
                        const std::vector<std::string>& writers, Then<SharedChanged> then) {
  begin(
      agent, {.owner = {}, .name = name},
      [name, writers](const std::string& did, const agents::SharedRecord* known) {
        return agents::draft_record({did, name}, writers, known);
      },
      std::move(then));
}

void SharedPart::admit(const std::string& agent, const std::string& name, const std::string& writer,
                       Then<SharedChanged> then) {
  begin(
      agent, {.owner = {}, .name = name},
      [name, writer](const std::string& did, const agents::SharedRecord* known) {
        return agents::draft_admission({did, name}, writer, known);
      },
      std::move(then));
}

void SharedPart::remove(const std::string& agent, const std::string& name,
                        const std::string& writer, Then<SharedChanged> then) {
  begin(
      agent, {.owner = {}, .name = name},
      [name, writer](const std::string& did, const agents::SharedRecord* known) {
        return agents::draft_removal({did, name}, writer, known);
      },
      std::move(then));
}

void SharedPart::set(const std::string& agent, const agents::SharedName& record, const Bytes& value,
                     Then<SharedChanged> then) {
  begin(
      agent, record,
      [this, record, value](const std::string& did, const agents::SharedRecord* known) {
        return agents::draft_entry(record, did, value, ports_.timers.now().unix, known);
      },
      std::move(then));
}

void SharedPart::get(const agents::SharedName& record, bool may_be_cached, Then<SharedFound> then) {
  const auto key = agents::shared_key(record);
  if (!key)
    return ports_.events.post(
        [then = std::move(then), text = key.error()] { then(Err{Refusal{"bad_input", text}}); });
  dht_.get(*key, may_be_cached, [key = *key, then = std::move(then)](const dht::LookupDone& done) {
    then(found_by(key, done));
  });
}

/// Without an owner the record is the agent's own.
void SharedPart::begin(const std::string& agent, agents::SharedName record, Plan plan,
                       Then<SharedChanged> then) {
  const auto refuse = [&](std::string reason, std::string text) {
    ports_.events.post(
        [then, why = Refusal{std::move(reason), std::move(text)}] { then(Err{why}); });
  };
  const std::string name = agent.empty() ? std::string(default_agent) : agent;
  const auto did = keys_.did_of(name);
  if (!did) return refuse("bad_key", did.error());
  if (record.owner.empty()) record.owner = *did;
  const auto key = agents::shared_key(record);
  if (!key) return refuse("bad_input", key.error());
  if (changing_.size() >= changes_max)
    return refuse("busy", std::to_string(changes_max) +
                              " shared records are being changed, which is the limit; try again");
  if (!changing_.insert(*key).second)
    return refuse("busy", record.name + " is being changed by this node; try again in a moment");
  const auto change = std::make_shared<Change>(
      Change{name, *did, std::move(record), *key, std::move(plan), std::move(then), {}, 0, {}});
  dht_.get(*key, false, [this, change](const dht::LookupDone& done) { on_read(change, done); });
}

void SharedPart::on_read(const std::shared_ptr<Change>& change, const dht::LookupDone& done) {
  const auto found = found_by(change->key, done);
  if (!found && found.error().reason != "not_found") return end(change, Err{found.error()});
  auto drafts = change->plan(change->did, found ? &found->record : nullptr);
  if (!drafts) return end(change, Err{Refusal{drafts.error().reason, drafts.error().text}});
  change->drafts = *std::move(drafts);
  if (found) change->value = std::get_if<dht::Value>(&done.result)->value;
  sign_next(change);
}

void SharedPart::sign_next(const std::shared_ptr<Change>& change) {
  if (change->signed_count == change->drafts.size()) return put(change);
  const agents::SharedDraft& draft = change->drafts[change->signed_count];
  keys_.sign(change->agent, agents::signing_bytes(draft),
             [this, change,
              alive = std::weak_ptr<int>(alive_)](const Result<Bytes, std::string>& signature) {
               if (alive.expired()) return;
               if (!signature) return end(change, Err{Refusal{"not_signed", signature.error()}});
               const Bytes one =
                   agents::value_of(change->drafts[change->signed_count], change->did, *signature);
               change->value =
                   change->value.empty() ? one : agents::merge_shared(change->value, one);
               change->signed_count += 1;
               sign_next(change);
             });
}

void SharedPart::put(const std::shared_ptr<Change>& change) {
  dht_.put(change->key, change->value, [this, change](const dht::LookupDone& done) {
    const auto* stored = std::get_if<dht::Stored>(&done.result);
    if (stored != nullptr)
      return end(change, SharedChanged{change->record, change->did, change->drafts.back().sequence,
                                       *stored, done.facts});
    const auto* refused = std::get_if<dht::Refused>(&done.result);
    const std::string why(refused != nullptr ? to_text(refused->reason) : "overloaded");
    end(change, Err{Refusal{why, "the change of " + change->record.name +
                                     " was refused by this node's rules: " + why}});
  });
}

void SharedPart::end(const std::shared_ptr<Change>& change,
                     const Result<SharedChanged, Refusal>& result) {
  changing_.erase(change->key);
  change->then(result);
}

}  // namespace mycel::parts
