#include "protocol/dht/witness/witnesses.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/dht/witness/world_testing.hpp"

namespace mycel::dht::witness {
namespace {

using Words = std::vector<std::string>;
using Number = World::Number;

constexpr Number source = 0;
constexpr Number target = 1;

bool is_word(const Message& message) {
  const auto* response = std::get_if<Response>(&message);
  return response != nullptr && std::holds_alternative<SignedAttestation>(response->word);
}

std::uint64_t counter(const Witnesses& machine, std::string_view name,
                      std::string_view label = {}) {
  std::uint64_t found = UINT64_MAX;
  machine.counters().each([&](const CounterName& each, std::uint64_t value) {
    if (each.name == name && each.label_value == label) found = value;
  });
  return found;
}

TEST(Witnesses, a_quorum_attests_and_the_target_agrees) {
  World world(30);
  world.collects(source, target);
  EXPECT_EQ(world.words(source), Words{"collected"});
  EXPECT_EQ(world.words(target), Words{"witnessed"});
  EXPECT_EQ((*world.collected)->parts.size(), 7U);
  EXPECT_EQ(**world.collected, **world.witnessed);
  const Findings findings = findings_of({}, *world.witnessed);
  EXPECT_EQ(findings.source.endpoint, endpoint(source));
  EXPECT_EQ(findings.target.endpoint, endpoint(target));
  EXPECT_EQ(findings.neighbours.size(), 20U);
  EXPECT_EQ(world.held(), 0U);
}

TEST(Witnesses, silent_witnesses_are_replaced_before_they_time_out) {
  World world(30);
  for (Number number = 2; number < 30; number += 4) world.silent.insert(number);
  world.collects(source, target);
  world.pass(hedge_after + linger);
  EXPECT_EQ(world.words(source), Words{"collected"});
  for (const ProofPart& part : (*world.collected)->parts)
    EXPECT_FALSE(world.silent.contains(world.number_of(part.attestation.content.signer)));
  world.pass(5s);
  EXPECT_EQ(world.held(), 0U);
}

TEST(Witnesses, too_few_that_answer_make_no_proof) {
  World world(10);
  for (Number number = 2; number < 6; ++number) world.away.insert(number);
  world.collects(source, target);
  EXPECT_EQ(world.words(source), Words{"failed: no_quorum"});
  EXPECT_EQ(world.words(target), Words{});
}

TEST(Witnesses, a_mesh_that_is_too_small_says_so) {
  World world(6);
  world.collects(source, target);
  EXPECT_EQ(world.words(source), Words{"failed: too_few"});
}

TEST(Witnesses, a_silent_target_ends_the_operation) {
  World world(30);
  world.silent.insert(target);
  world.collects(source, target);
  EXPECT_EQ(world.words(source), Words{});
  world.pass(5s);
  EXPECT_EQ(world.words(source), Words{"failed: target_silent"});
  EXPECT_EQ(world.held(), 0U);
}

TEST(Witnesses, patience_has_an_end_and_late_words_are_dropped) {
  World world(30);
  for (Number number = 2; number < 30; ++number) world.silent.insert(number);
  world.collects(source, target);
  world.pass(collection_time_max);
  EXPECT_EQ(world.words(source), Words{"failed: no_quorum"});
  world.pass(1min);
  EXPECT_EQ(world.held(), 0U);
}

TEST(Witnesses, a_challenge_that_somebody_else_signed_is_no_draw) {
  World world(30);
  world.lie = [](Number, const Message& message) -> std::optional<Message> {
    if (!std::holds_alternative<Challenge>(message)) return message;
    Challenge forged = *std::get_if<Challenge>(&message);
    forged.signature.bytes[0] ^= std::byte{1};
    return forged;
  };
  world.collects(source, target);
  EXPECT_EQ(world.words(source), Words{"failed: bad_challenge"});
}

TEST(Witnesses, a_source_draws_once_for_a_key_and_slot) {
  World world(30);
  world.collects(source, target);
  world.collects(source, target);
  EXPECT_EQ(world.words(source), (Words{"collected", "failed: target_refused, too_many_draws"}));
  world.collects(source, target, "another key");
  EXPECT_EQ(world.words(source), Words{"collected"});
  world.pass(slot_length);
  world.collects(source, target);
  EXPECT_EQ(world.words(source), Words{"collected"});
}

TEST(Witnesses, naming_another_time_is_no_second_draw) {
  World world(30);
  Draw draw = Case{}.make_draw(1);
  draw.operation.time = world.now.unix;
  EXPECT_TRUE(
      std::holds_alternative<Challenge>(*world.tells(source, target, Opening{draw.operation})));
  // The same again is the same nonce; anything else has to wait.
  EXPECT_TRUE(
      std::holds_alternative<Challenge>(*world.tells(source, target, Opening{draw.operation})));
  draw = Case{}.make_draw(2);
  draw.operation.time = world.now.unix - 2min;
  EXPECT_EQ(*world.tells(source, target, Opening{draw.operation}),
            Message(Verdict{Refusal::too_many_draws}));
}

TEST(Witnesses, a_proof_is_accepted_once) {
  World world(30);
  world.collects(source, target);
  const Proof proof = **world.collected;
  EXPECT_EQ(*world.tells(source, target, proof), Message(Verdict{Refusal::replayed}));
  EXPECT_EQ(*world.tells(5, target, proof), Message(Verdict{Refusal::wrong_source}));
  EXPECT_EQ(*world.tells(source, 5, proof), Message(Verdict{Refusal::wrong_target}));
  EXPECT_EQ(counter(world.machine(target), "witness_proofs_refused_total", "replayed"), 1U);
  world.pass(5min + 1s);
  EXPECT_EQ(*world.tells(source, target, proof), Message(Verdict{Refusal::stale}));
}

/// What a witness says to a request, in a word.
std::string says(World& world, Number from, Number to, const Draw& draw) {
  const auto answer = world.tells(from, to, Request{draw, true});
  if (!answer) return "reset";
  const auto* response = std::get_if<Response>(&*answer);
  const auto* rejection = std::get_if<SignedRejection>(&response->word);
  if (rejection == nullptr) return "attested";
  check(identity(to).attestation_key.public_key().verify(rejection->body, rejection->signature),
        "a rejection is signed");
  return std::string(to_text(rejection->content.reason));
}

TEST(Witnesses, rejections_are_signed_and_say_why) {
  World world(100);
  world.collects(source, target);
  Draw draw = (*world.collected)->draw;
  Case at{.nodes = 100, .draw = draw};
  const Number near = at.eligible().back();
  const Number far = at.by_distance().back();
  EXPECT_EQ(says(world, source, far, draw), "not_eligible");
  EXPECT_EQ(says(world, 7, near, draw), "wrong_source");
  EXPECT_EQ(says(world, source, target, draw), "own_operation");
  const auto asked = (*world.collected)->parts[0].attestation.content.signer;
  EXPECT_EQ(says(world, source, world.number_of(asked), draw), "replayed");
  Draw ground = draw;
  ground.source_nonce = nonce(1);
  EXPECT_EQ(says(world, source, near, ground), "bad_commitment");
  world.pass(5min + 1s);
  EXPECT_EQ(says(world, source, near, draw), "stale");
  EXPECT_EQ(counter(world.machine(near), "witness_rejections_total", "stale"), 1U);
}

TEST(Witnesses, nonces_that_the_target_never_gave_are_not_attested) {
  World world(30);
  Draw draw = Case{.now = world.now}.make_draw(1);
  draw.challenge.signature =
      identity(source).peer_key.sign(challenge_bytes(draw.operation, draw.challenge.nonce));
  Case at{.nodes = 30, .draw = draw};
  EXPECT_EQ(says(world, source, at.eligible().front(), draw), "bad_challenge");
}

TEST(Witnesses, who_asks_too_often_gets_no_signature) {
  World world(30);
  const Draw draw = Case{}.make_draw(1);
  for (int i = 0; i < 16; ++i) EXPECT_NE(says(world, source, 9, draw), "reset");
  EXPECT_EQ(says(world, source, 9, draw), "reset");
  EXPECT_NE(says(world, 2, 9, draw), "reset");
  world.pass(500ms);
  EXPECT_NE(says(world, source, 9, draw), "reset");
  EXPECT_EQ(counter(world.machine(9), "witness_streams_refused_total"), 1U);
}

TEST(Witnesses, a_restarted_witness_is_silent_until_the_next_slot) {
  World world(30);
  world.collects(source, target);
  const Number witness = world.number_of((*world.collected)->parts[0].attestation.content.signer);
  world.restarts(witness);
  world.table = [](Number, const Point&) { return std::vector<Point>{}; };  // what churn can do
  world.collects(2, 3);
  world.pass(slot_length);
  world.collects(2, 3);
  EXPECT_EQ(world.evidence.size(), 0U);
  EXPECT_EQ(counter(world.machine(witness), "witness_equivocations_total"), 0U);
  Case at{.nodes = 30, .draw = (*world.collected)->draw};
  EXPECT_GE(at.eligible().size(), 7U);
}

TEST(Witnesses, one_that_tells_two_stories_is_reported_with_proof) {
  World world(12);  // everybody is eligible everywhere
  constexpr Number liar_number = 5;
  int told = 0;
  world.lie = [&](Number by, const Message& message) -> std::optional<Message> {
    if (by != liar_number || !is_word(message)) return message;
    Response response = *std::get_if<Response>(&message);
    Attestation word = std::get_if<SignedAttestation>(&response.word)->content;
    word.neighbours.resize(static_cast<std::size_t>(++told % 10));
    response.word = sign(identity(by), word);
    return response;
  };
  // Two sources ask in one slot until the liar was drawn by both.
  for (int slot = 0; slot < 20 && world.evidence.empty(); ++slot) {
    world.collects(source, target, "the key");
    world.collects(2, target, "the key");
    world.pass(slot_length);
  }
  ASSERT_FALSE(world.evidence.empty());
  for (const auto& [finder, evidence] : world.evidence) {
    EXPECT_EQ(evidence.against, identity(liar_number).id);
    EXPECT_TRUE(verify(*decode_equivocation(evidence.proof)));
  }
}

// What any minority of liars does, honest sources and targets agree; no majority of them is needed.
RC_GTEST_PROP(WitnessesProperty, two_liars_of_seven_cannot_hinder_a_proof, ()) {
  World world(12);
  const auto first = *rc::gen::inRange<Number>(0, 10);
  const std::set<Number> liars{2 + first, 2 + (first + *rc::gen::inRange<Number>(1, 10)) % 10};
  const auto trick = *rc::gen::inRange(0, 6);
  world.lie = [&](Number by, const Message& message) -> std::optional<Message> {
    if (!liars.contains(by) || !is_word(message)) return message;
    Response response = *std::get_if<Response>(&message);
    auto& told = *std::get_if<SignedAttestation>(&response.word);
    Attestation word = told.content;
    switch (trick) {
      case 0:
        return std::nullopt;
      case 1:
        told.signature = Bytes(std::vector<std::byte>(crypto::ml_dsa_65_signature_size_bytes));
        return response;
      case 2:
        word.time = word.time + 31s;
        break;
      case 3:
        word.signer = identity(2 + (by + 1) % 10).key;
        break;
      case 4:
        response.key = identity(by + 20).bundle;
        return response;
      default:
        word.source = {endpoint(66), RoundTrip{1}};
        word.neighbours.clear();
    }
    told = sign(identity(by), word);
    return response;
  };
  world.collects(source, target);
  world.pass(collection_time_max);
  RC_ASSERT(world.words(source) == Words{"collected"});
  RC_ASSERT(world.words(target) == Words{"witnessed"});
  RC_ASSERT(findings_of({}, *world.witnessed).source.endpoint == endpoint(source));
  RC_ASSERT(world.held() == 0U);
}

}  // namespace
}  // namespace mycel::dht::witness
