// Somebody asks why this is the answer.

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::peer_number;
using testing::World;

const Bytes key = key_text("/test/a");

Config three_paths() {
  Config config;
  config.table.bucket_size = 6;
  config.lookup.k = 6;
  config.lookup.disjoint_paths = 3;
  return config;
}

OperationId begin_get(World& world, std::size_t node, GetOptions options) {
  return world.tell(node, [&](Dht& dht) { return dht.get(world.now(), key, options); });
}

LookupDone explained_get(World& world, std::size_t node, std::size_t quorum = 1) {
  return world.finish(node, begin_get(world, node, {.quorum = quorum, .is_explained = true}));
}

void put_at(World& world, std::size_t node, std::string_view value) {
  world.finish(
      node, world.tell(node, [&](Dht& dht) { return dht.put(world.now(), key, key_text(value)); }));
}

/// A node that is not among the holders, so that it has to ask.
std::size_t somebody_without_it(World& world) {
  for (std::size_t i = 0; i < world.size(); ++i)
    if (!world.node(i).is_dead && !world.node(i).disk.contains({Table::records, key})) return i;
  check(false, "not everybody holds the value");
  return 0;
}

std::vector<Step> with(const Explanation& explanation, Outcome outcome) {
  std::vector<Step> found;
  std::ranges::copy_if(explanation.steps(), std::back_inserter(found),
                       [&](const Step& step) { return step.outcome == outcome; });
  return found;
}

struct Story {
  explicit Story(std::uint64_t seed) : world(seed, three_paths()) {
    world.grow(60);
    world.run_for(1min);
    put_at(world, 7, "1:a");
    reader = somebody_without_it(world);
  }
  World world;
  std::size_t reader = 0;
};

TEST(DhtExplain, a_get_that_was_not_asked_to_explains_nothing) {
  Story story(1);
  const auto done =
      story.world.finish(story.reader, begin_get(story.world, story.reader, {.quorum = 3}));
  EXPECT_EQ(done.explanation, nullptr);
}

TEST(DhtExplain, every_question_is_told_with_its_path_and_how_it_ended) {
  Story story(1);
  const LookupDone done = explained_get(story.world, story.reader, 6);
  ASSERT_NE(done.explanation, nullptr);
  const Explanation& told = *done.explanation;
  EXPECT_EQ(told.steps().size(), done.facts.asked);
  EXPECT_EQ(told.disjoint_paths(), 3U);
  std::set<PeerId> asked;
  std::set<std::size_t> paths;
  for (const Step& step : told.steps()) {
    EXPECT_TRUE(asked.insert(step.peer).second) << "nobody is asked on two paths";
    paths.insert(step.path);
    EXPECT_GE(step.hop, 1);
    EXPECT_EQ(step.took.value_or(2 * story.world.latency), 2 * story.world.latency);
  }
  EXPECT_EQ(paths, (std::set<std::size_t>{0, 1, 2}));
  ASSERT_EQ(told.values().size(), 1U);
  EXPECT_TRUE(told.values()[0].is_answer);
  EXPECT_EQ(told.values()[0].from.size(), std::get<Value>(done.result).answers);
  EXPECT_EQ(with(told, Outcome::value).size(), std::get<Value>(done.result).answers);
}

TEST(DhtExplain, a_forged_value_is_named_with_who_sent_it_and_why_it_was_dropped) {
  Story story(2);
  std::size_t liar = story.world.size();
  for (std::size_t i = 0; i < story.world.size() && liar == story.world.size(); ++i)
    if (i != 7 && story.world.node(i).disk.contains({Table::records, key})) liar = i;
  story.world.node(liar).twist = [](Message& answer) {
    if (answer.record) answer.record->value = key_text("x forged");
  };
  const LookupDone done = explained_get(story.world, story.reader, 20);
  EXPECT_EQ(std::get<Value>(done.result).value, key_text("1:a"));
  const auto forged = with(*done.explanation, Outcome::forged);
  ASSERT_EQ(forged.size(), 1U);
  EXPECT_EQ(forged[0].peer, story.world.node(liar).info.id);
  const SeenValue& seen = done.explanation->values().at(forged[0].value.value());
  EXPECT_EQ(seen.verdict, Verdict::bad_signature);
  EXPECT_FALSE(seen.is_answer);
}

TEST(DhtExplain, of_two_good_values_the_one_that_won_is_marked) {
  Story story(3);
  std::size_t behind = story.world.size();
  for (std::size_t i = 0; i < story.world.size() && behind == story.world.size(); ++i)
    if (i != 7 && story.world.node(i).disk.contains({Table::records, key})) behind = i;
  story.world.node(behind).twist = [](Message& answer) {
    if (answer.record) answer.record->value = key_text("0:old");
  };
  const LookupDone done = explained_get(story.world, story.reader, 20);
  std::set<std::string> won;
  std::set<std::string> lost;
  for (const SeenValue& seen : done.explanation->values())
    (seen.is_answer ? won : lost).insert(to_hex(seen.hash.view()));
  EXPECT_EQ(won, std::set{to_hex(crypto::sha256(as_bytes("1:a")).view())});
  EXPECT_EQ(lost, std::set{to_hex(crypto::sha256(as_bytes("0:old")).view())});
}

TEST(DhtExplain, who_is_silent_is_told_apart_from_who_had_no_time_to_answer) {
  Story story(4);
  std::size_t killed = 0;
  for (std::size_t i = 0; i < story.world.size() && killed < 2; ++i) {
    if (i == story.reader || !story.world.node(i).disk.contains({Table::records, key})) continue;
    story.world.kill(i);
    killed += 1;
  }
  const LookupDone done = explained_get(story.world, story.reader, 20);
  std::size_t silent = 0;
  for (const Step& step : done.explanation->steps()) {
    const bool is_dead = story.world.node(story.world.index_of(step.peer)).is_dead;
    const bool has_answered =
        step.outcome != Outcome::unanswered && step.outcome != Outcome::failed;
    EXPECT_NE(is_dead, has_answered);
    silent += is_dead ? 1 : 0;
    if (step.outcome == Outcome::failed) {
      EXPECT_EQ(outcome_text(step), "timeout");
    }
  }
  EXPECT_GE(silent, 1U);
}

TEST(DhtExplain, a_value_of_this_node_itself_is_an_answer_too) {
  Story story(5);
  const LookupDone done = explained_get(story.world, 7);
  ASSERT_EQ(done.explanation->values().size(), 1U);
  EXPECT_EQ(done.explanation->values()[0].from, std::vector{story.world.node(7).info.id});
  EXPECT_TRUE(done.explanation->values()[0].is_answer);
  EXPECT_TRUE(done.explanation->steps().empty());
}

TEST(DhtExplain, who_wants_to_know_why_does_not_ride_on_a_get_that_does_not_note_it) {
  Story story(6);
  const OperationId plain = begin_get(story.world, story.reader, {.quorum = 3});
  const OperationId curious =
      begin_get(story.world, story.reader, {.quorum = 3, .is_explained = true});
  const OperationId rider =
      begin_get(story.world, story.reader, {.quorum = 3, .is_explained = true});
  EXPECT_EQ(story.world.finish(story.reader, plain).explanation, nullptr);
  const auto told = story.world.finish(story.reader, curious).explanation;
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(story.world.finish(story.reader, rider).explanation, told);
}

TEST(Explanation, stays_within_its_bounds_and_says_how_much_it_left_out) {
  Explanation told(Instant{}, 1);
  for (std::uint64_t i = 0; i < Explanation::steps_max + 10; ++i)
    told.on_asked(Instant{}, Stage::lookup, 0, 1, peer_number(i));
  EXPECT_EQ(told.steps().size(), Explanation::steps_max);
  EXPECT_EQ(told.left_out(), 10U);
  for (std::uint64_t i = 0; i < Explanation::values_max + 5; ++i) {
    const std::string value = "value " + std::to_string(i);
    told.on_value(Stage::lookup, peer_number(i), as_bytes(value), Verdict::valid);
    told.on_answer(Instant{}, Stage::lookup, peer_number(i), 0);
  }
  EXPECT_EQ(told.values().size(), Explanation::values_max);
  EXPECT_EQ(told.left_out(), 15U);
}

}  // namespace
}  // namespace mycel::dht
