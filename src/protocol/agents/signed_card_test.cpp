// A statement is somebody's word, unchanged, or it is refused with its reason.

#include "protocol/agents/signed_card.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::agents {
namespace {

constexpr UnixTime noon{CalendarClock::duration{1'800'000'000'000}};

crypto::Ed25519PrivateKey key_of(std::uint8_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{number};
  return crypto::Ed25519PrivateKey(seed);
}
const crypto::Ed25519PrivateKey agent = key_of(1);
const crypto::Ed25519PrivateKey stranger = key_of(2);
const std::string did = wire::to_did(agent.public_key());
const PeerId node = wire::peer_id_of(key_of(3).public_key());
const PeerId other_node = wire::peer_id_of(key_of(4).public_key());

Bytes document(std::string_view name = "Echo") {
  const auto file =
      parse_card_file(R"({"name":")" + std::string(name) +
                      R"(","description":"d","url":"a:b","version":"1","skills":[]})");
  return file->document;
}

CardPayload first_card() {
  CardPayload payload{
      .did = did, .issued = noon, .expires = noon + Duration{24h}, .document = document()};
  payload.clock.advance(node);
  return payload;
}

CardPayload after(const CardPayload& last, const PeerId& writer = node) {
  CardPayload payload = last;
  payload.sequence += 1;
  payload.previous = crypto::sha256(encode(last));
  payload.clock.advance(writer);
  payload.issued = last.issued + Duration{1h};
  payload.expires = payload.issued + Duration{24h};
  return payload;
}

ProvenStatement proven(const CardPayload& payload) {
  return *prove(sign_card(payload, agent), payload.did);
}

std::string verdict(ByteView envelope, UnixTime now = noon, const std::string& expected = did) {
  const auto card = verify_card(envelope, now, expected);
  return card ? "good" : std::string(to_text(card.error().reason));
}
std::string verdict(const CardPayload& payload, UnixTime now = noon) {
  return verdict(sign_card(payload, agent), now);
}

std::string succession(const CardPayload& known, const CardPayload& next) {
  const auto fit = check_succession(head_of(proven(known)), proven(next));
  return fit ? "follows" : std::string(to_text(fit.error().reason));
}

/// An envelope signed over a payload that no honest node would encode.
Bytes signed_raw(const Bytes& payload) {
  return seal_card(agent.public_key(), payload, agent.sign(card_signing_bytes(payload)).view());
}

TEST(SignedCard, a_good_card_is_read_with_its_content_name) {
  const Bytes envelope = sign_card(first_card(), agent);
  const auto card = verify_card(envelope, noon + Duration{1h}, did);
  ASSERT_TRUE(card) << card.error().text;
  EXPECT_EQ(card->card().name, "Echo");
  EXPECT_EQ(card->payload().sequence, 1U);
  EXPECT_EQ(card->cid(), wire::raw_cid(document()));
  EXPECT_TRUE(wire::to_text(card->cid()).starts_with("bafkrei"));
  EXPECT_EQ(card->statement().envelope(), envelope);
}

TEST(SignedCard, a_changed_byte_anywhere_is_refused) {
  const Bytes envelope = sign_card(first_card(), agent);
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    std::vector<std::byte> changed(envelope.begin(), envelope.end());
    changed[i] ^= std::byte{0x10};
    const std::string why = verdict(Bytes(std::move(changed)));
    EXPECT_TRUE(why == "bad_signature" || why == "malformed" || why == "too_large" ||
                why == "wrong_did")
        << "byte " << i << ": " << why;
  }
}

TEST(SignedCard, a_changed_document_or_signature_is_a_bad_signature) {
  const Bytes envelope = sign_card(first_card(), agent);
  const auto at = as_text(envelope).find("Echo");
  std::vector<std::byte> changed(envelope.begin(), envelope.end());
  changed[at] = std::byte{'A'};
  EXPECT_EQ(verdict(Bytes(changed)), "bad_signature");
  changed.assign(envelope.begin(), envelope.end());
  changed.back() ^= std::byte{1};
  EXPECT_EQ(verdict(Bytes(changed)), "bad_signature");
}

TEST(SignedCard, a_missing_or_added_byte_is_refused) {
  const Bytes envelope = sign_card(first_card(), agent);
  for (std::size_t size = 0; size < envelope.size(); ++size)
    EXPECT_NE(verdict(envelope.slice(0, size)), "good") << size;
  std::vector<std::byte> longer(envelope.begin(), envelope.end());
  longer.push_back(std::byte{0});
  EXPECT_NE(verdict(Bytes(std::move(longer))), "good");
}

TEST(SignedCard, a_document_that_is_not_the_one_that_was_hashed_is_refused) {
  const Bytes honest = encode(first_card());
  std::vector<std::byte> changed(honest.begin(), honest.end());
  changed[as_text(honest).find("Echo")] = std::byte{'A'};
  EXPECT_EQ(verdict(signed_raw(Bytes(std::move(changed)))), "content_hash_mismatch");
}

TEST(SignedCard, the_word_of_somebody_else_is_refused) {
  const Bytes envelope = sign_card(first_card(), agent);
  EXPECT_EQ(verdict(envelope, noon, wire::to_did(stranger.public_key())), "wrong_did");
  EXPECT_EQ(verdict(envelope, noon, "did:web:example.org"), "wrong_did");
  // The stranger signs what the agent is supposed to have said.
  const Bytes payload = encode(first_card());
  const Bytes forged =
      seal_card(stranger.public_key(), payload, stranger.sign(card_signing_bytes(payload)).view());
  EXPECT_EQ(verdict(forged), "wrong_did");
  EXPECT_EQ(verdict(forged, noon, wire::to_did(stranger.public_key())), "wrong_did");
  // ... and claims the agent's key for it.
  EXPECT_EQ(verdict(seal_card(agent.public_key(), payload,
                              stranger.sign(card_signing_bytes(payload)).view())),
            "bad_signature");
}

TEST(SignedCard, a_signature_for_another_purpose_is_refused) {
  const Bytes payload = encode(first_card());
  const Bytes other =
      wire::signing_bytes("libp2p-peer-record", as_bytes(card_payload_type), payload);
  EXPECT_EQ(verdict(seal_card(agent.public_key(), payload, agent.sign(other).view())),
            "bad_signature");
}

TEST(SignedCard, time_decides_when_a_card_is_good) {
  const CardPayload card = first_card();
  EXPECT_EQ(verdict(card, noon - Duration{5min}), "good");
  EXPECT_EQ(verdict(card, noon - Duration{5min} - Duration{1ms}), "not_yet_valid");
  EXPECT_EQ(verdict(card, noon + Duration{24h} - Duration{1ms}), "good");
  EXPECT_EQ(verdict(card, noon + Duration{24h}), "expired");
  const auto late = verify_card(sign_card(card, agent), noon + Duration{26h}, did);
  EXPECT_EQ(late.error().text, "the card expired 2h ago");
}

TEST(SignedCard, a_revocation_is_kept_by_nodes_and_refused_to_readers) {
  CardPayload revocation = after(first_card());
  revocation.document = {};
  revocation.is_revoked = true;
  EXPECT_EQ(verdict(revocation, revocation.issued), "revoked");
  const Bytes envelope = sign_card(revocation, agent);
  EXPECT_TRUE(validate(card_key(did), envelope, revocation.issued));
  EXPECT_FALSE(validate(card_key(did), envelope, revocation.expires));
  EXPECT_EQ(verdict(revocation, revocation.expires), "revoked");
  EXPECT_GT(compare_values(envelope, sign_card(first_card(), agent)), 0);
}

TEST(SignedCard, payloads_of_another_form_are_malformed) {
  const auto with = [](auto change) {
    CardPayload payload = first_card();
    change(payload);
    return verdict(payload);
  };
  EXPECT_EQ(with([](CardPayload& p) { p.sequence = 0; }), "malformed");
  EXPECT_EQ(with([](CardPayload& p) { p.sequence = card_sequence_max + 1; }), "malformed");
  EXPECT_EQ(with([](CardPayload& p) { p.sequence = 2; }), "broken_chain");
  EXPECT_EQ(with([](CardPayload& p) { p.previous = crypto::Digest{}; }), "broken_chain");
  EXPECT_EQ(with([](CardPayload& p) { p.document = {}; }), "malformed");
  EXPECT_EQ(with([](CardPayload& p) { p.document = Bytes::copy("{}"); }), "malformed");
  EXPECT_EQ(with([](CardPayload& p) { p.expires = p.issued - Duration{1s}; }), "malformed");
  EXPECT_EQ(with([](CardPayload& p) { p.expires = p.issued + Duration{1000h}; }), "malformed");
  EXPECT_EQ(verdict(signed_raw(Bytes::copy("\xff\xff"))), "malformed");
  EXPECT_EQ(verdict(signed_raw({})), "malformed");
  EXPECT_EQ(verdict(signed_raw(wire::ProtoWriter{}.number(1, 2).take())), "malformed");
}

TEST(SignedCard, a_card_that_is_too_large_is_refused_before_it_is_read) {
  CardPayload payload = first_card();
  payload.document = Bytes(std::vector<std::byte>(document_size_max_bytes + 1, std::byte{' '}));
  EXPECT_EQ(verdict(payload), "too_large");
  EXPECT_EQ(verdict(Bytes(std::vector<std::byte>(envelope_size_max_bytes + 1))), "too_large");
}

TEST(SignedCard, the_largest_card_fits) {
  const std::string head = R"({"name":"n","description":"d","url":"a:b","version":"1","skills":[],)"
                           R"("capabilities":{},"defaultInputModes":[],"defaultOutputModes":[],)"
                           R"("protocolVersion":"1","pad":")";
  const auto file =
      parse_card_file(head + std::string(document_size_max_bytes - head.size() - 2, 'x') + "\"}");
  ASSERT_TRUE(file) << to_text(file.error());
  CardPayload payload = first_card();
  payload.document = file->document;
  for (std::uint8_t i = 10; i < 10 + VectorClock::writers_max - 1; ++i)
    payload.clock.advance(wire::peer_id_of(key_of(i).public_key()));
  EXPECT_EQ(payload.document.size(), document_size_max_bytes);
  EXPECT_EQ(payload.clock.entries().size(), VectorClock::writers_max);
  EXPECT_EQ(verdict(payload), "good");
}

TEST(SignedCard, a_statement_follows_the_one_that_it_names) {
  const CardPayload first = first_card();
  const CardPayload second = after(first);
  const CardPayload third = after(second);
  EXPECT_EQ(succession(first, first), "follows");
  EXPECT_EQ(succession(first, second), "follows");
  EXPECT_EQ(succession(first, third), "follows");
  EXPECT_EQ(succession(second, first), "older_than_known");
  CardPayload torn = second;
  torn.previous = crypto::Digest{};
  EXPECT_EQ(succession(first, torn), "broken_chain");
}

TEST(SignedCard, two_statements_with_one_number_prove_a_fork_and_everybody_keeps_the_same) {
  const CardPayload first = first_card();
  const CardPayload here = after(first);
  CardPayload there = after(first, other_node);
  there.document = document("Other");
  there.issued = here.issued + Duration{1s};
  EXPECT_TRUE(is_equivocation(proven(here), proven(there)));
  EXPECT_FALSE(is_equivocation(proven(here), proven(here)));
  EXPECT_FALSE(is_equivocation(proven(first), proven(here)));
  EXPECT_TRUE(is_better(proven(there), proven(here)));
  EXPECT_EQ(succession(here, there), "follows");
  EXPECT_EQ(succession(there, here), "older_than_known");
}

TEST(SignedCard, the_better_statement_does_not_depend_on_who_compares_first) {
  Rng rng(7);
  std::vector<Bytes> values;
  for (int i = 0; i < 24; ++i) {
    CardPayload payload = first_card();
    payload.sequence = 1 + rng.below(2);
    if (payload.sequence > 1) payload.previous = crypto::Digest{};
    for (auto n = rng.below(3); n > 0; --n)
      payload.clock.advance(rng.chance(0.5) ? node : other_node);
    payload.issued = noon + Duration{std::chrono::seconds{rng.below(3)}};
    payload.document = document("N" + std::to_string(rng.below(3)));
    values.push_back(sign_card(payload, agent));
  }
  values.push_back(Bytes::copy("no card"));
  for (const Bytes& a : values) {
    for (const Bytes& b : values) {
      EXPECT_EQ(compare_values(a, b), -compare_values(b, a));
      EXPECT_EQ(compare_values(a, b) == 0, a == b);
      for (const Bytes& c : values)
        if (compare_values(a, b) >= 0 && compare_values(b, c) >= 0) {
          EXPECT_GE(compare_values(a, c), 0);
        }
    }
  }
}

TEST(SignedCard, the_dht_stores_only_good_cards_under_the_key_of_their_did) {
  const Bytes envelope = sign_card(first_card(), agent);
  const Bytes key = card_key(did);
  EXPECT_EQ(as_text(key), "/mycel-card/" + did);
  EXPECT_EQ(did_of_key(key), did);
  EXPECT_TRUE(validate(key, envelope, noon));
  EXPECT_EQ(validate(key, envelope, noon + Duration{25h}).error().reason, Refusal::expired);
  EXPECT_EQ(validate(key, envelope, noon - Duration{1h}).error().reason, Refusal::not_yet_valid);
  EXPECT_EQ(validate(card_key(wire::to_did(stranger.public_key())), envelope, noon).error().reason,
            Refusal::wrong_did);
  for (const auto* other : {"/mycel-card/", "/mycel-raw/x", "/mycel-card/did:key:z6Mk", ""})
    EXPECT_FALSE(validate(as_bytes(other), envelope, noon)) << other;
}

TEST(SignedCard, what_is_known_of_a_did_reads_back) {
  const Head head = head_of(proven(after(first_card(), other_node)));
  EXPECT_EQ(decode_head(encode(head)), head);
  EXPECT_EQ(decode_head(as_bytes("x")), std::nullopt);
  EXPECT_EQ(decode_head({}), std::nullopt);
}

}  // namespace
}  // namespace mycel::agents
