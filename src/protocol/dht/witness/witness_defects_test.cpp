// What earlier witness systems got wrong, each defect under its number in ORIGINS, part A: a story
// in which it would show.

#include <gtest/gtest.h>

#include "protocol/dht/witness/world_testing.hpp"

namespace mycel::dht::witness {
namespace {

using Words = std::vector<std::string>;

// A place was taken from a peer's id as text, and the target was made its own challenger.
TEST(WitnessDefects, a5_places_are_hashes_and_the_challenger_is_not_the_challenged) {
  const PeerId& peer = identity(3).id;
  EXPECT_EQ(point_of(peer), crypto::sha256(peer.view()));
  World world(30);
  world.collects(4, 4);
  EXPECT_EQ(world.words(4), Words{"failed: target_refused, wrong_target"});
  Draw draw = Case{.now = world.now}.make_draw(1);
  draw.operation.source = draw.operation.target = identity(4).key;
  EXPECT_EQ(*world.tells(4, 4, Opening{draw.operation}), Message(Verdict{Refusal::own_operation}));
}

// A signed XOR distance proves what everybody can compute. What is signed here are facts that only
// the signer has, and a far signer's word counts for nothing, whatever it signs.
TEST(WitnessDefects, a6_distance_alone_is_no_attestation) {
  World world(100);
  world.collects(0, 1);
  const Proof proof = **world.collected;
  const Attestation& word = proof.parts[0].attestation.content;
  EXPECT_EQ(word.source.endpoint, endpoint(0));
  EXPECT_EQ(word.source.round_trip, RoundTrip{4});
  EXPECT_EQ(word.neighbours.size(), neighbours_max);
  Case at{.nodes = 100, .now = world.now, .draw = proof.draw};
  Proof by_far{.draw = proof.draw};
  const auto order = at.by_distance();
  for (std::size_t i = 0; i < 7; ++i)
    by_far.parts.push_back(at.part_of(order[order.size() - 1 - i]));
  const Judgement judgement = verify(at.view(), by_far);
  EXPECT_EQ(outcome(judgement), "no_quorum");
  EXPECT_EQ(reasons(judgement.refused), Words(7, "not_eligible"));
}

// The highest self-reported confidence won, or whoever came first.
TEST(WitnessDefects, a7_one_byzantine_witness_does_not_win_alone) {
  const Case at;
  Proof proof{.draw = at.draw};
  const auto who = at.eligible();
  for (std::size_t i = 0; i < 5; ++i) {
    Attestation word = at.word_of(who[i]);
    if (i == 0) word.source = {endpoint(66), RoundTrip{1}};
    if (i == 0) word.neighbours.clear();
    proof.parts.push_back(Case::part_of(who[i], word));
  }
  const Findings findings = findings_of(at.rules, *verify(at.view(), proof).proof);
  EXPECT_EQ(findings.source.endpoint, endpoint(10));
  EXPECT_EQ(findings.source.round_trip, RoundTrip{5});
  EXPECT_EQ(findings.neighbours, at.word_of(who[1]).neighbours);
}

// Rejections were unsigned; signed bytes had variable lengths, no domain, and an optional hash.
TEST(WitnessDefects, a8_rejections_are_signed_and_signed_bytes_have_one_reading) {
  const Case at;
  const auto witness = at.eligible().front();
  const Rejection no{at.draw.digest(), identity(witness).key, at.now.unix, Refusal::stale};
  const SignedRejection rejection = sign(identity(witness), no);
  const auto exam = examine(at.view(), at.draw, rejection, identity(witness).bundle);
  ASSERT_TRUE(exam);
  for (const SignatureCheck& each : exam->checks) EXPECT_TRUE(is_genuine(each));
  Operation without = at.draw.operation;
  Operation with_zeros = without;
  with_zeros.data = crypto::Digest{};
  EXPECT_NE(challenge_bytes(without, {}), challenge_bytes(with_zeros, {}));
  EXPECT_EQ(challenge_bytes(without, {}).size(), challenge_bytes(with_zeros, {}).size());
  Attestation many = at.word_of(witness);
  Attestation none = many;
  none.neighbours.clear();
  none.source = {};
  EXPECT_EQ(encode(many).size(), encode(none).size());
  EXPECT_NE(as_text(encode(many).view().first(tag_size_bytes)),
            as_text(encode(no).view().first(tag_size_bytes)));
}

// Verification always returned true.
TEST(WitnessDefects, a9_a_signature_is_checked_to_its_last_bit) {
  const Case at;
  const Proof proof = at.proof(5);
  for (const std::size_t where : {std::size_t{0}, std::size_t{1654}, std::size_t{3308}}) {
    Proof changed = proof;
    Bytes& signature = changed.parts[2].attestation.signature;
    std::vector<std::byte> bytes(signature.begin(), signature.end());
    bytes[where] ^= std::byte{1};
    signature = Bytes(std::move(bytes));
    EXPECT_EQ(outcome(verify(at.view(), changed)), "no_quorum");
  }
  EXPECT_EQ(outcome(verify(at.view(), proof)), "accepted");
}

// f + 1 of n = 3 was called Byzantine fault tolerance.
TEST(WitnessDefects, a10_f_plus_one_is_no_quorum) {
  EXPECT_FALSE((Rules{.witnesses = 3, .quorum = 2}.is_sound()));
  EXPECT_FALSE((Rules{.witnesses = 3, .quorum = 3}.is_sound()));
  EXPECT_FALSE((Rules{.witnesses = 7, .quorum = 3}.is_sound()));
  EXPECT_FALSE((Rules{.witnesses = 7, .quorum = 4}.is_sound()));
  EXPECT_TRUE((Rules{.witnesses = 4, .quorum = 3}.is_sound()));
  EXPECT_TRUE(Rules{}.is_sound());
  const Case at;
  EXPECT_EQ(outcome(verify(at.view(), at.proof(at.rules.liars_max() + 1))), "no_quorum");
  EXPECT_EQ(outcome(verify(at.view(), at.proof(4))), "no_quorum");
  // And who the witnesses are cannot be known before both nonces are told.
  std::set<Point> drawn;
  for (std::uint8_t number = 1; number <= 20; ++number)
    drawn.insert(at.make_draw(number).drawn_point());
  EXPECT_EQ(drawn.size(), 20U);
}

}  // namespace
}  // namespace mycel::dht::witness
