// What earlier card registries got wrong (ORIGINS, part A, 1.2), each a story in which it would
// show.

#include <algorithm>

#include <gtest/gtest.h>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"

#include "protocol/agents/signed_card.hpp"

namespace mycel::agents {
namespace {

crypto::Ed25519PrivateKey key_of(std::uint8_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{number};
  return crypto::Ed25519PrivateKey(seed);
}
const crypto::Ed25519PrivateKey agent = key_of(1);
const std::string did = wire::to_did(agent.public_key());
constexpr UnixTime start{CalendarClock::duration{1'800'000'000'000}};

PeerId writer(std::uint8_t number) {
  return wire::peer_id_of(key_of(number).public_key());
}
CardPayload first_card() {
  CardPayload payload{.did = did, .issued = start, .expires = start + 1h};
  const auto card =
      parse_card_file(R"({"name":"E","description":"d","url":"a:b","version":"1","skills":[]})");
  check(static_cast<bool>(card), "the story's card is one");
  payload.document = card->document;
  payload.clock.advance(writer(2));
  return payload;
}
ProvenStatement said(const CardPayload& payload) {
  auto proven = prove(sign_card(payload, agent), did);
  check(static_cast<bool>(proven), "the story's statement is good");
  return *std::move(proven);
}

// The last writer was the one with the later time of day: a clock that ran ahead won for good.
TEST(CardDefects, zerostate_a_later_time_of_day_does_not_beat_what_came_causally_after) {
  CardPayload ahead = first_card();
  ahead.issued = start + 4min;
  ahead.expires = start + 2h;
  const ProvenStatement wrong_clock = said(ahead);
  CardPayload next = first_card();
  next.sequence = 2;
  next.previous = wrong_clock.payload_hash();
  next.clock = ahead.clock;
  next.clock.advance(writer(3));
  next.issued = start;
  const ProvenStatement after = said(next);
  EXPECT_TRUE(is_better(after, wrong_clock));
  EXPECT_TRUE(check_succession(head_of(wrong_clock), after));
}

// A version's hash was "DID-timestamp-version": two contents had one hash.
TEST(CardDefects, zerostate_the_hash_in_the_chain_covers_every_byte_of_the_statement) {
  const ProvenStatement one = said(first_card());
  CardPayload other = first_card();
  other.document =
      parse_card_file(R"({"name":"E","description":"e","url":"a:b","version":"1","skills":[]})")
          ->document;
  const ProvenStatement twin = said(other);
  EXPECT_EQ(one.payload().issued, twin.payload().issued);
  EXPECT_EQ(one.payload().sequence, twin.payload().sequence);
  EXPECT_NE(one.payload_hash(), twin.payload_hash());
  CardPayload next = first_card();
  next.sequence = 2;
  next.previous = one.payload_hash();
  next.clock.advance(writer(2));
  EXPECT_TRUE(check_succession(head_of(one), said(next)));
  EXPECT_EQ(check_succession(head_of(twin), said(next)).error().reason, Refusal::broken_chain);
}

// The clock was a map without a bound: whoever wrote under many names made the card grow.
TEST(CardDefects, zerostate_a_clock_of_many_writers_is_bounded_here_and_refused_from_others) {
  CardPayload payload = first_card();
  const std::size_t small = encode(payload).size();
  for (std::uint8_t number = 0; number < 200; ++number) payload.clock.advance(writer(number));
  EXPECT_LE(encode(payload).size(), small + VectorClock::writers_max * 64);
  std::vector<VectorClock::Entry> many;
  for (std::uint8_t number = 0; number <= VectorClock::writers_max; ++number)
    many.push_back({writer(number), 1});
  std::ranges::sort(many, {}, &VectorClock::Entry::writer);
  EXPECT_EQ(VectorClock::from(many), std::nullopt);
}

// Authentication had a time stamp and nothing else: what was true once could be sent again.
TEST(CardDefects, zerostate_an_older_statement_is_not_taken_again) {
  const ProvenStatement old = said(first_card());
  CardPayload next = first_card();
  next.sequence = 2;
  next.previous = old.payload_hash();
  next.clock.advance(writer(2));
  const ProvenStatement current = said(next);
  EXPECT_TRUE(verify_card(old, start)) << "it is still within its time";
  EXPECT_EQ(check_succession(head_of(current), old).error().reason, Refusal::older_than_known);
}

}  // namespace
}  // namespace mycel::agents
