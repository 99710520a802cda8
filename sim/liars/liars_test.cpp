// Liars lie in the way that they are named for, and honest nodes come to no harm.

#include "sim/liars/liars.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "sim/network.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

const Bytes key = Bytes::copy("/sim/key");

PeerId peer(std::uint32_t number) {
  return peer_of_number(number);
}

dht::Message answer_with(std::vector<std::uint32_t> closer, std::optional<Bytes> value) {
  dht::Message message{.type = dht::MessageType::get_value, .key = key};
  for (const std::uint32_t number : closer)
    message.closer.push_back({.id = peer(number), .addresses = {Network::address_of(number)}});
  if (value) message.record = dht::Record{key, *value, std::nullopt};
  return message;
}

struct LieStory {
  explicit LieStory(LiarKind kind) : lie(make_lie(kind, {{}, gang(), {}}, Rng(7))) {}
  static std::shared_ptr<const Gang> gang() {
    const auto all = std::make_shared<Gang>();
    for (std::uint32_t number = 100; number < 140; ++number)
      all->add(peer(number), Network::address_of(number));
    return all;
  }
  void is_given(std::uint64_t version) {
    dht::Message put{.type = dht::MessageType::put_value, .key = key};
    put.record = dht::Record{key, seal(key, version, "text"), std::nullopt};
    lie->hear({peer(1), put});
  }
  std::optional<Duration> answers(PeerId asker, dht::Message honest) {
    const Question question{asker, {.type = dht::MessageType::get_value, .key = key}};
    answer = {.reply = dht::Reply::message, .message = std::move(honest)};
    return lie->twist(question, answer);
  }
  std::unique_ptr<Lie> lie;
  dht::Answer answer;
};

TEST(Lies, a_withholder_hands_out_no_value) {
  LieStory story(LiarKind::withhold);
  const auto late = story.answers(peer(1), answer_with({2, 3}, seal(key, 1, "text")));
  EXPECT_TRUE(!late || !story.answer.message.record);
}

TEST(Lies, an_equivocator_shows_two_askers_two_worlds) {
  LieStory story(LiarKind::equivocate);
  story.is_given(1);
  story.is_given(2);
  std::set<std::vector<PeerId>> worlds;
  std::set<std::optional<Bytes>> values;
  for (std::uint32_t asker = 0; asker < 16; ++asker) {
    story.answers(peer(asker), answer_with({20, 21, 22, 23}, seal(key, 2, "text")));
    std::vector<PeerId> shown;
    for (const dht::Peer& each : story.answer.message.closer) shown.push_back(each.id);
    EXPECT_EQ(shown.size(), 2U);
    worlds.insert(shown);
    values.insert(story.answer.message.record->value);
  }
  EXPECT_EQ(worlds.size(), 2U);
  EXPECT_EQ(values.size(), 2U);
}

TEST(Lies, a_delayer_answers_just_before_the_asker_gives_up) {
  LieStory story(LiarKind::delay);
  const auto late = story.answers(peer(1), answer_with({2}, std::nullopt));
  ASSERT_TRUE(late);
  EXPECT_GT(*late, 4s);
  EXPECT_LT(*late, links::RequestsConfig{}.timeout);
}

TEST(Lies, a_replayer_answers_with_the_oldest_and_offers_it_when_there_is_something_newer) {
  LieStory story(LiarKind::replay);
  story.is_given(1);
  EXPECT_TRUE(story.lie->act({peer(9)}).empty());
  story.is_given(2);
  story.answers(peer(1), answer_with({2}, seal(key, 2, "text")));
  EXPECT_EQ(story.answer.message.record->value, seal(key, 1, "text"));
  const auto unasked = story.lie->act({peer(9)});
  ASSERT_FALSE(unasked.empty());
  EXPECT_EQ(unasked.front().message.record->value, seal(key, 1, "text"));
}

TEST(Lies, a_forger_makes_no_record_that_holds) {
  LieStory story(LiarKind::forge);
  for (int i = 0; i < 100; ++i) {
    story.answers(peer(1), answer_with({2}, seal(key, 1, "text")));
    ASSERT_TRUE(story.answer.message.record);
    const bool is_same = story.answer.message.record->value == seal(key, 1, "text");
    EXPECT_TRUE(is_same || !open_sealed(key, story.answer.message.record->value));
  }
  EXPECT_GT(story.answer.message.closer.size(), 1U);
}

TEST(Lies, a_flooder_fills_its_answers_to_the_limits_of_the_wire) {
  LieStory story(LiarKind::flood);
  story.answers(peer(1), answer_with({2}, std::nullopt));
  EXPECT_EQ(story.answer.message.closer.size(), dht::message_peers_max);
  EXPECT_TRUE(dht::decode(dht::encode(story.answer.message)));
  EXPECT_FALSE(story.lie->act({peer(9)}).empty());
}

TEST(Lies, a_colluder_names_only_accomplices_the_nearest_first_and_not_the_asker) {
  LieStory story(LiarKind::collude);
  story.answers(peer(100), answer_with({2, 3}, seal(key, 1, "text")));
  const auto& closer = story.answer.message.closer;
  EXPECT_FALSE(story.answer.message.record);
  ASSERT_EQ(closer.size(), dht::k_default);
  const dht::Key target = dht::Key::of(key);
  EXPECT_TRUE(std::ranges::is_sorted(
      closer, {}, [&](const dht::Peer& each) { return distance(dht::Key::of(each.id), target); }));
  for (const dht::Peer& each : closer) EXPECT_NE(each.id, peer(100));
}

TEST(Lies, ground_keys_lie_nearer_to_the_victim_than_any_honest_node) {
  const dht::Key target = dht::Key::of(key);
  const auto where = [&](std::uint32_t number) {
    return distance(dht::Key::of(peer(number)), target);
  };
  std::vector<dht::Distance> honest;
  for (std::uint32_t number = 0; number < 200; ++number) honest.push_back(where(number));
  const auto ground = ground_key(target, 16384, Rng(3));
  EXPECT_LT(where(ground), *std::ranges::min_element(honest));
}

/// A small mesh in which some lie and users put and get.
struct Mesh {
  Mesh(std::uint64_t seed, std::uint32_t nodes, std::vector<Liar> liars)
      : world(seed), network(world, {}), fleet(world, network, nodes) {
    fleet.on_setup([](std::uint32_t number, NodeSetup& setup) {
      setup.identify.observed.is_private_allowed = true;
      setup.ping.every = 0s;
      setup.dht.namespaces.push_back(sealed_namespace());
      if (number > 0) setup.join = {Network::address_of(0)};
    });
    make_liars(world, fleet, liars);
    for (std::uint32_t number = 0; number < nodes; ++number) {
      fleet.start(number);
      world.run_for(20ms);
    }
    world.run_for(20s);
  }
  static Bytes key_of(std::uint32_t number) { return sealed_key(number, 0); }
  void put(std::uint32_t number, std::uint64_t version) {
    const Bytes where = key_of(number);
    fleet.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, where, seal(where, version, "text")); },
        [](const dht::LookupDone&) {});
  }
  void get(std::uint32_t number, std::uint32_t whose) {
    gets += 1;
    fleet.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.get(now, key_of(whose)); },
        [this, whose](const dht::LookupDone& done) {
          const auto* value = std::get_if<dht::Value>(&done.result);
          if (value == nullptr) return;
          open_sealed(key_of(whose), value->value) ? found += 1 : forged += 1;
        });
  }
  std::vector<std::uint32_t> honest() const {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t number = 0; number < fleet.size(); ++number)
      if (fleet.is_honest(number)) numbers.push_back(number);
    return numbers;
  }
  /// Every honest node publishes and reads what the next one published.
  void live() {
    const auto numbers = honest();
    for (const std::uint32_t number : numbers) put(number, 1);
    world.run_for(30s);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      get(numbers[i], numbers[(i + 1) % numbers.size()]);
    world.run_for(70s);
  }

  World world;
  Network network;
  Fleet fleet;
  std::uint32_t gets = 0, found = 0, forged = 0;
};

std::vector<Liar> all_of(LiarKind kind, std::uint32_t first, std::uint32_t count) {
  std::vector<Liar> liars;
  for (std::uint32_t i = 0; i < count; ++i) liars.push_back({first + i, kind, 1});
  return liars;
}

class LiarsOfKind : public testing::TestWithParam<LiarKind> {};

TEST_P(LiarsOfKind, a_third_of_them_keeps_no_value_from_honest_nodes_and_forges_none) {
  Mesh mesh(5, 15, all_of(GetParam(), 10, 5));
  mesh.live();
  EXPECT_EQ(mesh.gets, mesh.honest().size());
  EXPECT_EQ(mesh.found, mesh.gets);
  EXPECT_EQ(mesh.forged, 0U);
}

INSTANTIATE_TEST_SUITE_P(Liars, LiarsOfKind,
                         testing::Values(LiarKind::withhold, LiarKind::equivocate, LiarKind::delay,
                                         LiarKind::replay, LiarKind::forge, LiarKind::flood,
                                         LiarKind::collude, LiarKind::grind, LiarKind::twin,
                                         LiarKind::mixed),
                         [](const auto& each) { return std::string(to_text(each.param)); });

TEST(Liars, the_same_seed_is_the_same_run) {
  const auto fingerprint = [](std::uint64_t seed) {
    Mesh mesh(seed, 12, all_of(LiarKind::mixed, 8, 4));
    mesh.live();
    return mesh.world.fingerprint().value();
  };
  EXPECT_EQ(fingerprint(4), fingerprint(4));
  EXPECT_NE(fingerprint(4), fingerprint(5));
}

TEST(Liars, they_lie_again_after_a_restart) {
  Mesh mesh(6, 6, all_of(LiarKind::collude, 3, 3));
  mesh.fleet.crash(3);
  mesh.world.run_for(1s);
  mesh.fleet.start(3);
  mesh.world.run_for(60s);  // the others must have noticed that their connections are dead
  std::vector<dht::Peer> told;
  mesh.fleet.node(0).wiring().dht().send(
      mesh.fleet.peer_of(3),
      {.type = dht::MessageType::find_node, .key = Bytes::copy(mesh.fleet.peer_of(1).view())},
      [&](const std::optional<dht::Message>& answer) {
        if (answer) told = answer->closer;
      });
  mesh.world.run_for(5s);
  ASSERT_FALSE(told.empty());
  for (const dht::Peer& each : told)
    EXPECT_FALSE(mesh.fleet.is_honest(*mesh.fleet.number_of(each.id)));
}

TEST(Liars, what_a_lone_forger_says_of_our_address_is_told_to_nobody) {
  Mesh mesh(6, 8, all_of(LiarKind::forge, 7, 1));
  for (const std::uint32_t number : mesh.honest())
    EXPECT_EQ(mesh.fleet.node(number).wiring().addresses(), Addresses{Network::address_of(number)});
}

}  // namespace
}  // namespace mycel::sim
