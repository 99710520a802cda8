#include "protocol/dht/witness/verify.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {
namespace {

using Words = std::vector<std::string>;

TEST(WitnessVerify, accepts_a_quorum_of_honest_witnesses) {
  const Case at;
  const Judgement judgement = verify(at.view(), at.proof(5));
  EXPECT_EQ(outcome(judgement), "accepted");
  EXPECT_EQ(judgement.parts.size(), 5U);
  EXPECT_TRUE(judgement.refused.empty());
}

TEST(WitnessVerify, two_of_seven_may_be_bad_but_not_three) {
  const Case at;
  Proof proof = at.proof(7);
  for (std::size_t bad = 0; bad < 2; ++bad) proof.parts[bad].attestation.signature = Bytes{};
  EXPECT_EQ(outcome(verify(at.view(), proof)), "accepted");
  proof.parts[2].attestation.signature = Bytes{};
  const Judgement judgement = verify(at.view(), proof);
  EXPECT_EQ(outcome(judgement), "no_quorum");
  EXPECT_EQ(reasons(judgement.refused), Words(3, "bad_signature"));
}

TEST(WitnessVerify, a_signer_counts_once_and_a_forgery_does_not_take_its_place) {
  const Case at;
  Proof proof = at.proof(5);
  proof.parts[4] = proof.parts[3];
  EXPECT_EQ(outcome(verify(at.view(), proof)), "no_quorum");
  EXPECT_EQ(reasons(verify(at.view(), proof).refused), Words{"duplicate"});
  Proof crowded = at.proof(6);
  crowded.parts[0] = crowded.parts[5];
  crowded.parts[0].attestation.signature = crowded.parts[1].attestation.signature;
  const Judgement judgement = verify(at.view(), crowded);
  EXPECT_EQ(outcome(judgement), "accepted");
  EXPECT_EQ(reasons(judgement.refused), Words{"bad_signature"});
}

TEST(WitnessVerify, who_is_far_from_the_drawn_point_does_not_count) {
  Case at;
  at.nodes = 200;
  at.draw = at.make_draw(1);
  Proof proof = at.proof(5);
  const std::uint32_t far = at.by_distance().back();
  proof.parts[0] = at.part_of(far);
  const Judgement judgement = verify(at.view(), proof);
  EXPECT_EQ(outcome(judgement), "no_quorum");
  EXPECT_EQ(reasons(judgement.refused), Words{"not_eligible"});
}

TEST(WitnessVerify, the_word_of_a_convict_does_not_count) {
  const Case at;
  const Proof proof = at.proof(5);
  const PeerKey liar = proof.parts[2].attestation.content.signer;
  View view = at.view();
  view.is_convicted = [&](const PeerKey& signer) { return signer == liar; };
  EXPECT_EQ(outcome(verify(view, proof)), "no_quorum");
  EXPECT_EQ(reasons(verify(view, proof).refused), Words{"convicted"});
  EXPECT_EQ(outcome(verify(view, at.proof(6))), "accepted");
}

TEST(WitnessVerify, source_and_target_are_no_witnesses_of_their_own_operation) {
  const Case at;
  Proof proof = at.proof(5);
  proof.parts[0] = at.part_of(0);
  proof.parts[1] = at.part_of(1);
  EXPECT_EQ(reasons(verify(at.view(), proof).refused), Words(2, "own_operation"));
}

TEST(WitnessVerify, words_out_of_time_are_refused_by_name) {
  const Case at;
  const std::uint32_t witness = at.eligible().front();
  const auto judged = [&](UnixTime time, const View& view) -> std::string {
    Attestation word = at.word_of(witness);
    word.time = time;
    const auto exam = examine(view, at.draw, Case::part_of(witness, word));
    return exam ? "good" : std::string(to_text(exam.error()));
  };
  EXPECT_EQ(judged(at.now.unix + 30s, at.view()), "good");
  EXPECT_EQ(judged(at.now.unix + 31s, at.view()), "from_future");
  EXPECT_EQ(judged(at.now.unix - 31s, at.view()), "late");
  Case later = at;
  later.now.unix += 5min;
  EXPECT_EQ(judged(at.now.unix + 5min, later.view()), "good");
  EXPECT_EQ(judged(at.now.unix + 5min + 1ms, later.view()), "late");
}

TEST(WitnessVerify, a_proof_ages_in_five_minutes) {
  Case at;
  const Proof proof = at.proof(5);
  const auto after = [&](Duration span) {
    at.now.unix = start_of_tests.unix + span;
    return outcome(verify(at.view(), proof));
  };
  EXPECT_EQ(after(5min), "accepted");
  EXPECT_EQ(after(5min + 1ms), "stale");
  EXPECT_EQ(after(-30s), "accepted");
  EXPECT_EQ(after(-31s), "from_future");
}

TEST(WitnessVerify, a_key_counts_only_when_the_peer_key_binds_it) {
  const Case at;
  const auto who = at.eligible();
  Proof proof = at.proof(6);
  proof.parts[0].key = identity(who[1]).bundle;  // somebody else's
  proof.parts[1].key.reset();                    // nobody knows it
  const KeyBundle forged{.peer = identity(who[2]).key,
                         .from = at.now.unix - 1h,
                         .until = at.now.unix + 1h,
                         .attestation_key = identity(who[2]).bundle.content.attestation_key};
  proof.parts[2].key = sign_key_bundle(forged, identity(who[3]).peer_key);  // by another peer
  const KeyBundle expired{.peer = identity(who[3]).key,
                          .from = at.now.unix - 2h,
                          .until = at.now.unix - 1h,
                          .attestation_key = identity(who[3]).bundle.content.attestation_key};
  proof.parts[3].key = sign_key_bundle(expired, identity(who[3]).peer_key);
  const Judgement judgement = verify(at.view(), proof);
  EXPECT_EQ(outcome(judgement), "no_quorum");
  EXPECT_EQ(reasons(judgement.refused), Words(4, "bad_key"));
}

TEST(WitnessVerify, a_proven_key_need_not_be_sent_again_for_an_hour) {
  Case at;
  Proof proof = at.proof(5);
  for (const ProofPart& part : proof.parts) at.keys.keep(at.now, *part.key);
  for (ProofPart& part : proof.parts) part.key.reset();
  EXPECT_EQ(outcome(verify(at.view(), proof)), "accepted");
  EXPECT_EQ((*verify(at.view(), proof).proof)->parts[0].key->content.peer,
            proof.parts[0].attestation.content.signer);
  at.now.instant += 1h;
  EXPECT_EQ(outcome(verify(at.view(), proof)), "no_quorum");
}

TEST(WitnessVerify, both_nonces_must_be_what_their_sides_promised) {
  const Case at;
  Proof ground = at.proof(5);
  ground.draw.source_nonce = nonce(77);
  EXPECT_EQ(outcome(verify(at.view(), ground)), "bad_commitment");
  Proof invented = at.proof(5);
  invented.draw.challenge.nonce = nonce(78);
  const Judgement judgement = verify(at.view(), invented);
  EXPECT_FALSE(judgement.proof);
  Proof resigned = at.proof(5);
  resigned.draw.challenge.signature = identity(0).peer_key.sign(
      challenge_bytes(resigned.draw.operation, resigned.draw.challenge.nonce));
  EXPECT_EQ(outcome(verify(at.view(), resigned)), "bad_challenge");
}

TEST(WitnessVerify, more_attestations_than_witnesses_are_a_choice_nobody_may_have) {
  const Case at;
  EXPECT_EQ(outcome(verify(at.view(), at.proof(8))), "too_many_witnesses");
}

// Properties, with real signatures.

/// What a liar may do to an attestation, or to where it stands.
enum class Trick {
  flip,
  drop_signature,
  other_draw,
  late,
  future,
  outsider,
  twice,
  foreign_key,
  last
};

void play(Trick trick, Case& at, Proof& proof, std::size_t index, std::uint32_t outsider) {
  ProofPart& part = proof.parts[index];
  const auto number = at.eligible()[index];
  Attestation word = at.word_of(number);
  switch (trick) {
    case Trick::flip: {
      std::vector<std::byte> body(part.attestation.body.begin(), part.attestation.body.end());
      body[body.size() / 2] ^= std::byte{1};
      part.attestation.body = Bytes(std::move(body));
      return;
    }
    case Trick::drop_signature:
      part.attestation.signature = part.attestation.signature.slice(1);
      return;
    case Trick::other_draw:
      word.request = at.make_draw(200).digest();
      break;
    case Trick::late:
      word.time += 5min + 1ms;
      break;
    case Trick::future:
      word.time += 31s;
      break;
    case Trick::outsider:
      part = at.part_of(outsider);
      return;
    case Trick::twice:
      part = proof.parts[(index + 1) % proof.parts.size()];
      return;
    case Trick::foreign_key:
      part = {sign(identity(outsider), word), identity(number).bundle};
      return;
    case Trick::last:
      return;
  }
  part = Case::part_of(number, word);
}

RC_GTEST_PROP(WitnessProperty, a_minority_of_tricks_never_hinders_and_a_majority_never_helps, ()) {
  Case at;
  at.nodes = 100;
  at.draw = at.make_draw(*rc::gen::inRange<std::uint8_t>(1, 90));
  RC_PRE(at.eligible().size() >= 7U);
  Proof proof = at.proof(7);
  const auto bad = *rc::gen::inRange<std::size_t>(0, 8);
  const std::uint32_t outsider = at.by_distance().back();
  std::size_t honest = 7 - bad;
  for (std::size_t i = 0; i < bad; ++i) {
    auto trick = static_cast<Trick>(*rc::gen::inRange(0, static_cast<int>(Trick::last)));
    // The last of them repeats an honest word, and that one counts, once.
    if (trick == Trick::twice && i + 1 != bad) trick = Trick::flip;
    play(trick, at, proof, i, outsider);
  }
  const Judgement judgement = verify(at.view(), proof);
  RC_ASSERT(static_cast<bool>(judgement.proof) == (honest >= at.rules.quorum));
  RC_ASSERT(judgement.parts.size() == honest);
  RC_ASSERT(judgement.refused.size() == bad);
}

RC_GTEST_PROP(WitnessProperty, findings_never_leave_what_honest_witnesses_saw, ()) {
  Case at;
  const auto liars = *rc::gen::inRange<std::size_t>(0, 3);
  Proof proof{.draw = at.draw};
  const auto who = at.eligible();
  const auto lie = *rc::gen::arbitrary<std::uint8_t>();
  for (std::size_t i = 0; i < 5; ++i) {
    Attestation word = at.word_of(who[i]);
    word.source.round_trip = RoundTrip{static_cast<std::uint8_t>(*rc::gen::inRange(4, 8))};
    if (i < liars) {
      word.source = {endpoint(lie), RoundTrip{static_cast<std::uint8_t>(lie % 16)}};
      word.neighbours = {Point{nonce(lie).bytes}};
    }
    proof.parts.push_back(Case::part_of(who[i], word));
  }
  const auto judgement = verify(at.view(), proof);
  RC_ASSERT(static_cast<bool>(judgement.proof));
  const Findings findings = findings_of(at.rules, *judgement.proof);
  RC_ASSERT(findings.source.endpoint == endpoint(10));
  RC_ASSERT(findings.neighbours == at.word_of(who[4]).neighbours);
  const RoundTrip bucket = findings.source.round_trip;
  RC_ASSERT(bucket == RoundTrip{} || (bucket >= RoundTrip{4} && bucket <= RoundTrip{7}));
}

}  // namespace
}  // namespace mycel::dht::witness
