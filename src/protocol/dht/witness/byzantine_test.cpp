// Whatever witnesses and sources do who keep to no rules: no side ever accepts what it should not.
// Properties over drawn worlds of real machines and real signatures.

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "foundation/wire/key.hpp"

#include "protocol/dht/witness/findings.hpp"
#include "protocol/dht/witness/world_testing.hpp"

namespace mycel::dht::witness {
namespace {

using Number = World::Number;
using Scheme = SignatureCheck::Scheme;

constexpr Number size = 12;  // so few that everybody is eligible everywhere
constexpr Endpoint nowhere{.ip = {std::byte{10}}, .port = 9};

enum class Trick : std::uint8_t {
  none,
  silence,
  falsehood,  // what all liars agreed on
  two_stories,
  forged_signature,
  foreign_name,
  foreign_key,
  replay,  // the first word that it ever gave
  truncated,
  stale,
  last
};

/// Plays a trick of its own choice in each answer.
class Liars {
 public:
  Liars(std::set<Number> numbers, Rng rng) : numbers_(std::move(numbers)), rng_(rng) {}

  bool contains(Number number) const { return numbers_.contains(number); }
  std::size_t size() const { return numbers_.size(); }

  std::optional<Message> lie(Number by, const Message& message) {
    const auto* honest = std::get_if<Response>(&message);
    if (!contains(by) || honest == nullptr ||
        !std::holds_alternative<SignedAttestation>(honest->word))
      return message;
    Response response = *honest;
    auto& told = *std::get_if<SignedAttestation>(&response.word);
    Attestation word = told.content;
    switch (static_cast<Trick>(rng_.below(static_cast<std::uint64_t>(Trick::last)))) {
      case Trick::none:
        return message;
      case Trick::silence:
        return std::nullopt;
      case Trick::falsehood:
        word.source = {nowhere, RoundTrip{15}};
        word.target = word.source;
        word.neighbours = {Point{nonce(7).bytes}};
        break;
      case Trick::two_stories:
        word.neighbours.resize(static_cast<std::size_t>(rng_.below(word.neighbours.size())));
        break;
      case Trick::forged_signature: {
        std::vector<std::byte> bytes(told.signature.begin(), told.signature.end());
        bytes[static_cast<std::size_t>(rng_.below(bytes.size()))] ^= std::byte{4};
        told.signature = Bytes(std::move(bytes));
        return response;
      }
      case Trick::foreign_name:
        word.signer = identity(2 + static_cast<Number>(rng_.below(10))).key;
        break;
      case Trick::foreign_key:
        response.key = identity(by + 20).bundle;
        return response;
      case Trick::replay:
        return first_.try_emplace(by, response).first->second;
      case Trick::truncated:
        told.body = told.body.slice(0, static_cast<std::size_t>(rng_.below(told.body.size())));
        return response;
      case Trick::stale:
        word.time = word.time - 31s;
        break;
      case Trick::last:
        break;
    }
    told = sign(identity(by), word);
    return response;
  }

 private:
  std::set<Number> numbers_;
  Rng rng_;
  std::map<Number, Response> first_;
};

/// Checked here without the code under test: keys, names, signatures, and that nobody counts twice.
std::set<Number> signers_of(const World& world, const Proof& proof) {
  std::set<Number> signers;
  for (const ProofPart& part : proof.parts) {
    const Attestation& word = part.attestation.content;
    const Number number = world.number_of(word.signer);
    RC_ASSERT(word.request == proof.draw.digest());
    RC_ASSERT(part.attestation.body == encode(word));
    RC_ASSERT(is_genuine({Scheme::ml_dsa_65,
                          Bytes::copy(identity(number).attestation_key.public_key().view()),
                          part.attestation.body, part.attestation.signature}));
    RC_ASSERT(word.signer != proof.draw.operation.source);
    RC_ASSERT(word.signer != proof.draw.operation.target);
    RC_ASSERT(signers.insert(number).second);
  }
  return signers;
}

void check_accepted(const World& world, const Liars& liars, const Verified<Proof>& proof) {
  const std::set<Number> signers = signers_of(world, *proof);
  RC_ASSERT(signers.size() >= 5U);
  const auto lying = static_cast<std::size_t>(
      std::ranges::count_if(signers, [&](Number each) { return liars.contains(each); }));
  if (lying > 2) return;
  const Findings found = findings_of({}, proof);
  RC_ASSERT(found.source.endpoint != nowhere);
  RC_ASSERT(found.target.endpoint != nowhere);
  RC_ASSERT(found.source.round_trip != RoundTrip{15});
  RC_ASSERT(std::ranges::find(found.neighbours, Point{nonce(7).bytes}) == found.neighbours.end());
}

RC_GTEST_PROP(ByzantineProperty, witnesses_that_lie_never_have_a_wrong_proof_accepted, ()) {
  World world(size);
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);  // one, a minority, and more than that
  std::set<Number> numbers;
  while (numbers.size() < count) numbers.insert(*rc::gen::inRange<Number>(2, size));
  Liars liars(numbers, Rng(*rc::gen::arbitrary<std::uint64_t>()));
  world.lie = [&](Number by, const Message& message) { return liars.lie(by, message); };
  for (const Number number : numbers)
    if (*rc::gen::inRange(0, 4) == 0)
      world.lag[number] = Duration{std::chrono::milliseconds(*rc::gen::inRange(1, 6000))};
  for (int round = 0; round < 3; ++round) {
    world.collected.reset();
    world.witnessed.reset();
    const Number source = 0, target = 1;
    world.collects(source, target, "the key");
    world.pass(collection_time_max);
    if (world.collected) check_accepted(world, liars, *world.collected);
    if (world.witnessed) check_accepted(world, liars, *world.witnessed);
    // Five of ten are honest at least: with a minority of two nothing hinders them.
    if (liars.size() <= 2) RC_ASSERT(world.collected.has_value());
  }
  for (const auto& [finder, evidence] : world.evidence)
    RC_ASSERT(liars.contains(world.number_of(evidence.against)));
  RC_ASSERT(world.held() == 0U);
}

// The source itself lies: it has a few true words, and makes the rest of what it finds.
RC_GTEST_PROP(ByzantineProperty, a_source_that_lacks_a_quorum_proves_nothing, ()) {
  World world(size);
  const auto have = *rc::gen::inRange<std::size_t>(0, 7);
  world.collects(0, 1, "an older key");
  world.pass(slot_length);
  RC_PRE(world.witnessed.has_value());
  const Proof older = **world.witnessed;
  world.witnessed.reset();
  Operation operation{.source = identity(0).key,
                      .target = identity(1).key,
                      .key = crypto::sha256(as_bytes("the key")),
                      .time = world.now.unix};
  operation.id.bytes.fill(std::byte{3});
  const Nonce own = nonce(55);
  operation.commitment = commitment_to(operation.id, operation.source, own);
  const auto answer = world.tells(0, 1, Opening{operation});
  RC_ASSERT(answer.has_value());
  const Draw draw{operation, *std::get_if<Challenge>(&*answer), own};
  Proof proof{.draw = draw};
  for (Number number = 2; proof.parts.size() < have; ++number) {
    const auto told = world.tells(0, number, Request{draw, true});
    RC_ASSERT(told.has_value());
    const auto& response = *std::get_if<Response>(&*told);
    proof.parts.push_back({*std::get_if<SignedAttestation>(&response.word), response.key});
  }
  while (proof.parts.size() < 7) {
    const auto number = *rc::gen::inRange<Number>(2, size);
    Attestation word{.request = draw.digest(),
                     .signer = identity(number).key,
                     .key = operation.key,
                     .time = world.now.unix};
    switch (*rc::gen::inRange(0, 5)) {
      case 0:  // in somebody's name, by a key of its own
        proof.parts.push_back({sign(identity(0), word), identity(number).bundle});
        break;
      case 1:  // by a key of its own, bound by itself to somebody
        proof.parts.push_back({sign(identity(40), word),
                               bundle_of(identity(0).peer_key, identity(40).attestation_key)});
        break;
      case 2:  // by itself
        word.signer = identity(0).key;
        proof.parts.push_back({sign(identity(0), word), identity(0).bundle});
        break;
      case 3:  // true words about something else
        proof.parts.push_back(older.parts[*rc::gen::inRange<std::size_t>(0, older.parts.size())]);
        break;
      default:  // a true word once more
        if (have == 0) continue;
        proof.parts.push_back(proof.parts[*rc::gen::inRange<std::size_t>(0, have)]);
    }
  }
  world.lie = nullptr;
  const auto verdict = world.tells(0, 1, proof);
  RC_ASSERT(verdict.has_value());
  RC_ASSERT(std::get_if<Verdict>(&*verdict)->refusal.has_value() == (have < 5));
  RC_ASSERT(world.witnessed.has_value() == (have >= 5));
  if (world.witnessed) RC_ASSERT(signers_of(world, **world.witnessed).size() == have);
}

}  // namespace
}  // namespace mycel::dht::witness
