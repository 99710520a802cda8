// Whichever statements of a DID are about, in whatever order and however often they arrive, all who
// met the same ones end with the same one. Told over many drawn histories: of several writers, with
// forks, revocations, clocks that went wrong and equal times.

#include <algorithm>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"

#include "protocol/agents/known_heads.hpp"
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

PeerId writer(std::uint64_t number) {
  return wire::peer_id_of(key_of(static_cast<std::uint8_t>(100 + number)).public_key());
}

/// A statement that follows `last`, or begins a chain.
ProvenStatement statement_after(const ProvenStatement* last, Rng& rng) {
  CardPayload payload{.did = did};
  if (last != nullptr) {
    payload.sequence = last->payload().sequence + 1 + (rng.below(4) == 0 ? 1 : 0);
    payload.previous = last->payload_hash();
    payload.clock = last->payload().clock;
  }
  payload.clock.advance(writer(rng.below(4)));
  payload.issued = start + Duration(std::chrono::minutes(rng.below(3)));  // often the same
  payload.expires = payload.issued + 1h;
  payload.is_revoked = rng.below(5) == 0;
  if (!payload.is_revoked) {
    const auto card =
        parse_card_file(R"({"name":"E)" + std::to_string(rng.below(3)) +
                        R"(","description":"d","url":"a:b","version":"1","skills":[]})");
    check(static_cast<bool>(card), "the story's card is one");
    payload.document = card->document;
  }
  auto proven = prove(sign_card(payload, agent), did);
  check(static_cast<bool>(proven), "the story's statement is good");
  return *std::move(proven);
}

/// A tree of statements: each continues any of those before it, or begins anew.
std::vector<ProvenStatement> history(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<ProvenStatement> all;
  for (int i = 0; i < 8; ++i) {
    const bool begins = all.empty() || rng.below(6) == 0;
    const auto last = begins ? 0 : static_cast<std::size_t>(rng.below(all.size()));
    all.push_back(statement_after(begins ? nullptr : &all[last], rng));
  }
  return all;
}

/// What a node keeps of two: the rule by which records of cards are merged.
const ProvenStatement& merged(const ProvenStatement& a, const ProvenStatement& b) {
  return is_better(b, a) ? b : a;
}

constexpr std::uint64_t seeds = 150;

TEST(CardConflicts, the_merge_is_commutative_associative_and_idempotent) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto all = history(seed);
    for (const auto& a : all) {
      ASSERT_EQ(merged(a, a).payload_hash(), a.payload_hash());
      for (const auto& b : all) {
        ASSERT_EQ(merged(a, b).payload_hash(), merged(b, a).payload_hash()) << "seed " << seed;
        for (const auto& c : all)
          ASSERT_EQ(merged(merged(a, b), c).payload_hash(), merged(a, merged(b, c)).payload_hash())
              << "seed " << seed;
      }
    }
  }
}

TEST(CardConflicts, the_dht_that_sees_only_bytes_merges_as_readers_do) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto all = history(seed);
    for (const auto& a : all)
      for (const auto& b : all) {
        const int order = compare_values(a.envelope(), b.envelope());
        ASSERT_EQ(order > 0, is_better(a, b)) << "seed " << seed;
        ASSERT_EQ(order == 0, a.payload_hash() == b.payload_hash()) << "seed " << seed;
      }
  }
}

TEST(CardConflicts, who_comes_causally_after_is_never_lost_to_what_it_had_seen) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Rng rng(seed);
    const auto all = history(seed);
    for (const auto& last : all) {
      const ProvenStatement next = statement_after(&last, rng);
      ASSERT_EQ(order_of(next.payload().clock, last.payload().clock), ClockOrder::after);
      ASSERT_TRUE(is_better(next, last)) << "seed " << seed;
      ASSERT_TRUE(check_succession(head_of(last), next)) << "seed " << seed;
    }
  }
}

TEST(CardConflicts, readers_who_meet_the_same_statements_in_any_order_never_go_back) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Rng rng(seed);
    auto all = history(seed);
    for (int reader = 0; reader < 4; ++reader) {
      rng.shuffle(all);
      std::optional<Head> known;
      for (const auto& statement : all) {
        if (known && !check_succession(*known, statement)) continue;
        ASSERT_TRUE(!known || head_of(statement).sequence >= known->sequence);
        known = head_of(statement);
      }
      // Whatever was known, nothing that it had replaced is taken again: no replay.
      for (const auto& statement : all) {
        if (statement.payload().sequence >= known->sequence) continue;
        const auto fit = check_succession(*known, statement);
        ASSERT_FALSE(fit) << "seed " << seed;
        ASSERT_EQ(fit.error().reason, Refusal::older_than_known);
      }
    }
  }
}

TEST(CardConflicts, a_higher_number_with_a_clock_that_saw_less_is_refused) {
  Rng rng(1);
  const ProvenStatement first = statement_after(nullptr, rng);
  const ProvenStatement second = statement_after(&first, rng);
  CardPayload jump{.did = did,
                   .sequence = second.payload().sequence + 5,
                   .previous = first.payload_hash(),
                   .clock = first.payload().clock,
                   .issued = start,
                   .expires = start + 1h,
                   .is_revoked = true};
  const auto forged = prove(sign_card(jump, agent), did);
  ASSERT_TRUE(forged);
  const auto fit = check_succession(head_of(second), *forged);
  ASSERT_FALSE(fit);
  EXPECT_EQ(fit.error().reason, Refusal::broken_chain);
}

/// A clock of up to `writers` writers.
VectorClock drawn_clock(Rng& rng, std::uint64_t writers) {
  VectorClock clock;
  for (std::uint64_t i = rng.below(12); i > 0; --i) clock.advance(writer(rng.below(writers)));
  return clock;
}

TEST(CardConflicts, clocks_merge_as_a_lattice_while_they_have_room) {
  const auto joined = [](VectorClock a, const VectorClock& b) {
    a.merge(b);
    return a;
  };
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Rng rng(seed);
    const VectorClock a = drawn_clock(rng, 5);
    const VectorClock b = drawn_clock(rng, 5);
    const VectorClock c = drawn_clock(rng, 5);
    ASSERT_EQ(joined(a, a), a);
    ASSERT_EQ(joined(a, b), joined(b, a)) << "seed " << seed;
    ASSERT_EQ(joined(joined(a, b), c), joined(a, joined(b, c))) << "seed " << seed;
    for (const VectorClock& part : {a, b}) {
      const ClockOrder order = order_of(joined(a, b), part);
      ASSERT_TRUE(order == ClockOrder::after || order == ClockOrder::equal) << "seed " << seed;
    }
    if (order_of(a, b) == ClockOrder::after) {
      ASSERT_GT(a.weight(), b.weight()) << "seed " << seed;
    }
  }
}

TEST(CardConflicts, a_clock_never_outgrows_its_bound_and_keeps_its_own_writer) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    VectorClock clock;
    for (int i = 0; i < 100; ++i) {
      const PeerId last = writer(rng.below(40));
      const std::uint64_t before = clock.count_of(last);
      clock.advance(last);
      ASSERT_LE(clock.entries().size(), VectorClock::writers_max);
      ASSERT_EQ(clock.count_of(last), before + 1);
      ASSERT_TRUE(VectorClock::from(clock.entries())) << "it may be sent as it is";
    }
  }
}

}  // namespace
}  // namespace mycel::agents
