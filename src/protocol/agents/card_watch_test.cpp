// Somebody follows a card while its owner, and liars, go on publishing.

#include "protocol/agents/card_watch.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"

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

CardPayload first_edition() {
  const auto file =
      parse_card_file(R"({"name":"Echo","description":"d","url":"a:b","version":"1","skills":[]})");
  CardPayload payload{
      .did = did, .issued = noon, .expires = noon + Duration{24h}, .document = file->document};
  payload.clock.advance(wire::peer_id_of(key_of(3).public_key()));
  return payload;
}

CardPayload after(const CardPayload& last) {
  CardPayload payload = last;
  payload.sequence += 1;
  payload.previous = crypto::sha256(encode(last));
  payload.clock.advance(wire::peer_id_of(key_of(3).public_key()));
  payload.issued = last.issued + Duration{1min};
  return payload;
}

struct Story {
  CardWatch watch{did, {.wait_min = 2s, .wait_max = 60s}, Rng(7)};

  /// "edition 2", "nothing new", or the reason of a refusal.
  std::string finds(const CardPayload& payload) { return finds_bytes(sign_card(payload, agent)); }
  std::string finds_bytes(ByteView envelope) {
    const auto told = watch.on_found(noon + Duration{10min}, envelope);
    if (!told) return std::string(to_text(told.error().reason));
    if (!*told) return "nothing new";
    const std::string skipped =
        (*told)->skipped == 0 ? "" : " after " + std::to_string((*told)->skipped) + " unseen";
    return "edition " + std::to_string((*told)->card.payload().sequence) + skipped;
  }
};

TEST(CardWatch, each_edition_is_told_once) {
  Story story;
  const CardPayload first = first_edition();
  EXPECT_EQ(story.finds(first), "edition 1");
  EXPECT_EQ(story.finds(first), "nothing new");
  const CardPayload second = after(first);
  EXPECT_EQ(story.finds(second), "edition 2");
  EXPECT_EQ(story.finds(second), "nothing new");
}

TEST(CardWatch, an_older_edition_is_never_told_after_a_newer_one) {
  Story story;
  const CardPayload first = first_edition();
  EXPECT_EQ(story.finds(after(first)), "edition 2");
  EXPECT_EQ(story.finds(first), "older_than_known");
  EXPECT_EQ(story.finds(after(first)), "nothing new");
}

TEST(CardWatch, an_edition_that_does_not_continue_the_chain_is_refused) {
  Story story;
  const CardPayload first = first_edition();
  EXPECT_EQ(story.finds(first), "edition 1");
  CardPayload torn = after(first);
  torn.previous = crypto::Digest{};
  EXPECT_EQ(story.finds(torn), "broken_chain");
  EXPECT_EQ(story.finds(after(first)), "edition 2");
}

TEST(CardWatch, editions_that_nobody_saw_are_counted) {
  Story story;
  const CardPayload first = first_edition();
  EXPECT_EQ(story.finds(first), "edition 1");
  EXPECT_EQ(story.finds(after(after(after(first)))), "edition 4 after 2 unseen");
}

TEST(CardWatch, what_the_agent_did_not_sign_is_no_edition) {
  Story story;
  CardPayload of_another = first_edition();
  of_another.did = wire::to_did(stranger.public_key());
  EXPECT_EQ(story.finds_bytes(sign_card(of_another, stranger)), "wrong_did");
  std::vector<std::byte> bent;
  const Bytes good = sign_card(first_edition(), agent);
  bent.assign(good.view().begin(), good.view().end());
  bent.back() ^= std::byte{1};
  EXPECT_EQ(story.finds_bytes(ByteView(bent)), "bad_signature");
  CardPayload expired = first_edition();
  expired.expires = noon + Duration{1min};
  EXPECT_EQ(story.finds(expired), "expired");
  EXPECT_EQ(story.finds(first_edition()), "edition 1");
}

TEST(CardWatch, waits_double_while_nothing_is_new_and_begin_anew_after_news) {
  Story story;
  const auto is_about = [](Duration wait, Duration whole) {
    return wait > whole * 3 / 4 - 1ms && wait <= whole;
  };
  for (const Duration whole : {2s, 4s, 8s, 16s, 32s, 60s, 60s})
    EXPECT_TRUE(is_about(story.watch.next_wait(), whole)) << milliseconds(whole);
  EXPECT_EQ(story.finds(first_edition()), "edition 1");
  EXPECT_TRUE(is_about(story.watch.next_wait(), 2s));
  EXPECT_EQ(story.finds(first_edition()), "nothing new");
  EXPECT_TRUE(is_about(story.watch.next_wait(), 4s));
}

TEST(CardWatch, watchers_that_began_together_drift_apart) {
  CardWatch one(did, {}, Rng(1));
  CardWatch other(did, {}, Rng(2));
  EXPECT_NE(one.next_wait(), other.next_wait());
}

}  // namespace
}  // namespace mycel::agents
