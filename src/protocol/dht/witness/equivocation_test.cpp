#include "protocol/dht/witness/equivocation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/dht/witness/frozen_lists.hpp"
#include "protocol/dht/witness/verify.hpp"
#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {
namespace {

struct Story {
  Case at;
  std::uint32_t witness = at.eligible().front();

  ProofPart says(std::vector<Point> neighbours, UnixTime time) const {
    Attestation word = at.word_of(witness);
    word.time = time;
    word.neighbours = std::move(neighbours);
    return Case::part_of(witness, word);
  }
  ProofPart says(std::vector<Point> neighbours) const {
    return says(std::move(neighbours), at.now.unix);
  }
  std::vector<Point> all() const { return at.word_of(witness).neighbours; }
  std::vector<Point> fewer() const {
    auto list = all();
    list.pop_back();
    return list;
  }
  Verified<ProofPart> verified(const ProofPart& part) const {
    const auto exam = examine(at.view(), at.draw, part);
    check(static_cast<bool>(exam), "a test expects a good word");
    const bool genuine[] = {is_genuine(exam->checks[0]), is_genuine(exam->checks[1])};
    return *conclude(*exam, genuine);
  }
};

std::string refusal_of(const EquivocationProof& proof) {
  const auto verified = verify(proof);
  return verified ? "convicted" : std::string(to_text(verified.error()));
}

TEST(Equivocation, two_lists_for_one_key_and_slot_convict) {
  const Story story;
  const auto verified =
      verify(EquivocationProof{story.says(story.all()), story.says(story.fewer())});
  ASSERT_TRUE(verified);
  EXPECT_EQ(liar(*verified), identity(story.witness).key);
}

TEST(Equivocation, a_third_node_needs_only_the_bytes) {
  const Story story;
  const Bytes bytes = encode(EquivocationProof{story.says(story.all()), story.says(story.fewer())});
  EXPECT_EQ(bytes.size(), 12'476U);
  const auto proof = decode_equivocation(bytes);
  ASSERT_TRUE(proof);
  EXPECT_EQ(refusal_of(*proof), "convicted");
}

TEST(Equivocation, what_is_no_contradiction_convicts_nobody) {
  const Story story;
  const auto start =
      UnixTime{} + slot_length * static_cast<int>(slot_of(story.at.now.unix).value());
  const ProofPart word = story.says(story.all(), start);
  EXPECT_EQ(refusal_of({word, word}), "not_equivocation");
  EXPECT_EQ(refusal_of({word, story.says(story.fewer(), start - 1ms)}), "not_equivocation");
  EXPECT_EQ(refusal_of({word, story.says(story.fewer(), start + slot_length)}), "not_equivocation");
  EXPECT_EQ(refusal_of({word, story.says(story.fewer(), start + slot_length - 1ms)}), "convicted");
  Attestation other_key = story.at.word_of(story.witness);
  other_key.key = crypto::sha256(as_bytes("another"));
  other_key.neighbours.clear();
  EXPECT_EQ(refusal_of({word, Case::part_of(story.witness, other_key)}), "not_equivocation");
  const std::uint32_t other = story.at.eligible()[1];
  Attestation by_other = story.at.word_of(other);
  by_other.neighbours.clear();
  EXPECT_EQ(refusal_of({word, Case::part_of(other, by_other)}), "not_equivocation");
}

TEST(Equivocation, a_forged_half_convicts_nobody) {
  const Story story;
  const ProofPart word = story.says(story.all());
  ProofPart forged = story.says(story.fewer());
  forged.attestation.signature = word.attestation.signature;
  EXPECT_EQ(refusal_of({word, forged}), "bad_signature");
  // Signed by an accuser who binds its own key to the victim.
  Attestation invented = story.at.word_of(story.witness);
  invented.neighbours.clear();
  KeyBundle bundle = identity(5).bundle.content;
  bundle.peer = identity(story.witness).key;
  EXPECT_EQ(
      refusal_of(
          {word, {sign(identity(5), invented), sign_key_bundle(bundle, identity(5).peer_key)}}),
      "bad_key");
}

TEST(Equivocation, a_second_attestation_key_is_no_way_out) {
  const Story story;
  const Identity& liar_of = identity(story.witness);
  const crypto::MlDsaPrivateKey second_key(crypto::MlDsaStrength::ml_dsa_65,
                                           crypto::MlDsaPrivateKey::Seed{std::byte{0xee}});
  Attestation word = story.at.word_of(story.witness);
  word.neighbours.clear();
  const Bytes body = encode(word);
  EXPECT_EQ(refusal_of({story.says(story.all()),
                        {SignedAttestation{word, body, second_key.sign(body, {})},
                         bundle_of(liar_of.peer_key, second_key)}}),
            "convicted");
}

TEST(EquivocationWatch, notices_the_second_list_and_not_the_repeated_one) {
  const Story story;
  EquivocationWatch watch;
  EXPECT_FALSE(watch.on_word(story.at.now, story.verified(story.says(story.all()))));
  EXPECT_FALSE(watch.on_word(story.at.now, story.verified(story.says(story.all()))));
  const auto proof = watch.on_word(story.at.now, story.verified(story.says(story.fewer())));
  ASSERT_TRUE(proof);
  EXPECT_EQ(refusal_of(*proof), "convicted");
}

TEST(EquivocationWatch, forgets_what_no_proof_can_hold_any_more) {
  Story story;
  EquivocationWatch watch;
  watch.on_word(story.at.now, story.verified(story.says(story.all())));
  EXPECT_EQ(watch.size(), 1U);
  const auto later = story.verified(story.says(story.all(), story.at.now.unix + 20s));
  story.at.now.unix += 6min;
  watch.on_word(story.at.now, later);
  EXPECT_EQ(watch.size(), 1U);
}

// Honest and dishonest witnesses under churn, restarts and a calendar that jumps.

/// The slot on disk, as Server keeps it, and lists that come from an ever changing table.
struct Signer {
  FrozenLists lists;
  std::optional<Slot> disk;
  bool is_honest = true;
  Rng rng{1};
  std::map<std::pair<Slot, Point>, std::set<std::vector<Point>>> signed_lists;

  void start(UnixTime now) {
    lists = {};
    if (disk) lists.load(*disk);
    lists.start(now);
  }
  std::vector<Point> table(const Point& key) {
    std::vector<Point> all;
    for (std::uint64_t i = 1 + rng.below(30); i > 0; --i)
      all.push_back(crypto::sha256(as_bytes(std::to_string(rng.below(50)))));
    std::ranges::sort(all);
    const auto again = std::ranges::unique(all);
    all.erase(again.begin(), again.end());
    return nearest_of(key, all);
  }
  void sign(UnixTime now, const Point& key) {
    if (!is_honest) return void(signed_lists[{slot_of(now), key}].insert(table(key)));
    const auto list = lists.list(now, key, [this](const Point& point) { return table(point); });
    if (!list) return;
    if (list->is_new_slot) disk = slot_of(now);
    signed_lists[{slot_of(now), key}].insert(list->neighbours);
  }
  std::size_t lists_max() const {
    std::size_t most = 0;
    for (const auto& [subject, lists_of] : signed_lists) most = std::max(most, lists_of.size());
    return most;
  }
};

RC_GTEST_PROP(EquivocationProperty, churn_and_restarts_never_convict_an_honest_witness, ()) {
  Signer signer;
  UnixTime now = start_of_tests.unix;
  signer.start(now);
  std::size_t asked = 0;
  for (const int event : *rc::gen::container<std::vector<int>>(200, rc::gen::inRange(0, 100))) {
    if (event < 6) signer.start(now);
    if (event >= 6 && event < 9) now -= std::chrono::milliseconds(event * 3000);  // it steps back
    if (event >= 9 && event < 30) now += std::chrono::milliseconds(event * 200);
    const Point key = crypto::sha256(as_bytes(std::to_string(event % 3)));
    signer.sign(now, key);
    asked += 1;
  }
  RC_ASSERT(asked == 200U);
  RC_ASSERT(signer.lists_max() <= 1U);
  RC_CLASSIFY(signer.signed_lists.size() > 5, "signed in many slots");
}

RC_GTEST_PROP(EquivocationProperty, whoever_tells_two_stories_is_convicted, ()) {
  const Story story;
  Signer signer{.is_honest = false, .rng = Rng(*rc::gen::arbitrary<std::uint64_t>())};
  const Point& key = story.at.draw.operation.key;
  const auto first = signer.table(key);
  const auto second = signer.table(key);
  RC_PRE(first != second);
  EquivocationWatch watch;
  RC_ASSERT(!watch.on_word(story.at.now, story.verified(story.says(first))));
  const auto proof = watch.on_word(story.at.now, story.verified(story.says(second)));
  RC_ASSERT(proof.has_value());
  RC_ASSERT(refusal_of(*decode_equivocation(encode(*proof))) == "convicted");
}

}  // namespace
}  // namespace mycel::dht::witness
