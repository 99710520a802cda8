// Records that merge: nobody's word is lost, whoever puts, passes on, forgets or lies.

#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

struct Story {
  explicit Story(std::size_t nodes = 60) : world(11) {
    world.grow(nodes);
    world.run_for(30s);
  }

  Stored put(std::size_t node, const char* value) {
    const auto done = world.finish(node, world.tell(node, [&](Dht& dht) {
      return dht.put(world.now(), key, Bytes::copy(value));
    }));
    return std::get<Stored>(done.result);
  }
  LookupDone look(std::size_t node, GetOptions options) {
    return world.finish(
        node, world.tell(node, [&](Dht& dht) { return dht.get(world.now(), key, options); }));
  }
  std::string get(std::size_t node, GetOptions options = thorough) {
    const auto done = look(node, options);
    const auto* value = std::get_if<Value>(&done.result);
    return value == nullptr ? "nothing" : std::string(as_text(value->value));
  }
  /// What a node's disk holds.
  std::string held(std::size_t node) {
    const auto found = world.node(node).disk.find({Table::records, key});
    if (found == world.node(node).disk.end()) return "nothing";
    return std::string(as_text(decode_stored_record(found->second)->value));
  }
  /// A stranger puts a value here, and is told whether it was taken.
  bool is_taken(std::size_t node, const char* value) {
    bool is_taken = false;
    Output output;
    Dht& dht = *world.node(node).dht;
    const Message put{
        .type = MessageType::put_value, .key = key, .record = Record{key, Bytes::copy(value), {}}};
    dht.on_request(world.now(), InboundId{900'000}, testing::peer_number(5000), put);
    dht.take_output(output);
    for (const auto* answers : {&output.answers, &output.early.answers})
      for (const Answer& answer : *answers)
        is_taken = answer.reply == Reply::message && answer.message == put;
    for (StoreWrite& write : output.persist)
      if (write.value) world.node(node).disk[{write.table, write.key}] = *write.value;
    return is_taken;
  }
  std::vector<std::size_t> holders() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < world.size(); ++i)
      if (held(i) != "nothing") all.push_back(i);
    return all;
  }
  /// A node that holds nothing and has asked for nothing.
  std::size_t reader() {
    for (std::size_t i = world.size(); i-- > 0;)
      if (held(i) == "nothing" && !world.node(i).twist) return i;
    ADD_FAILURE() << "everybody holds it";
    return 0;
  }

  /// All of the nearest are asked, and what was found before counts as well.
  static constexpr GetOptions thorough{.quorum = 2};

  Bytes key = key_text("/merge/board");
  World world;
};

TEST(DhtMerge, what_two_write_at_once_is_read_together_and_every_holder_keeps_both) {
  Story story;
  const auto first = story.world.tell(
      3, [&](Dht& dht) { return dht.put(story.world.now(), story.key, Bytes::copy("a")); });
  const auto second = story.world.tell(
      40, [&](Dht& dht) { return dht.put(story.world.now(), story.key, Bytes::copy("b")); });
  EXPECT_GE(std::get<Stored>(story.world.finish(3, first).result).count, 10U);
  EXPECT_GE(std::get<Stored>(story.world.finish(40, second).result).count, 10U);
  story.world.run_for(10s);
  EXPECT_EQ(story.get(story.reader()), "a,b");
  story.world.run_for(10s);
  for (const std::size_t node : story.holders())
    if (node != 3 && node != 40) {
      EXPECT_EQ(story.held(node), "a,b") << node;
    }
}

TEST(DhtMerge, a_put_says_what_its_node_held_before_as_well) {
  Story story;
  EXPECT_TRUE(story.is_taken(3, "a"));
  story.put(3, "c");
  story.world.run_for(10s);
  EXPECT_GE(story.holders().size(), 10U);
  for (const std::size_t node : story.holders()) EXPECT_EQ(story.held(node), "a,c") << node;
}

TEST(DhtMerge, the_answer_to_a_put_repeats_the_request_whatever_is_held) {
  Story story(3);
  EXPECT_TRUE(story.is_taken(1, "b"));
  EXPECT_TRUE(story.is_taken(1, "a"));
  EXPECT_EQ(story.held(1), "a,b");
  EXPECT_TRUE(story.is_taken(1, "b"));
  EXPECT_EQ(story.held(1), "a,b") << "less than is held takes nothing away";
}

TEST(DhtMerge, what_is_not_valid_is_refused_by_name_and_merged_into_nothing) {
  Story story(3);
  EXPECT_TRUE(story.is_taken(1, "a"));
  EXPECT_FALSE(story.is_taken(1, "x"));
  EXPECT_EQ(story.held(1), "a");
  EXPECT_EQ(story.world.node(1).dht->counters().verification_failures.of(Verdict::bad_signature),
            1U);
}

TEST(DhtMerge, holders_of_less_are_sent_the_merge_by_a_reader) {
  Story story;
  story.put(3, "a");
  story.world.run_for(10s);
  const auto holders = story.holders();
  for (std::size_t i = 0; i < holders.size(); ++i)
    if (holders[i] != 3) {
      EXPECT_TRUE(story.is_taken(holders[i], i % 2 == 0 ? "b" : "c"));
    }
  EXPECT_EQ(story.get(story.reader()), "a,b,c");
  story.world.run_for(10s);
  for (const std::size_t node : holders)
    if (node != 3) {
      EXPECT_EQ(story.held(node), "a,b,c") << node;
    }
}

TEST(DhtMerge, halves_of_a_split_mesh_that_wrote_apart_read_both_after_healing) {
  Story story;
  World& world = story.world;
  world.is_cut = [](std::size_t a, std::size_t b) { return a % 2 != b % 2; };
  world.run_for(60s);
  story.put(2, "even");
  story.put(3, "odd");
  world.run_for(10s);
  EXPECT_EQ(story.get(20), "even");
  EXPECT_EQ(story.get(21), "odd");
  world.is_cut = {};
  world.run_for(11min);  // each side knocks at those whom it lost
  for (const std::size_t node : {4UL, 5UL, 30UL, 31UL})
    EXPECT_EQ(story.get(node), "even,odd") << node;
}

TEST(DhtMerge, without_any_reader_holders_agree_within_two_turns_of_passing_on) {
  Story story;
  story.put(3, "a");
  story.world.run_for(10s);
  // Each knows something that nobody else knows, and those who pass on first know it not.
  const auto holders = story.holders();
  std::string all = "a";
  for (std::size_t i = 0; i < holders.size(); ++i) {
    const std::string word = "b" + std::to_string(10 + i);
    EXPECT_TRUE(story.is_taken(holders[i], word.c_str()));
    all += "," + word;
  }
  story.world.run_for(150min);
  const auto nearest = story.world.nearest(story.key.view(), 15, SIZE_MAX);
  for (const PeerId& peer : nearest)
    EXPECT_EQ(story.held(story.world.index_of(peer)), all) << story.world.index_of(peer);
}

TEST(DhtMerge, publishers_who_wrote_apart_agree_without_any_reader) {
  Story story(2);
  story.world.is_cut = [](std::size_t, std::size_t) { return true; };
  story.put(0, "a");
  story.put(1, "b");
  story.world.is_cut = {};
  story.world.run_for(150min);
  EXPECT_EQ(story.held(0), "a,b");
  EXPECT_EQ(story.held(1), "a,b");
}

TEST(DhtMerge, it_stays_while_a_publisher_is_there_and_passing_on_makes_it_no_younger) {
  Story story(4);
  story.put(0, "own");
  EXPECT_TRUE(story.is_taken(1, "a"));
  story.world.run_for(40h);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(story.held(i), "a,own") << i;
  story.world.kill(0);
  story.world.run_for(40h);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(story.held(i), "nothing") << i;
}

TEST(DhtMerge, others_who_pass_it_on_spare_a_publisher_nothing) {
  const Bytes key = key_text("/merge/board");
  RecordStore store({}, Key::of(key), {testing::merging_namespace()}, Rng(1));
  StoreBatch writes;
  std::vector<Bytes> due;
  Now now{Instant{} + 1h, UnixTime(std::chrono::hours(500000))};
  const UnixTime published = now.unix;
  EXPECT_EQ(store.put(now, key, Bytes::copy("a"), {}, true, writes), Verdict::valid);
  for (int i = 0; i < 5; ++i) {
    now = {now.instant + 15min, now.unix + 15min};
    EXPECT_EQ(store.put(now, key, Bytes::copy("a,b"), published, false, writes), Verdict::valid);
    store.on_deadline(now, writes, due);
  }
  EXPECT_EQ(due, std::vector{key});
}

TEST(DhtMerge, liars_who_drop_words_or_replay_old_ones_hide_nothing_that_one_honest_holder_says) {
  Story story;
  story.put(3, "a");
  story.world.run_for(10s);
  story.put(3, "b");
  story.world.run_for(10s);
  // All of the nearest lie but the farthest of them.
  const auto nearest = story.world.nearest(story.key.view(), 20, SIZE_MAX);
  for (std::size_t i = 0; i + 1 < nearest.size(); ++i)
    story.world.node(story.world.index_of(nearest[i])).twist = [](Message& answer) {
      if (answer.record && answer.type == MessageType::get_value)
        answer.record->value = Bytes::copy("a");
    };
  const std::size_t reader = story.reader();
  ASSERT_EQ(story.held(story.world.index_of(nearest.back())), "a,b");
  EXPECT_EQ(story.get(reader), "a,b");
  // With them all lying, a reader is told less; one that knows more goes on knowing it.
  story.world.node(story.world.index_of(nearest.back())).twist = [](Message& answer) {
    if (answer.record && answer.type == MessageType::get_value)
      answer.record->value = Bytes::copy("a");
  };
  EXPECT_EQ(story.get(reader), "a,b") << "it was read a moment ago";
}

TEST(DhtMerge, what_was_merged_is_cached_and_a_put_that_says_nothing_new_leaves_it_there) {
  Story story;
  story.put(3, "a");
  story.put(40, "b");
  story.world.run_for(10s);
  const std::size_t reader = story.reader();
  EXPECT_EQ(story.get(reader), "a,b");
  const GetOptions cached{.quorum = 5, .may_be_cached = true};
  EXPECT_TRUE(std::get<Value>(story.look(reader, cached).result).is_cached);
  EXPECT_TRUE(story.is_taken(reader, "b"));
  EXPECT_TRUE(std::get<Value>(story.look(reader, cached).result).is_cached);
  EXPECT_TRUE(story.is_taken(reader, "c"));
  const Value after = std::get<Value>(story.look(reader, cached).result);
  EXPECT_FALSE(after.is_cached);
  EXPECT_EQ(after.value, Bytes::copy("a,b,c"));
}

TEST(DhtMerge, a_restart_keeps_what_was_merged) {
  Story story(3);
  EXPECT_TRUE(story.is_taken(1, "b"));
  EXPECT_TRUE(story.is_taken(1, "a"));
  story.world.start(1);
  EXPECT_EQ(story.get(1, {.quorum = 1}), "a,b");
}

}  // namespace
}  // namespace mycel::dht
