#include "protocol/trust/ledger.hpp"

#include <deque>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "foundation/wire/key.hpp"

namespace mycel::trust {
namespace {

constexpr Now start{Instant{} + 1h, UnixTime{CalendarClock::duration{1'800'000'000'000}}};

PeerId peer(std::uint32_t number) {
  crypto::Ed25519PublicKey key;
  for (std::size_t i = 0; i < 4; ++i) key.bytes[i] = static_cast<std::byte>(number >> (8 * i));
  return wire::peer_id_of(key);
}

/// In these stories a proof is good when it says so.
Evidence against(const PeerId& liar, std::string_view proof = "proven") {
  return {.against = liar, .proof = Bytes::copy(proof)};
}

/// Nodes that are all connected, and carry each other's messages at once.
struct Mesh {
  struct Node {
    std::unique_ptr<Ledger> ledger;
    std::map<Bytes, Bytes> disk;
    std::vector<PeerId> convicted;
    std::size_t offers = 0;
  };

  explicit Mesh(std::uint32_t size, std::size_t convicted_max = offered_max)
      : convicted_max_(convicted_max) {
    for (std::uint32_t number = 0; number < size; ++number) {
      numbers_[peer(number)] = number;
      nodes.emplace_back();
      boot(number);
    }
  }
  void boot(std::uint32_t number) {
    nodes[number].convicted.clear();
    nodes[number].ledger =
        std::make_unique<Ledger>(Config{.self = peer(number), .convicted_max = convicted_max_});
    for (const auto& [key, value] : nodes[number].disk)
      EXPECT_TRUE(ledger(number).load(key, value));
    settle();
  }
  void connect(std::uint32_t a, std::uint32_t b) {
    links_.insert({std::min(a, b), std::max(a, b)});
    ledger(a).on_peer(peer(b));
    ledger(b).on_peer(peer(a));
    settle();
  }
  void connect_all() {
    for (std::uint32_t a = 0; a < nodes.size(); ++a)
      for (std::uint32_t b = 0; b < a; ++b) connect(a, b);
  }
  Ledger& ledger(std::uint32_t number) { return *nodes[number].ledger; }
  void finds(std::uint32_t number, const Evidence& evidence) {
    ledger(number).on_evidence(evidence);
    settle();
  }
  /// A message of somebody who keeps to no rules; what it is answered.
  std::optional<Message> tells(std::uint32_t from, std::uint32_t to, const Message& message) {
    told_.reset();
    deliver(from, to, RequestId{}, encode(message));
    settle();
    return told_;
  }
  std::uint64_t checks = 0;
  std::deque<Node> nodes;

 private:
  struct Question {
    std::uint32_t from = 0;
    RequestId request;
  };

  void settle() {
    for (bool is_quiet = false; !is_quiet;) {
      is_quiet = true;
      for (std::uint32_t number = 0; number < nodes.size(); ++number)
        if (perform(number)) is_quiet = false;
    }
  }
  bool perform(std::uint32_t number) {
    Output output;
    ledger(number).take_output(output);
    for (const StoreWrite& write : output.persist) {
      EXPECT_EQ(output.durability, Durability::synced);
      if (write.value)
        nodes[number].disk[write.key] = *write.value;
      else
        nodes[number].disk.erase(write.key);
    }
    for (const Send& send : output.sends) deliver(number, numbers_.at(send.to), send.id, send.body);
    for (const Check& check : output.checks) {
      checks += 1;
      ledger(number).on_checked(start, check.id, equal(check.evidence.proof, as_bytes("proven")));
    }
    for (const Answer& answer : output.answers) reply(answer);
    for (const Event& event : output.events)
      nodes[number].convicted.push_back(std::get_if<Convicted>(&event)->peer);
    return !output.sends.empty() || !output.checks.empty() || !output.answers.empty();
  }
  void deliver(std::uint32_t from, std::uint32_t to, RequestId request, const Bytes& body) {
    ASSERT_LE(body.size(), message_size_max_bytes);
    const auto message = decode(body);
    ASSERT_TRUE(message);
    if (std::holds_alternative<Offer>(*message)) nodes[from].offers += 1;
    const InboundId inbound = inbound_ids_.next();
    questions_[inbound] = {from, request};
    ledger(to).on_request(start, inbound, peer(from), *message);
  }
  void reply(const Answer& answer) {
    const Question question = questions_.extract(answer.id).mapped();
    const auto message = decode(answer.body);
    ASSERT_TRUE(message);
    if (question.request == RequestId{})
      told_ = *message;
    else
      ledger(question.from).on_answer(question.request, *message);
  }

  std::size_t convicted_max_;
  std::map<PeerId, std::uint32_t> numbers_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> links_;
  std::map<InboundId, Question> questions_;
  std::optional<Message> told_;
  Sequence<InboundId> inbound_ids_;
};

const PeerId liar = peer(1000);

TEST(Ledger, what_one_finds_out_everybody_checks_and_knows) {
  Mesh mesh(6);
  for (std::uint32_t number = 1; number < 6; ++number) mesh.connect(number - 1, number);
  mesh.finds(0, against(liar));
  for (std::uint32_t number = 0; number < 6; ++number) {
    EXPECT_TRUE(mesh.ledger(number).is_convicted(liar)) << number;
    EXPECT_EQ(mesh.nodes[number].convicted, std::vector{liar});
    EXPECT_EQ(mesh.ledger(number).held(), 0U);
  }
  EXPECT_EQ(mesh.checks, 5U);  // all but the one that found it
}

TEST(Ledger, who_comes_later_is_told_when_it_is_met) {
  Mesh mesh(3);
  mesh.finds(0, against(liar));
  mesh.connect(0, 1);
  EXPECT_TRUE(mesh.ledger(1).is_convicted(liar));
  mesh.connect(1, 2);
  EXPECT_TRUE(mesh.ledger(2).is_convicted(liar));
}

TEST(Ledger, evidence_that_proves_nothing_harms_only_whoever_brought_it) {
  Mesh mesh(3);
  mesh.connect_all();
  const auto verdict = mesh.tells(1, 0, against(peer(2), "hearsay"));
  EXPECT_EQ(verdict, Message{Verdict{false}});
  EXPECT_FALSE(mesh.ledger(0).is_convicted(peer(2)));
  EXPECT_EQ(mesh.ledger(0).score_of(start, peer(2)), score_neutral);
  EXPECT_LT(mesh.ledger(0).score_of(start, peer(1)), score_neutral);
  EXPECT_EQ(mesh.ledger(0).counters().evidence_refused, 1U);
}

TEST(Ledger, whoever_goes_on_bringing_false_proofs_is_not_listened_to) {
  Mesh mesh(2);
  for (std::uint32_t number = 0; number < 5; ++number)
    mesh.tells(1, 0, against(peer(10 + number), "hearsay"));
  EXPECT_EQ(mesh.checks, 2U);
}

TEST(Ledger, evidence_survives_a_restart) {
  Mesh mesh(2);
  mesh.finds(0, against(liar));
  mesh.boot(0);
  EXPECT_TRUE(mesh.ledger(0).is_convicted(liar));
  EXPECT_EQ(mesh.nodes[0].convicted, std::vector{liar});
  mesh.connect(0, 1);
  EXPECT_TRUE(mesh.ledger(1).is_convicted(liar));
}

TEST(Ledger, a_node_does_not_convict_itself) {
  Mesh mesh(2);
  mesh.connect_all();
  mesh.finds(0, against(peer(1)));
  EXPECT_TRUE(mesh.ledger(0).is_convicted(peer(1)));
  EXPECT_FALSE(mesh.ledger(1).is_convicted(peer(1)));
  mesh.finds(1, against(peer(1)));
  EXPECT_FALSE(mesh.ledger(1).is_convicted(peer(1)));
}

TEST(Ledger, a_long_list_goes_over_in_pieces_and_nothing_is_sent_twice) {
  Mesh mesh(2);
  for (std::uint32_t number = 0; number < 50; ++number) mesh.finds(0, against(peer(2000 + number)));
  mesh.connect(0, 1);
  EXPECT_EQ(mesh.ledger(1).convicted().size(), 50U);
  EXPECT_EQ(mesh.ledger(0).counters().evidence_sent, 50U);
  EXPECT_EQ(mesh.nodes[0].offers, 4U);
}

TEST(Ledger, whoever_makes_identities_to_convict_them_pushes_out_nobody_that_was_met) {
  Mesh mesh(3, 8);
  mesh.connect(0, 1);
  mesh.finds(0, against(peer(1)));
  for (std::uint32_t number = 0; number < 20; ++number) mesh.finds(0, against(peer(3000 + number)));
  EXPECT_TRUE(mesh.ledger(0).is_convicted(peer(1)));
  EXPECT_EQ(mesh.ledger(0).convicted().size(), 8U);
  EXPECT_EQ(mesh.nodes[0].disk.size(), 8U);
  EXPECT_TRUE(mesh.ledger(0).is_convicted(peer(3019)));
}

TEST(Ledger, who_asks_without_end_has_only_so_many_proofs_examined_at_a_time) {
  Ledger ledger({.self = peer(0), .checks_max = 2});
  for (std::uint32_t number = 0; number < 5; ++number)
    ledger.on_request(start, InboundId{number}, peer(1), against(peer(10 + number)));
  Output output;
  ledger.take_output(output);
  EXPECT_EQ(output.checks.size(), 2U);
  EXPECT_EQ(output.refusals.size(), 3U);
}

TEST(Opinions, faults_weigh_and_fade) {
  Opinions opinions;
  const Instant now = start.instant;
  EXPECT_EQ(opinions.of(now, liar), score_neutral);
  opinions.on_fault(now, liar);
  EXPECT_EQ(opinions.of(now, liar), Score{350});
  opinions.on_fault(now, liar);
  EXPECT_LT(opinions.of(now, liar), Score{300});
  for (int i = 0; i < 10; ++i) opinions.on_fault(now, liar);
  EXPECT_GT(opinions.of(now, liar), score_convicted);
  EXPECT_EQ(opinions.of(now + 1h, liar), Score{275});
  EXPECT_EQ(opinions.of(now + 100h, liar), score_neutral);
}

TEST(Opinions, the_lightest_makes_room) {
  Opinions opinions;
  opinions.on_fault(start.instant, liar);
  opinions.on_fault(start.instant, liar);
  for (std::uint32_t number = 0; number < Opinions::size_max + 10; ++number)
    opinions.on_fault(start.instant, peer(number));
  EXPECT_EQ(opinions.size(), Opinions::size_max);
  EXPECT_LT(opinions.of(start.instant, liar), Score{300});
}

TEST(TrustMessage, each_survives_its_bytes_and_has_one_spelling) {
  const std::vector<Message> all{Offer{},
                                 Offer{{name_of(peer(1))}},
                                 Wanted{{name_of(peer(2))}},
                                 against(liar),
                                 Verdict{true},
                                 Verdict{false}};
  for (const Message& message : all) {
    const Bytes bytes = encode(message);
    EXPECT_EQ(*decode(bytes), message);
    if (std::holds_alternative<Evidence>(message)) continue;  // its proof is judged by others
    std::vector<std::byte> longer(bytes.begin(), bytes.end());
    longer.push_back(std::byte{7});
    EXPECT_FALSE(decode(longer));
  }
}

TEST(TrustMessage, what_is_too_large_unsorted_or_unknown_is_refused) {
  const std::vector<Name> names(wanted_max + 1, name_of(liar));
  EXPECT_FALSE(decode(encode(Wanted{names})));
  EXPECT_FALSE(decode(encode(Offer{{name_of(liar), name_of(liar)}})));
  EXPECT_FALSE(decode(Bytes::copy("\x09")));
  EXPECT_FALSE(decode({}));
  Evidence large = against(liar);
  large.proof = Bytes(std::vector<std::byte>(proof_size_max_bytes + 1));
  EXPECT_FALSE(decode(encode(large)));
}

RC_GTEST_PROP(LedgerProperty, nobody_is_convicted_without_proof_and_everybody_with_it, ()) {
  Mesh mesh(5);
  mesh.connect_all();
  std::set<PeerId> guilty;
  for (const int draw : *rc::gen::container<std::vector<int>>(40, rc::gen::inRange(0, 1000))) {
    const PeerId about = peer(4000 + static_cast<std::uint32_t>(draw % 10));
    // Node 4 slanders; whoever has heard it do so does not listen to it any more.
    const bool is_true = draw / 200 == 0;
    const std::uint32_t to = static_cast<std::uint32_t>(draw / 10 % 4);
    const std::uint32_t from = is_true && draw % 2 == 0 ? (to + 1) % 4 : 4;
    if (is_true && mesh.ledger(to).score_of(start, peer(from)) >= score_heard) guilty.insert(about);
    mesh.tells(from, to, against(about, is_true ? "proven" : "hearsay"));
    if (draw % 7 == 0) mesh.boot(to);
    if (draw % 7 == 0)
      for (std::uint32_t other = 0; other < 5; ++other)
        if (other != to) mesh.connect(to, other);
  }
  for (std::uint32_t number = 0; number < 5; ++number) {
    const auto convicted = mesh.ledger(number).convicted();
    RC_ASSERT(std::set<PeerId>(convicted.begin(), convicted.end()) == guilty);
  }
}

}  // namespace
}  // namespace mycel::trust
