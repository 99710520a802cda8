#include "protocol/agents/shared_record.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "foundation/base/check.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::agents {
namespace {

constexpr std::uint64_t format_version = 1;
// Year 9999, as of cards.
constexpr std::uint64_t unix_ms_max = 253'402'300'799'999;
constexpr std::size_t did_size_max_bytes = 128;
// Fields that a later version may add are skipped; this many are looked at.
constexpr std::size_t fields_max = 16;

// Fields of a value and of a place.
constexpr std::uint32_t place_field = 1;
constexpr std::uint32_t grant_field = 1;
constexpr std::uint32_t entry_field = 2;

using Refused = Err<SharedRefusal>;

struct Form {
  std::string_view domain;
  std::string_view type;
  std::size_t size_max_bytes;
};
Form form_of(SharedWord word) {
  if (word == SharedWord::grant)
    return {"mycel-shared-grant", "/mycel/grant", grant_size_max_bytes};
  return {"mycel-shared-entry", "/mycel/entry", entry_size_max_bytes};
}

bool is_name(std::string_view text) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !text.empty() && text.size() <= shared_name_size_max &&
         text.find_first_not_of(letters) == std::string_view::npos;
}

/// The numbers and bytes of a payload, by field; what stands twice is malformed.
struct Fields {
  static constexpr std::uint32_t id_max = 5;
  std::array<std::optional<std::uint64_t>, id_max + 1> numbers;
  std::array<std::optional<ByteView>, id_max + 1> bytes;

  std::uint64_t number(std::uint32_t id) const { return numbers[id].value_or(0); }
  ByteView view(std::uint32_t id) const { return bytes[id].value_or(ByteView{}); }
};

Result<Fields, SharedRefusal> read_fields(ByteView payload) {
  Fields fields;
  wire::ProtoReader reader(payload);
  for (std::size_t count = 0; const auto read = reader.next(); ++count) {
    if (count == fields_max) return Refused{SharedRefusal::too_large};
    if (read->id > Fields::id_max) continue;
    if (fields.numbers[read->id] || fields.bytes[read->id])
      return Refused{SharedRefusal::malformed};
    if (read->kind == wire::ProtoField::Kind::number)
      fields.numbers[read->id] = read->number;
    else
      fields.bytes[read->id] = read->bytes;
  }
  if (!reader.ok()) return Refused{SharedRefusal::malformed};
  if (fields.number(1) != format_version) return Refused{SharedRefusal::unknown_version};
  return fields;
}

std::optional<crypto::Digest> digest_of(ByteView bytes) {
  crypto::Digest digest;
  if (bytes.size() != digest.bytes.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.bytes.begin());
  return digest;
}

bool is_sequence(std::uint64_t number) {
  return number >= 1 && number <= shared_sequence_max;
}

Result<Grant, SharedRefusal> decode_grant(ByteView payload) {
  const auto fields = read_fields(payload);
  if (!fields) return Refused{fields.error()};
  const auto record = digest_of(fields->view(2));
  const auto writer = crypto::Ed25519PublicKey::from(fields->view(3));
  const bool is_good = record && writer && is_sequence(fields->number(4)) && fields->number(5) <= 1;
  if (!is_good) return Refused{SharedRefusal::malformed};
  return Grant{*record, *writer, fields->number(4), fields->number(5) == 1};
}

Result<SharedEntry, SharedRefusal> decode_entry(ByteView payload) {
  const auto fields = read_fields(payload);
  if (!fields) return Refused{fields.error()};
  const auto grant = digest_of(fields->view(2));
  const bool is_good = grant && is_sequence(fields->number(3)) && fields->number(4) <= unix_ms_max;
  if (!is_good) return Refused{SharedRefusal::malformed};
  if (fields->view(5).size() > shared_value_size_max_bytes)
    return Refused{SharedRefusal::too_large};
  const auto issued = static_cast<std::int64_t>(fields->number(4));
  return SharedEntry{*grant, fields->number(3), UnixTime{CalendarClock::duration{issued}},
                     Bytes::copy(fields->view(5))};
}

/// The envelope, if it is the one spelling of what it holds: what stands around the payload is not
/// signed, and anybody could make a second value of it. The signature is not checked.
Result<wire::Envelope, SharedRefusal> read_envelope(SharedWord word, ByteView bytes) {
  const Form form = form_of(word);
  if (bytes.size() > form.size_max_bytes) return Refused{SharedRefusal::too_large};
  auto envelope = wire::decode_envelope(bytes);
  if (!envelope || !equal(envelope->payload_type, as_bytes(form.type)) ||
      !equal(wire::encode(*envelope), bytes))
    return Refused{SharedRefusal::malformed};
  return *std::move(envelope);
}

/// What a value must fulfil beyond its form.
struct Demands {
  crypto::Ed25519PublicKey owner;
  crypto::Digest record;
};

bool is_signed_by(const crypto::Ed25519PublicKey& key, SharedWord word,
                  const wire::Envelope& envelope) {
  return crypto::verify(key, shared_signing_bytes(word, envelope.payload), envelope.signature);
}

Result<Signed<Grant>, SharedRefusal> read_grant(ByteView bytes, const Demands* demands) {
  const auto envelope = read_envelope(SharedWord::grant, bytes);
  if (!envelope) return Refused{envelope.error()};
  const auto grant = decode_grant(envelope->payload);
  if (!grant) return Refused{grant.error()};
  if (demands != nullptr) {
    if (wire::ed25519_key(envelope->key) != demands->owner || grant->record != demands->record)
      return Refused{SharedRefusal::wrong_key};
    if (!is_signed_by(demands->owner, SharedWord::grant, *envelope))
      return Refused{SharedRefusal::bad_signature};
  }
  return Signed<Grant>{*grant, crypto::sha256(envelope->payload), Bytes::copy(bytes)};
}

Result<Signed<SharedEntry>, SharedRefusal> read_entry(ByteView bytes, const Signed<Grant>& grant,
                                                      const Demands* demands) {
  const auto envelope = read_envelope(SharedWord::entry, bytes);
  if (!envelope) return Refused{envelope.error()};
  auto entry = decode_entry(envelope->payload);
  if (!entry) return Refused{entry.error()};
  const bool is_covered = !grant.word.is_removal && entry->grant == grant.hash &&
                          wire::ed25519_key(envelope->key) == grant.word.writer;
  if (!is_covered) return Refused{SharedRefusal::not_a_writer};
  if (demands != nullptr && !is_signed_by(grant.word.writer, SharedWord::entry, *envelope))
    return Refused{SharedRefusal::bad_signature};
  return Signed<SharedEntry>{*std::move(entry), crypto::sha256(envelope->payload),
                             Bytes::copy(bytes)};
}

Result<Place, SharedRefusal> read_place(ByteView bytes, const Demands* demands) {
  std::optional<ByteView> grant_bytes;
  std::optional<ByteView> entry_bytes;
  wire::ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    auto* const to = field->is_bytes(grant_field)   ? &grant_bytes
                     : field->is_bytes(entry_field) ? &entry_bytes
                                                    : nullptr;
    if (to == nullptr || to->has_value()) return Refused{SharedRefusal::malformed};
    *to = field->bytes;
  }
  if (!reader.ok() || !grant_bytes) return Refused{SharedRefusal::malformed};
  auto grant = read_grant(*grant_bytes, demands);
  if (!grant) return Refused{grant.error()};
  Place place{*std::move(grant), std::nullopt};
  if (!entry_bytes) return place;
  auto entry = read_entry(*entry_bytes, place.grant, demands);
  if (!entry) return Refused{entry.error()};
  place.entry = *std::move(entry);
  return place;
}

void write_place(wire::ProtoWriter& writer, ByteView grant, ByteView entry) {
  wire::ProtoWriter place;
  place.bytes(grant_field, grant);
  if (!entry.empty()) place.bytes(entry_field, entry);
  writer.message(place_field, place);
}

Bytes encode(const Places& places) {
  wire::ProtoWriter writer;
  for (const auto& [key, place] : places)
    write_place(writer, place.grant.envelope.view(),
                place.entry ? place.entry->envelope.view() : ByteView{});
  return writer.take();
}

/// Without `demands` only the form is read, of what was proven before.
Result<Places, SharedRefusal> read_places(ByteView value, const Demands* demands) {
  if (value.size() > shared_size_max_bytes) return Refused{SharedRefusal::too_large};
  Places places;
  wire::ProtoReader reader(value);
  while (const auto field = reader.next()) {
    if (!field->is_bytes(place_field)) return Refused{SharedRefusal::malformed};
    if (places.size() == shared_places_max) return Refused{SharedRefusal::too_large};
    auto place = read_place(field->bytes, demands);
    if (!place) return Refused{place.error()};
    const crypto::Ed25519PublicKey writer = place->grant.word.writer;
    if (!places.emplace(writer, *std::move(place)).second) return Refused{SharedRefusal::malformed};
  }
  // Order and lengths are nobody's word: there is one spelling, so that equal records are equal.
  if (!reader.ok() || places.empty() || !equal(encode(places), value))
    return Refused{SharedRefusal::malformed};
  return places;
}

auto rank_of(const Signed<Grant>& grant) {
  return std::tuple(grant.word.sequence, grant.word.is_removal, grant.hash);
}

bool is_later(const Signed<SharedEntry>& a, const Signed<SharedEntry>& b) {
  return std::tie(a.word.sequence, a.hash, a.envelope) >
         std::tie(b.word.sequence, b.hash, b.envelope);
}

void join(Place& known, const Place& came) {
  if (rank_of(known.grant) > rank_of(came.grant)) return;
  if (rank_of(known.grant) < rank_of(came.grant)) {
    known = came;
    return;
  }
  // One grant; its owner may have signed it twice.
  known.grant.envelope = std::max(known.grant.envelope, came.grant.envelope);
  if (came.entry && (!known.entry || is_later(*came.entry, *known.entry))) known.entry = came.entry;
}

void drop_lowest(Places& places) {
  places.erase(std::ranges::min_element(
      places, {}, [](const auto& entry) { return rank_of(entry.second.grant); }));
}

}  // namespace

std::string_view to_text(SharedRefusal refusal) {
  static constexpr std::array<std::string_view, 6> words{
      "malformed", "unknown_version", "bad_signature", "wrong_key", "not_a_writer", "too_large"};
  return words[static_cast<std::size_t>(refusal)];
}

Result<Bytes, std::string> shared_key(const SharedName& record) {
  if (!wire::parse_did(record.owner))
    return Err{"\"" + record.owner + "\" is not the did:key of an Ed25519 key"};
  if (!is_name(record.name))
    return Err{"\"" + record.name + "\" is no name of a shared record; write 1 to " +
               std::to_string(shared_name_size_max) + " letters, digits, dots, dashes and _"};
  return Bytes::copy(std::string(shared_namespace) + record.owner + "/" + record.name);
}

std::optional<SharedName> shared_name_of(ByteView key) {
  std::string_view text = as_text(key);
  if (!text.starts_with(shared_namespace)) return std::nullopt;
  text.remove_prefix(shared_namespace.size());
  const auto end = text.find('/');
  if (end == std::string_view::npos || end > did_size_max_bytes) return std::nullopt;
  SharedName record{std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
  if (!wire::parse_did(record.owner) || !is_name(record.name)) return std::nullopt;
  return record;
}

Bytes encode(const Grant& grant) {
  wire::ProtoWriter writer;
  writer.number(1, format_version)
      .bytes(2, grant.record.view())
      .bytes(3, grant.writer.view())
      .number(4, grant.sequence);
  if (grant.is_removal) writer.number(5, 1);
  return writer.take();
}

Bytes encode(const SharedEntry& entry) {
  wire::ProtoWriter writer;
  writer.number(1, format_version)
      .bytes(2, entry.grant.view())
      .number(3, entry.sequence)
      .number(4, static_cast<std::uint64_t>(entry.issued.time_since_epoch().count()));
  if (!entry.value.empty()) writer.bytes(5, entry.value);
  return writer.take();
}

Bytes shared_signing_bytes(SharedWord word, ByteView payload) {
  const Form form = form_of(word);
  return wire::signing_bytes(form.domain, as_bytes(form.type), payload);
}

Bytes seal_shared(SharedWord word, const crypto::Ed25519PublicKey& key, ByteView payload,
                  ByteView signature) {
  return wire::encode(wire::Envelope{.key = wire::to_public_key(key),
                                     .payload_type = Bytes::copy(form_of(word).type),
                                     .payload = Bytes::copy(payload),
                                     .signature = Bytes::copy(signature)});
}

Bytes shared_value(ByteView grant, ByteView entry) {
  wire::ProtoWriter writer;
  write_place(writer, grant, entry);
  return writer.take();
}

const Place* SharedRecord::place_of(const crypto::Ed25519PublicKey& writer) const {
  const auto found = places_.find(writer);
  return found == places_.end() ? nullptr : &found->second;
}

std::uint64_t SharedRecord::next_sequence() const {
  std::uint64_t last = 0;
  for (const auto& [key, place] : places_) last = std::max(last, place.grant.word.sequence);
  return last + 1;
}

Result<SharedRecord, SharedRefusal> prove_shared(ByteView key, ByteView value) {
  const auto name = shared_name_of(key);
  if (!name) return Refused{SharedRefusal::wrong_key};
  const Demands demands{*wire::parse_did(name->owner), crypto::sha256(key)};
  auto places = read_places(value, &demands);
  if (!places) return Refused{places.error()};
  return SharedRecord(*std::move(places));
}

Bytes merge_shared(ByteView a, ByteView b) {
  auto merged = read_places(a, nullptr);
  const auto came = read_places(b, nullptr);
  check(merged && came, "only records that were proven are merged");
  for (const auto& [writer, place] : *came) {
    const auto [known, is_new] = merged->emplace(writer, place);
    if (!is_new) join(known->second, place);
  }
  while (merged->size() > shared_places_max) drop_lowest(*merged);
  return encode(*merged);
}

}  // namespace mycel::agents
