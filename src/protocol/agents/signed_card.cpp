#include "protocol/agents/signed_card.hpp"

#include <array>
#include <utility>
#include <vector>

#include "foundation/base/duration_text.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::agents {
namespace {

constexpr std::uint64_t format_version = 1;
// Year 9999: times beyond it are a mistake, and sums of times below it cannot overflow.
constexpr std::uint64_t unix_ms_max = 253'402'300'799'999;
constexpr std::size_t did_size_max_bytes = 128;
// Fields that a later version may add are skipped; this many are looked at.
constexpr std::size_t fields_max = 64;

namespace field {
constexpr std::uint32_t version = 1;
constexpr std::uint32_t did = 2;
constexpr std::uint32_t sequence = 3;
constexpr std::uint32_t previous = 4;
constexpr std::uint32_t clock = 5;
constexpr std::uint32_t issued = 6;
constexpr std::uint32_t expires = 7;
constexpr std::uint32_t content_hash = 8;
constexpr std::uint32_t document = 9;
constexpr std::uint32_t revoked = 10;
}  // namespace field

Err<Refused> refuse(Refusal reason, std::string text) {
  return Err{Refused{reason, std::move(text)}};
}
Err<Refused> malformed(std::string text) {
  return refuse(Refusal::malformed, std::move(text));
}

std::uint64_t unix_ms(UnixTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
UnixTime unix_time(std::uint64_t ms) {
  return UnixTime{CalendarClock::duration{static_cast<std::int64_t>(ms)}};
}
std::string span_text(CalendarClock::duration span) {
  return mycel::to_text(Duration{span});
}

std::optional<crypto::Digest> digest_of(ByteView bytes) {
  crypto::Digest digest;
  if (bytes.size() != digest.bytes.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

void write_clock(wire::ProtoWriter& writer, std::uint32_t id, const VectorClock& clock) {
  for (const VectorClock::Entry& entry : clock.entries()) {
    writer.message(id, wire::ProtoWriter{}.bytes(1, entry.writer.view()).number(2, entry.count));
  }
}

std::optional<VectorClock::Entry> decode_clock_entry(ByteView bytes) {
  VectorClock::Entry entry;
  wire::ProtoReader reader(bytes);
  while (const auto read = reader.next()) {
    if (read->is_number(2)) entry.count = read->number;
    if (!read->is_bytes(1)) continue;
    const auto writer = PeerId::from_multihash(read->bytes);
    if (!writer) return std::nullopt;
    entry.writer = *writer;
  }
  if (!reader.ok()) return std::nullopt;
  return entry;
}

/// The fields of a payload as they stand, before anything is asked of them.
struct RawPayload {
  std::uint64_t version = 0;
  ByteView did;
  std::uint64_t sequence = 0;
  ByteView previous;
  std::vector<VectorClock::Entry> clock;
  std::uint64_t issued = 0;
  std::uint64_t expires = 0;
  ByteView content_hash;
  ByteView document;
  std::uint64_t revoked = 0;
};

void take_number(RawPayload& raw, const wire::ProtoField& read) {
  if (read.id == field::version) raw.version = read.number;
  if (read.id == field::sequence) raw.sequence = read.number;
  if (read.id == field::issued) raw.issued = read.number;
  if (read.id == field::expires) raw.expires = read.number;
  if (read.id == field::revoked) raw.revoked = read.number;
}

/// False when a clock entry cannot be read, or is one too many.
bool take_bytes(RawPayload& raw, const wire::ProtoField& read) {
  if (read.id == field::did) raw.did = read.bytes;
  if (read.id == field::previous) raw.previous = read.bytes;
  if (read.id == field::content_hash) raw.content_hash = read.bytes;
  if (read.id == field::document) raw.document = read.bytes;
  if (read.id != field::clock) return true;
  const auto entry = decode_clock_entry(read.bytes);
  if (!entry || raw.clock.size() == VectorClock::writers_max) return false;
  raw.clock.push_back(*entry);
  return true;
}

Result<RawPayload, Refused> read_fields(ByteView bytes) {
  RawPayload raw;
  wire::ProtoReader reader(bytes);
  for (std::size_t count = 0; const auto read = reader.next(); ++count) {
    if (count == fields_max) return refuse(Refusal::too_large, "the payload has too many fields");
    if (read->kind == wire::ProtoField::Kind::number) {
      take_number(raw, *read);
    } else if (!take_bytes(raw, *read)) {
      return malformed("the payload's clock is not one of at most 16 writers");
    }
  }
  if (!reader.ok()) return malformed("the payload is not protobuf");
  return raw;
}

Result<void, Refused> check_numbers(const RawPayload& raw) {
  if (raw.version != format_version)
    return malformed("the card has format " + std::to_string(raw.version) + "; known is 1");
  if (raw.did.empty() || raw.did.size() > did_size_max_bytes)
    return malformed("the card names no DID");
  if (raw.sequence < 1 || raw.sequence > card_sequence_max)
    return malformed("the card's sequence " + std::to_string(raw.sequence) + " is out of range");
  if (raw.issued > unix_ms_max || raw.expires > unix_ms_max || raw.expires < raw.issued)
    return malformed("the card's times are out of range");
  if (raw.expires - raw.issued > static_cast<std::uint64_t>(milliseconds(card_lifetime_max)))
    return malformed("the card is valid for longer than " + mycel::to_text(card_lifetime_max));
  if (raw.revoked > 1) return malformed("the card is neither revoked nor not");
  return {};
}

Result<void, Refused> check_content(const RawPayload& raw) {
  if (raw.document.size() > document_size_max_bytes)
    return refuse(Refusal::too_large, "the document has " + std::to_string(raw.document.size()) +
                                          " bytes; at most " +
                                          std::to_string(document_size_max_bytes) + " are allowed");
  if (raw.revoked == 1) {
    if (raw.document.empty() && raw.content_hash.empty()) return {};
    return malformed("a revocation carries a document");
  }
  if (raw.document.empty()) return malformed("the card has no document");
  const auto hash = digest_of(raw.content_hash);
  if (!hash) return malformed("the card has no SHA-256 of its document");
  if (crypto::sha256(raw.document) != *hash)
    return refuse(Refusal::content_hash_mismatch,
                  "the document does not have the hash that was signed");
  return {};
}

Refused refused_by(wire::Fault fault) {
  const std::string word(wire::to_text(fault));
  switch (fault) {
    case wire::Fault::bad_signature:
      return {Refusal::bad_signature, "the signature does not match the card"};
    case wire::Fault::too_large:
      return {Refusal::too_large, "a part of the envelope is too large"};
    default:
      return {Refusal::malformed, "the envelope cannot be read: " + word};
  }
}

Refused refused_by(const CardProblems& problems) {
  return {problems.is_too_large ? Refusal::too_large : Refusal::malformed,
          "the document is no card: " + to_text(problems.problems.front())};
}

}  // namespace

std::string_view to_text(Refusal refusal) {
  static constexpr std::array<std::string_view, refusal_count> words{
      "malformed",     "wrong_did", "bad_signature", "content_hash_mismatch", "expired",
      "not_yet_valid", "revoked",   "broken_chain",  "older_than_known",      "too_large"};
  return words[static_cast<std::size_t>(refusal)];
}

Bytes encode(const CardPayload& payload) {
  wire::ProtoWriter writer;
  writer.number(field::version, format_version);
  writer.text(field::did, payload.did);
  writer.number(field::sequence, payload.sequence);
  if (payload.previous) writer.bytes(field::previous, payload.previous->view());
  write_clock(writer, field::clock, payload.clock);
  writer.number(field::issued, unix_ms(payload.issued));
  writer.number(field::expires, unix_ms(payload.expires));
  if (payload.is_revoked) {
    writer.number(field::revoked, 1);
  } else {
    writer.bytes(field::content_hash, crypto::sha256(payload.document).view());
    writer.bytes(field::document, payload.document);
  }
  return writer.take();
}

Result<CardPayload, Refused> decode_payload(ByteView bytes) {
  if (bytes.size() > envelope_size_max_bytes)
    return refuse(Refusal::too_large, "the payload is too large");
  auto raw = read_fields(bytes);
  if (!raw) return Err{raw.error()};
  if (const auto fit = check_numbers(*raw); !fit) return Err{fit.error()};
  if (const auto fit = check_content(*raw); !fit) return Err{fit.error()};
  const auto previous = digest_of(raw->previous);
  if (!previous && !raw->previous.empty())
    return malformed("the hash of the previous statement is no SHA-256");
  if (previous.has_value() != (raw->sequence > 1))
    return refuse(Refusal::broken_chain, raw->sequence > 1
                                             ? "the card does not name the statement before it"
                                             : "the first card names a statement before it");
  auto clock = VectorClock::from(std::move(raw->clock));
  if (!clock) return malformed("the card's clock is not in order");
  return CardPayload{.did = std::string(as_text(raw->did)),
                     .sequence = raw->sequence,
                     .previous = previous,
                     .clock = std::move(*clock),
                     .issued = unix_time(raw->issued),
                     .expires = unix_time(raw->expires),
                     .document = Bytes::copy(raw->document),
                     .is_revoked = raw->revoked == 1};
}

Bytes card_signing_bytes(ByteView payload) {
  return wire::signing_bytes(card_domain, as_bytes(card_payload_type), payload);
}

Bytes seal_card(const crypto::Ed25519PublicKey& key, ByteView payload, ByteView signature) {
  return wire::encode(wire::Envelope{.key = wire::to_public_key(key),
                                     .payload_type = Bytes::copy(card_payload_type),
                                     .payload = Bytes::copy(payload),
                                     .signature = Bytes::copy(signature)});
}

Bytes sign_card(const CardPayload& payload, const crypto::Ed25519PrivateKey& key) {
  check(payload.did == wire::to_did(key.public_key()), "a card is signed by the key of its DID");
  const Bytes bytes = encode(payload);
  return seal_card(key.public_key(), bytes, key.sign(card_signing_bytes(bytes)).view());
}

Result<ProvenStatement, Refused> prove(ByteView envelope, std::string_view did) {
  const auto key = wire::parse_did(did);
  if (!key) return refuse(Refusal::wrong_did, "the DID is not the did:key of an Ed25519 key");
  if (envelope.size() > envelope_size_max_bytes)
    return refuse(Refusal::too_large, "the envelope has " + std::to_string(envelope.size()) +
                                          " bytes; at most " +
                                          std::to_string(envelope_size_max_bytes) + " are allowed");
  const auto opened = wire::open_envelope(envelope, card_domain, as_bytes(card_payload_type));
  if (!opened) return Err{refused_by(opened.error())};
  if (wire::ed25519_key(opened->key) != *key)
    return refuse(Refusal::wrong_did,
                  "the card is signed by another key than that of " + std::string(did));
  auto payload = decode_payload(opened->payload);
  if (!payload) return Err{payload.error()};
  if (payload->did != did)
    return refuse(Refusal::wrong_did, "the card speaks for another DID than " + std::string(did));

  ProvenStatement::Proof proof{.payload = std::move(*payload),
                               .payload_hash = crypto::sha256(opened->payload),
                               .envelope = Bytes::copy(envelope)};
  if (!proof.payload.is_revoked) {
    auto card = parse_card(proof.payload.document);
    if (!card) return Err{refused_by(card.error())};
    proof.card = std::move(*card);
  }
  return ProvenStatement(std::make_shared<const ProvenStatement::Proof>(std::move(proof)));
}

namespace {

/// Refuses what is expired or from the future.
Result<void, Refused> check_time(const CardPayload& payload, UnixTime now) {
  if (payload.issued > now + clock_skew_max)
    return refuse(Refusal::not_yet_valid, "the card is issued " + span_text(payload.issued - now) +
                                              " in the future; clocks may differ by " +
                                              mycel::to_text(clock_skew_max));
  if (now >= payload.expires)
    return refuse(Refusal::expired,
                  "the card expired " + span_text(now - payload.expires) + " ago");
  return {};
}

}  // namespace

Result<VerifiedCard, Refused> verify_card(const ProvenStatement& statement, UnixTime now) {
  const CardPayload& payload = statement.payload();
  // A revocation stays one when its own time is over: nothing older becomes good again.
  if (payload.is_revoked)
    return refuse(Refusal::revoked,
                  payload.did + " took its card back " + span_text(now - payload.issued) + " ago");
  if (const auto fit = check_time(payload, now); !fit) return Err{fit.error()};
  return VerifiedCard(statement);
}

Result<VerifiedCard, Refused> verify_card(ByteView envelope, UnixTime now, std::string_view did) {
  const auto statement = prove(envelope, did);
  if (!statement) return Err{statement.error()};
  return verify_card(*statement, now);
}

Head head_of(const ProvenStatement& statement) {
  const CardPayload& payload = statement.payload();
  return {.sequence = payload.sequence,
          .payload_hash = statement.payload_hash(),
          .clock = payload.clock,
          .issued = payload.issued,
          .is_revoked = payload.is_revoked};
}

Bytes encode(const Head& head) {
  wire::ProtoWriter writer;
  writer.number(1, head.sequence).bytes(2, head.payload_hash.view());
  writer.number(3, unix_ms(head.issued)).number(4, head.is_revoked ? 1 : 0);
  write_clock(writer, 5, head.clock);
  return writer.take();
}

std::optional<Head> decode_head(ByteView bytes) {
  Head head;
  std::optional<crypto::Digest> hash;
  std::vector<VectorClock::Entry> entries;
  wire::ProtoReader reader(bytes);
  while (const auto read = reader.next()) {
    if (read->is_number(1)) head.sequence = read->number;
    if (read->is_bytes(2)) hash = digest_of(read->bytes);
    if (read->is_number(3)) head.issued = unix_time(std::min(read->number, unix_ms_max));
    if (read->is_number(4)) head.is_revoked = read->number != 0;
    if (!read->is_bytes(5)) continue;
    const auto entry = decode_clock_entry(read->bytes);
    if (!entry || entries.size() == VectorClock::writers_max) return std::nullopt;
    entries.push_back(*entry);
  }
  auto clock = VectorClock::from(std::move(entries));
  const bool is_in_range = head.sequence >= 1 && head.sequence <= card_sequence_max;
  if (!reader.ok() || !hash || !clock || !is_in_range) return std::nullopt;
  head.payload_hash = *hash;
  head.clock = std::move(*clock);
  return head;
}

namespace {

bool is_better_head(const Head& a, const Head& b) {
  if (a.sequence != b.sequence) return a.sequence > b.sequence;
  if (a.clock.weight() != b.clock.weight()) return a.clock.weight() > b.clock.weight();
  if (a.issued != b.issued) return a.issued > b.issued;
  return a.payload_hash > b.payload_hash;
}

}  // namespace

Result<void, Refused> check_succession(const Head& known, const ProvenStatement& next) {
  const Head head = head_of(next);
  if (head.payload_hash == known.payload_hash) return {};
  if (is_better_head(known, head))
    return refuse(Refusal::older_than_known, "statement " + std::to_string(head.sequence) + " of " +
                                                 next.payload().did + " is older than statement " +
                                                 std::to_string(known.sequence) +
                                                 ", which was seen before");
  if (order_of(head.clock, known.clock) == ClockOrder::before)
    return refuse(Refusal::broken_chain,
                  "statement " + std::to_string(head.sequence) + " of " + next.payload().did +
                      " was written without having seen all that statement " +
                      std::to_string(known.sequence) + " had seen");
  const bool is_direct = head.sequence == known.sequence + 1;
  if (!is_direct || next.payload().previous == known.payload_hash) return {};
  return refuse(Refusal::broken_chain, "statement " + std::to_string(head.sequence) + " of " +
                                           next.payload().did + " does not continue statement " +
                                           std::to_string(known.sequence) +
                                           " as it was seen before");
}

bool is_better(const ProvenStatement& a, const ProvenStatement& b) {
  return is_better_head(head_of(a), head_of(b));
}

bool is_equivocation(const ProvenStatement& a, const ProvenStatement& b) {
  return a.payload().did == b.payload().did && a.payload().sequence == b.payload().sequence &&
         a.payload_hash() != b.payload_hash();
}

Bytes card_key(std::string_view did) {
  return Bytes::copy(std::string(card_namespace) + std::string(did));
}

std::optional<std::string> did_of_key(ByteView key) {
  const std::string_view text = as_text(key);
  if (!text.starts_with(card_namespace) ||
      text.size() > card_namespace.size() + did_size_max_bytes) {
    return std::nullopt;
  }
  const std::string_view did = text.substr(card_namespace.size());
  if (!wire::parse_did(did)) return std::nullopt;
  return std::string(did);
}

Result<void, Refused> validate(ByteView key, ByteView value, UnixTime now) {
  const auto did = did_of_key(key);
  if (!did) return refuse(Refusal::wrong_did, "the key does not end in a DID");
  const auto statement = prove(value, *did);
  if (!statement) return Err{statement.error()};
  return check_time(statement->payload(), now);
}

namespace {

/// The head of a value whose signature somebody checked before.
std::optional<Head> head_of_value(ByteView value) {
  if (value.size() > envelope_size_max_bytes) return std::nullopt;
  const auto envelope = wire::decode_envelope(value);
  if (!envelope) return std::nullopt;
  const auto payload = decode_payload(envelope->payload);
  if (!payload) return std::nullopt;
  return Head{.sequence = payload->sequence,
              .payload_hash = crypto::sha256(envelope->payload),
              .clock = payload->clock,
              .issued = payload->issued};
}

}  // namespace

int compare_values(ByteView a, ByteView b) {
  const auto head_a = head_of_value(a);
  const auto head_b = head_of_value(b);
  if (!head_a || !head_b) return int{head_a.has_value()} - int{head_b.has_value()};
  if (is_better_head(*head_a, *head_b)) return 1;
  return is_better_head(*head_b, *head_a) ? -1 : 0;
}

}  // namespace mycel::agents
