#include "protocol/dht/lookup.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::peer_number;

PeerInfo info(std::uint64_t number) {
  return {peer_number(number), {}};
}
std::vector<PeerInfo> infos(std::uint64_t first, std::uint64_t last) {
  std::vector<PeerInfo> all;
  for (std::uint64_t i = first; i <= last; ++i) all.push_back(info(i));
  return all;
}

/// A lookup of peer 0 for a key.
struct Story {
  explicit Story(LookupConfig config = {}) : lookup(config, target, peer_number(0)) {}

  std::vector<PeerInfo> next(Duration at = 0s) { return lookup.next(Instant(at)); }
  /// Peers by distance from the target.
  static std::vector<PeerInfo> sorted(std::vector<PeerInfo> peers) {
    std::ranges::sort(peers, {}, [](const PeerInfo& peer) {
      return distance(Key::of(peer.id), Key::of(as_bytes("target")));
    });
    return peers;
  }
  /// Asks and answers with `closer` until nothing is left to ask.
  void run(const std::function<std::vector<PeerInfo>(const PeerInfo&)>& closer) {
    for (auto asked = next(); !asked.empty(); asked = next())
      for (const PeerInfo& peer : asked) {
        EXPECT_TRUE(ever_asked.insert(peer.id).second) << "nobody is asked twice";
        lookup.on_answer(peer.id, closer(peer));
      }
  }

  Key target = Key::of(as_bytes("target"));
  Lookup lookup;
  std::set<PeerId> ever_asked;
};

TEST(Lookup, asks_the_nearest_alpha_first) {
  Story story;
  story.lookup.enter(infos(1, 10));
  auto expected = Story::sorted(infos(1, 10));
  expected.resize(3);
  EXPECT_EQ(story.next(), expected);
  EXPECT_TRUE(story.next().empty());
}

TEST(Lookup, ends_when_the_k_nearest_have_answered_or_failed) {
  Story story({.k = 2, .parallel = 1, .parallel_last = 1});
  const auto all = Story::sorted(infos(1, 5));
  story.lookup.enter(all);
  EXPECT_EQ(story.next(), std::vector{all[0]});
  story.lookup.on_failure(all[0].id);
  EXPECT_EQ(story.next(), std::vector{all[1]});
  story.lookup.on_answer(all[1].id, {});
  EXPECT_FALSE(story.lookup.is_settled());
  EXPECT_EQ(story.next(), std::vector{all[2]});
  story.lookup.on_answer(all[2].id, {});
  EXPECT_TRUE(story.lookup.is_settled());
  EXPECT_EQ(story.lookup.nearest(), (std::vector{all[1], all[2]}));
}

TEST(Lookup, without_entry_points_is_settled_at_once) {
  Story story;
  story.lookup.enter({});
  EXPECT_TRUE(story.next().empty());
  EXPECT_TRUE(story.lookup.is_settled());
  EXPECT_TRUE(story.lookup.nearest().empty());
}

TEST(Lookup, finds_what_a_full_sort_finds) {
  Story story;
  const auto all = infos(1, 500);
  Rng rng(1);
  story.lookup.enter(infos(1, 3));
  // Everybody knows a random hundred, and names the twenty nearest of them.
  story.run([&](const PeerInfo&) {
    auto known = all;
    rng.shuffle(known);
    known.resize(100);
    known = Story::sorted(known);
    known.resize(20);
    return known;
  });
  auto nearest = Story::sorted(all);
  nearest.resize(10);
  auto found = story.lookup.nearest();
  found.resize(10);
  EXPECT_EQ(found, nearest);
}

// Defect 1: farthest first, by prefix length.
TEST(Lookup, defect_1_the_result_is_nearest_first_by_true_distance) {
  Story story;
  story.lookup.enter(infos(1, 20));
  story.run([](const PeerInfo&) { return std::vector<PeerInfo>{}; });
  EXPECT_EQ(story.lookup.nearest(), Story::sorted(infos(1, 20)));
}

// Defect 2: results stayed empty because hardly anything counted as close, and that was valid.
TEST(Lookup, defect_2_whoever_answered_is_a_result_however_far) {
  Story story;
  story.lookup.enter(infos(1, 1));
  story.run([](const PeerInfo&) { return std::vector<PeerInfo>{}; });
  EXPECT_EQ(story.lookup.nearest(), infos(1, 1));
}

// Defect 3: paths were walked one after another.
TEST(Lookup, defect_3_disjoint_paths_run_at_the_same_time) {
  Story story({.disjoint_paths = 3});
  story.lookup.enter(infos(1, 9));
  EXPECT_EQ(story.next().size(), 3) << "one question on each path";
}

// Defect 4: one node could stand on two paths.
TEST(Lookup, defect_4_a_peer_is_asked_on_one_path_only) {
  Story story({.disjoint_paths = 3});
  story.lookup.enter(infos(1, 9));
  story.run([](const PeerInfo&) { return infos(1, 60); });
  EXPECT_EQ(story.ever_asked.size(), story.lookup.asked());
}

TEST(Lookup, a_liar_misleads_only_the_path_it_stands_on) {
  Story story({.disjoint_paths = 3});
  const auto honest = infos(100, 119);
  story.lookup.enter(infos(1, 3));
  const PeerId liar = peer_number(2);
  story.run(
      [&](const PeerInfo& peer) { return peer.id == liar ? std::vector<PeerInfo>{} : honest; });
  auto expected = Story::sorted(honest);
  auto found = story.lookup.nearest();
  std::erase_if(
      found, [&](const PeerInfo& peer) { return std::ranges::find(honest, peer) == honest.end(); });
  expected.resize(found.size());
  EXPECT_EQ(found, expected);
  EXPECT_GE(found.size(), 17);
}

TEST(Lookup, ignores_itself_and_more_than_k_peers_of_one_answer) {
  Story story({.k = 5});
  story.lookup.enter(infos(1, 1));
  EXPECT_EQ(story.next(), infos(1, 1));
  auto closer = infos(0, 63);
  story.lookup.on_answer(peer_number(1), closer);
  EXPECT_LE(story.lookup.known(), 5);
  EXPECT_FALSE(story.lookup.knows(peer_number(0)));
  EXPECT_FALSE(story.lookup.knows(peer_number(6)));
}

TEST(Lookup, liars_who_invent_peers_cannot_make_it_grow_or_go_on_without_end) {
  LookupConfig config{.asked_max = 200};
  Story story(config);
  story.lookup.enter(infos(1, 3));
  std::uint64_t invented = 1000;
  std::size_t known_max = 0;
  story.run([&](const PeerInfo&) {
    known_max = std::max(known_max, story.lookup.known());
    const auto closer = infos(invented, invented + 19);
    invented += 20;
    return closer;
  });
  EXPECT_LE(story.lookup.asked(), config.asked_max);
  EXPECT_LE(known_max, config.asked_max + config.unasked_per_path_max);
  EXPECT_TRUE(story.lookup.is_settled());
}

TEST(Lookup, a_slow_peer_does_not_hold_up_the_others_and_its_answer_counts) {
  Story story({.k = 3, .parallel = 1, .patience = 500ms});
  const auto all = Story::sorted(infos(1, 3));
  story.lookup.enter(all);
  EXPECT_EQ(story.next(), std::vector{all[0]});
  EXPECT_EQ(story.lookup.next_slow(), Instant(500ms));
  EXPECT_TRUE(story.next(499ms).empty());
  EXPECT_EQ(story.next(500ms), std::vector{all[1]});
  story.lookup.on_answer(all[1].id, {});
  story.next(600ms);
  story.lookup.on_answer(all[2].id, {});
  EXPECT_FALSE(story.lookup.is_settled()) << "the slow peer is among the nearest";
  story.lookup.on_answer(all[0].id, {});
  EXPECT_TRUE(story.lookup.is_settled());
  EXPECT_EQ(story.lookup.nearest(), all);
}

TEST(Lookup, an_answer_after_a_failure_still_counts) {
  Story story;
  story.lookup.enter(infos(1, 2));
  story.next();
  story.lookup.on_failure(peer_number(1));
  story.lookup.on_answer(peer_number(1), infos(3, 3));
  EXPECT_TRUE(story.lookup.knows(peer_number(3)));
  EXPECT_EQ(story.lookup.failed(), 0);
}

TEST(Lookup, answers_of_peers_that_were_not_asked_mean_nothing) {
  Story story;
  story.lookup.enter(infos(1, 5));
  story.lookup.on_answer(peer_number(5), infos(6, 9));
  story.lookup.on_answer(peer_number(77), infos(6, 9));
  EXPECT_EQ(story.lookup.known(), 5);
  EXPECT_EQ(story.lookup.answered(), 0);
}

TEST(Lookup, when_nobody_nearer_turns_up_all_that_are_left_are_asked_at_once) {
  Story story({.parallel = 1});
  const auto all = Story::sorted(infos(1, 20));
  story.lookup.enter(all);
  EXPECT_EQ(story.next().size(), 1);
  story.lookup.on_answer(all[0].id, {});
  EXPECT_EQ(story.next().size(), 19);
}

TEST(Lookup, a_second_entry_is_a_path_of_its_own) {
  Story story({.k = 3});
  const auto near = Story::sorted(infos(1, 30));
  story.lookup.enter({near[0], near[1], near[2]});
  story.run([](const PeerInfo&) { return std::vector<PeerInfo>{}; });
  EXPECT_TRUE(story.lookup.is_settled());
  EXPECT_EQ(story.lookup.enter({near[25], near[2]}), 1) << "only one is new";
  EXPECT_EQ(story.next(), std::vector{near[25]}) << "though three nearer ones have answered";
}

TEST(Lookup, hops_count_the_answers_on_the_way_to_the_nearest) {
  Story story;
  const auto all = Story::sorted(infos(1, 3));
  story.lookup.enter({all[2]});
  story.next();
  story.lookup.on_answer(all[2].id, {all[1]});
  story.next();
  story.lookup.on_answer(all[1].id, {all[0]});
  story.next();
  EXPECT_EQ(story.lookup.hops(), 1);
  story.lookup.on_answer(all[0].id, {});
  EXPECT_EQ(story.lookup.hops(), 2);
}

TEST(Lookup, widened_it_asks_those_whom_accomplices_pushed_aside) {
  Story story({.k = 2, .parallel = 2, .parallel_last = 2});
  const auto sorted = Story::sorted(infos(1, 20));
  // The two farthest are known from the start; a liar among them names nearer accomplices.
  const std::vector<PeerInfo> doors(sorted.end() - 2, sorted.end());
  const std::vector<PeerInfo> accomplices(sorted.begin(), sorted.begin() + 2);
  story.lookup.enter({doors[0], doors[1], sorted[10]});
  story.run([&](const PeerInfo&) { return accomplices; });
  EXPECT_TRUE(story.lookup.is_settled());
  EXPECT_FALSE(story.ever_asked.contains(doors[1].id));
  story.lookup.widen(3);
  EXPECT_FALSE(story.lookup.is_settled());
  story.run([&](const PeerInfo&) { return accomplices; });
  EXPECT_TRUE(story.ever_asked.contains(doors[1].id));
  EXPECT_TRUE(story.lookup.is_settled());
}

TEST(Lookup, a_retry_may_open_several_paths_but_never_more_than_it_can_hold) {
  Story story({.k = 2, .parallel = 1, .disjoint_paths = 8});
  EXPECT_EQ(story.lookup.enter(infos(1, 8)), 8);
  EXPECT_EQ(story.lookup.enter(infos(9, 16), 8), 8);
  EXPECT_EQ(story.next().size(), 16U) << "one question on every path";
  EXPECT_EQ(story.lookup.enter(infos(17, 80), 64), 64);
  EXPECT_EQ(story.next().size(), Lookup::paths_max - 16);
  EXPECT_EQ(story.lookup.enter(infos(81, 90), 8), 0) << "all paths are taken";
}

}  // namespace
}  // namespace mycel::dht
