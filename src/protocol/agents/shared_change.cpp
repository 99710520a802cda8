#include "protocol/agents/shared_change.hpp"

#include <algorithm>

#include "foundation/base/check.hpp"
#include "foundation/wire/did_key.hpp"

namespace mycel::agents {
namespace {

using Key = crypto::Ed25519PublicKey;

Err<SharedProblem> problem(std::string reason, std::string text) {
  return Err{SharedProblem{std::move(reason), std::move(text)}};
}
Err<SharedProblem> no_record(const SharedName& record) {
  return problem("not_found", "no shared record " + record.name + " of " + record.owner +
                                  " was found; its owner makes it with `mycel shared create " +
                                  record.name + "`");
}
Err<SharedProblem> full(const SharedName& record) {
  return problem("full", record.name + " has " + std::to_string(shared_places_max) +
                             " places, and who was taken off keeps one; make another record");
}

Result<Key, SharedProblem> key_of(const std::string& did) {
  const auto key = wire::parse_did(did);
  if (!key) return problem("bad_did", "\"" + did + "\" is not the did:key of an Ed25519 key");
  return *key;
}

crypto::Digest digest_of(const SharedName& record) {
  const auto key = shared_key(record);
  check(static_cast<bool>(key), "a record that is changed has a key");
  return crypto::sha256(*key);
}

SharedDraft draft_grant(const SharedName& record, const Key& writer, std::uint64_t sequence,
                        bool is_removal) {
  return {SharedWord::grant,
          sequence,
          encode(Grant{digest_of(record), writer, sequence, is_removal}),
          {}};
}

bool may_write(const Place* place) {
  return place != nullptr && !place->grant.word.is_removal;
}

}  // namespace

SharedDrafts draft_record(const SharedName& record, const std::vector<std::string>& writers,
                          const SharedRecord* known) {
  if (known != nullptr)
    return problem("exists", record.owner + " has a shared record " + record.name +
                                 " already; let others write in it with `mycel shared admit " +
                                 record.name + " DID`");
  std::vector<Key> keys{*wire::parse_did(record.owner)};
  for (const std::string& did : writers) {
    const auto key = key_of(did);
    if (!key) return Err{key.error()};
    if (std::ranges::find(keys, *key) == keys.end()) keys.push_back(*key);
  }
  if (keys.size() > shared_places_max) return full(record);
  std::vector<SharedDraft> drafts;
  drafts.reserve(keys.size());
  for (const Key& key : keys) drafts.push_back(draft_grant(record, key, drafts.size() + 1, false));
  return drafts;
}

SharedDrafts draft_admission(const SharedName& record, const std::string& did,
                             const SharedRecord* known) {
  const auto key = key_of(did);
  if (!key) return Err{key.error()};
  if (known == nullptr) return no_record(record);
  const Place* place = known->place_of(*key);
  if (may_write(place))
    return problem("is_a_writer", did + " may write in " + record.name + " already");
  if (place == nullptr && known->places().size() >= shared_places_max) return full(record);
  return std::vector{draft_grant(record, *key, known->next_sequence(), false)};
}

SharedDrafts draft_removal(const SharedName& record, const std::string& did,
                           const SharedRecord* known) {
  const auto key = key_of(did);
  if (!key) return Err{key.error()};
  if (known == nullptr) return no_record(record);
  if (!may_write(known->place_of(*key)))
    return problem("not_a_writer", did + " is no writer of " + record.name +
                                       "; `mycel shared get " + record.owner + " " + record.name +
                                       "` lists them");
  return std::vector{draft_grant(record, *key, known->next_sequence(), true)};
}

SharedDrafts draft_entry(const SharedName& record, const std::string& writer, const Bytes& value,
                         UnixTime now, const SharedRecord* known) {
  if (value.size() > shared_value_size_max_bytes)
    return problem("too_large", "the text has " + std::to_string(value.size()) +
                                    " bytes; at most " +
                                    std::to_string(shared_value_size_max_bytes) + " are allowed");
  const auto key = key_of(writer);
  if (!key) return Err{key.error()};
  if (known == nullptr) return no_record(record);
  const Place* place = known->place_of(*key);
  if (!may_write(place))
    return problem("not_a_writer", "this node's agent " + writer + " may not write in " +
                                       record.name +
                                       "; its owner can let it with `mycel shared admit " +
                                       record.name + " " + writer + "`");
  const std::uint64_t sequence = place->entry ? place->entry->word.sequence + 1 : 1;
  return std::vector{SharedDraft{SharedWord::entry, sequence,
                                 encode(SharedEntry{place->grant.hash, sequence, now, value}),
                                 place->grant.envelope}};
}

Bytes signing_bytes(const SharedDraft& draft) {
  return shared_signing_bytes(draft.word, draft.payload);
}

Bytes value_of(const SharedDraft& draft, std::string_view did, ByteView signature) {
  const Bytes envelope = seal_shared(draft.word, *wire::parse_did(did), draft.payload, signature);
  if (draft.word == SharedWord::grant) return shared_value(envelope);
  return shared_value(draft.grant, envelope);
}

}  // namespace mycel::agents
