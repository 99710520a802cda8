#include "protocol/dht/witness/message.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/dht/witness/equivocation.hpp"
#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {
namespace {

std::string fault_of(ByteView bytes) {
  const auto message = decode(bytes);
  return message ? "none" : std::string(wire::to_text(message.error()));
}

std::vector<Message> one_of_each() {
  const Case at;
  const auto witness = at.eligible().front();
  Draw with_data = at.draw;
  with_data.operation.data = crypto::sha256(as_bytes("data"));
  const Rejection no{at.draw.digest(), identity(witness).key, at.now.unix, Refusal::not_eligible};
  return {Opening{at.draw.operation},
          Opening{with_data.operation},
          at.draw.challenge,
          Request{at.draw, true},
          Response{at.part_of(witness).attestation, identity(witness).bundle},
          Response{sign(identity(witness), no), std::nullopt},
          at.proof(7),
          Verdict{},
          Verdict{Refusal::no_quorum}};
}

TEST(WitnessMessage, each_survives_its_bytes) {
  for (const Message& message : one_of_each()) {
    const auto again = decode(encode(message));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, message);
  }
}

TEST(WitnessMessage, sizes_are_those_of_the_documentation) {
  const Case at;
  const auto all = one_of_each();
  std::vector<std::size_t> sizes;
  for (const Message& message : all) sizes.push_back(encode(message).size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{187, 187, 97, 316, 6225, 3417, 43'877, 2, 2}));
  EXPECT_EQ(encode(Message(at.proof(5))).size(), 31'431U);
  EXPECT_EQ(encode(Message(at.proof(7))).size() < message_size_max_bytes, true);
}

TEST(WitnessMessage, cut_or_lengthened_it_is_refused) {
  for (const Message& message : one_of_each()) {
    const Bytes bytes = encode(message);
    for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1})
      EXPECT_EQ(fault_of(bytes.slice(0, size)), "truncated");
    std::vector<std::byte> longer(bytes.begin(), bytes.end());
    longer.push_back({});
    EXPECT_EQ(fault_of(longer), "trailing_bytes");
  }
}

TEST(WitnessMessage, a_list_has_one_order_and_no_hidden_room) {
  const Case at;
  const auto witness = at.eligible().front();
  Attestation word = at.word_of(witness);
  word.neighbours.resize(19);
  std::swap(word.neighbours[3], word.neighbours[4]);
  EXPECT_EQ(decode_attestation(encode(word)).error(), wire::Fault::not_canonical);
  std::swap(word.neighbours[3], word.neighbours[4]);
  const Bytes good = encode(word);
  ASSERT_TRUE(decode_attestation(good));
  std::vector<std::byte> hidden(good.begin(), good.end());
  hidden.back() = std::byte{1};
  EXPECT_EQ(decode_attestation(hidden).error(), wire::Fault::not_canonical);
  word.neighbours[4] = word.neighbours[3];
  EXPECT_EQ(decode_attestation(encode(word)).error(), wire::Fault::not_canonical);
}

TEST(WitnessMessage, a_body_of_one_kind_is_none_of_another) {
  const Case at;
  const Bytes word = encode(at.word_of(at.eligible().front()));
  EXPECT_EQ(decode_rejection(word.slice(0, rejection_size_bytes)).error(),
            wire::Fault::unknown_kind);
  EXPECT_EQ(decode_key_bundle(identity(2).bundle.body.slice(0, 100)).error(),
            wire::Fault::truncated);
}

RC_GTEST_PROP(WitnessMessageProperty, bytes_that_decode_are_the_only_spelling, ()) {
  const auto all = one_of_each();
  const Bytes good = encode(all[*rc::gen::inRange<std::size_t>(0, all.size())]);
  std::vector<std::byte> bytes(good.begin(), good.end());
  const auto flips = *rc::gen::inRange(1, 4);
  for (int i = 0; i < flips; ++i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^=
        std::byte{*rc::gen::arbitrary<std::uint8_t>()};
  const auto message = decode(bytes);
  if (message) RC_ASSERT(equal(encode(*message), bytes));
}

}  // namespace
}  // namespace mycel::dht::witness
