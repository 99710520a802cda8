#include "protocol/dht/cross_check.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "foundation/wire/key.hpp"

namespace mycel::dht {
namespace {

using Number = std::uint32_t;

PeerId peer(Number number) {
  crypto::Ed25519PublicKey key;
  key.bytes[0] = static_cast<std::byte>(number);
  key.bytes[1] = std::byte{1};
  return wire::peer_id_of(key);
}

/// So many nodes, which all know each other, of whom all answer lookups. A story may bend whom
/// one of them names.
struct Story {
  explicit Story(Number size, std::uint64_t seed = 1) : nodes(size), check({}, Rng(seed)) {
    check.start(now);
  }

  /// So many rounds, with their second passes.
  void rounds(std::uint64_t count) {
    const std::uint64_t end = check.counters().rounds + count;
    while (check.counters().rounds < end || is_second_due()) step();
  }
  /// One asking of all.
  void step() {
    is_second = is_second_due();
    now.instant = check.next_deadline();
    check.on_deadline(now);
    while (perform()) {}
  }
  bool perform() {
    CrossCheckOutput output;
    check.take_output(output);
    for (const auto& search : output.searches) check.on_found(now, nearest(search.key));
    for (const auto& question : output.questions) answer(question);
    for (const auto& event : output.events)
      flagged.push_back(number_of(std::get_if<Inconsistent>(&event)->peer));
    return !output.searches.empty() || !output.questions.empty() || !output.events.empty();
  }
  void answer(const CrossCheckQuestion& question) {
    const Number by = number_of(question.to);
    auto named = nearest(question.key);
    std::erase(named, question.to);
    check.on_list(now, question.id, names ? names(by, std::move(named)) : named);
  }
  std::vector<PeerId> nearest(const Bytes& key) const {
    std::vector<PeerId> peers;
    for (Number number = 0; number < nodes; ++number) peers.push_back(peer(number));
    std::ranges::sort(peers, {}, [point = Key::of(key.view())](const PeerId& each) {
      return distance(Key::of(each), point);
    });
    peers.resize(std::min(peers.size(), k_default));
    return peers;
  }
  Number number_of(const PeerId& id) const {
    Number number = 0;
    while (peer(number) != id) number += 1;
    return number;
  }
  bool is_second_due() const { return check.next_deadline() - now.instant == 60s; }

  Number nodes;
  Now now{Instant{} + 1h, UnixTime{}};
  CrossCheck check;
  bool is_second = false;  ///< those that disagreed are being asked again
  std::function<std::optional<std::vector<PeerId>>(Number by, std::vector<PeerId> honest)> names;
  std::vector<Number> flagged;
};

TEST(CrossCheck, nodes_that_agree_are_left_alone) {
  Story story(40);
  story.rounds(20);
  EXPECT_TRUE(story.flagged.empty());
  EXPECT_EQ(story.check.counters().suspected, 0U);
  EXPECT_GE(story.check.counters().compared, 150U);
}

TEST(CrossCheck, who_names_nobody_but_accomplices_is_flagged) {
  Story story(20);
  story.names = [](Number by, std::vector<PeerId> honest) {
    if (by == 3) honest.resize(2);
    return honest;
  };
  story.rounds(20);
  ASSERT_FALSE(story.flagged.empty());
  EXPECT_EQ(story.flagged, std::vector<Number>(story.flagged.size(), 3));
}

TEST(CrossCheck, who_knew_nobody_for_a_moment_is_not) {
  Story story(20);
  story.names = [&story](Number by, std::vector<PeerId> honest) {
    if (by == 3 && !story.is_second) honest.clear();
    return honest;
  };
  story.rounds(20);
  EXPECT_TRUE(story.flagged.empty());
  EXPECT_GT(story.check.counters().suspected, 0U);
}

TEST(CrossCheck, some_that_are_missing_flag_nobody) {
  Story story(20);
  story.names = [](Number by, std::vector<PeerId> honest) {
    if (by == 3) honest.resize(10);
    return honest;
  };
  story.rounds(20);
  EXPECT_TRUE(story.flagged.empty());
}

TEST(CrossCheck, two_halves_that_lost_each_other_flag_nobody) {
  Story story(20);
  story.names = [](Number by, std::vector<PeerId> honest) {
    std::erase_if(honest, [&](const PeerId& each) {
      return (std::to_integer<Number>(each.view().back()) + by) % 2 == 0;
    });
    return honest;
  };
  story.rounds(20);
  EXPECT_TRUE(story.flagged.empty());
}

TEST(CrossCheck, silence_is_no_lie) {
  Story story(20);
  story.names = [](Number by, std::vector<PeerId> honest) {
    return by % 3 == 0 ? std::nullopt : std::optional(std::move(honest));
  };
  story.rounds(20);
  EXPECT_TRUE(story.flagged.empty());
}

TEST(CrossCheck, a_mesh_of_few_accuses_nobody) {
  Story story(5);
  story.names = [](Number by, std::vector<PeerId> honest) {
    if (by == 3) honest.clear();
    return honest;
  };
  story.rounds(20);
  EXPECT_TRUE(story.flagged.empty());
}

// Whomever an honest node has just lost, as long as they are few.
RC_GTEST_PROP(CrossCheckProperty, nobody_who_lost_three_of_the_others_is_flagged, ()) {
  constexpr std::size_t few = CrossCheckConfig{}.hidden_min - 1;
  Story story(*rc::gen::inRange<Number>(6, 60), *rc::gen::arbitrary<std::uint64_t>());
  Rng rng(*rc::gen::arbitrary<std::uint64_t>());
  const auto liars = *rc::gen::inRange<Number>(0, 3);
  story.names = [&](Number by, std::vector<PeerId> honest) {
    rng.shuffle(honest);
    const std::size_t lost =
        by < liars ? honest.size() : std::min<std::size_t>(rng.below(few + 1), honest.size());
    honest.resize(honest.size() - lost);
    return honest;
  };
  story.rounds(10);
  for (const Number number : story.flagged) RC_ASSERT(number < liars);
}

}  // namespace
}  // namespace mycel::dht
