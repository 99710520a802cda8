// What a node remembers of earlier lookups, and how soon it learns that it is no longer true. Each
// story is about a node far from the key: who holds the record answers from its own store.

#include <cstdio>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::World;

struct Story {
  explicit Story(Config config = {}) : world(5, config) {
    world.grow(80);
    world.run_for(30s);
    for (reader = 0; world.node(reader).dht->table().empty() || holds(reader); ++reader) {}
    for (writer = reader + 1; holds(writer); ++writer) {}
  }

  bool holds(std::size_t node) const {
    return std::ranges::count(world.nearest(key.view(), 30, SIZE_MAX), id_of(node)) > 0;
  }
  PeerId id_of(std::size_t node) const { return testing::peer_number(node); }

  Dht& dht() { return *world.node(reader).dht; }
  void put(const char* value) {
    world.finish(writer, world.tell(writer, [&](Dht& machine) {
      return machine.put(world.now(), key, Bytes::copy(value));
    }));
  }
  Value get(GetOptions options) {
    const auto done = world.finish(reader, world.tell(reader, [&](Dht& machine) {
      return machine.get(world.now(), key, options);
    }));
    return std::get<Value>(done.result);
  }
  std::string text_of(GetOptions options) { return std::string(as_text(get(options).value)); }
  void announce() {
    world.tell(reader, [&](Dht& machine) {
      machine.on_announced(key);
      return 0;
    });
  }
  /// All who hold the record hold this value from now on, and nobody told the reader.
  void replace_quietly(const char* value) {
    for (std::size_t i = 0; i < world.size(); ++i)
      if (world.node(i).disk.contains({Table::records, key}))
        world.tell(i, [&](Dht& machine) {
          machine.on_request(world.now(), InboundId{1'000'000 + i}, id_of(writer),
                             {.type = MessageType::put_value,
                              .key = key,
                              .record = Record{key, Bytes::copy(value), {}}});
          return 0;
        });
  }

  static constexpr GetOptions fresh{.quorum = 5, .may_be_cached = false};
  static constexpr GetOptions cached{.quorum = 5, .may_be_cached = true};

  Bytes key = key_text("/test/popular");
  World world;
  std::size_t reader = 0;
  std::size_t writer = 0;
};

TEST(DhtCache, a_second_reader_costs_no_message_and_is_told_that_it_reads_the_cache) {
  Story story;
  story.put("1:a");
  EXPECT_FALSE(story.get(Story::cached).is_cached);
  const std::uint64_t messages = story.dht().counters().messages;
  const Value again = story.get(Story::cached);
  EXPECT_TRUE(again.is_cached);
  EXPECT_EQ(again.value, Bytes::copy("1:a"));
  EXPECT_GE(again.answers, 5U);
  EXPECT_EQ(story.dht().counters().messages, messages);
  EXPECT_EQ(story.dht().counters().cache_hits, 1U);
  EXPECT_EQ(story.dht().counters().cache_misses, 1U);
}

TEST(DhtCache, who_asks_for_a_fresh_value_gets_it_and_so_does_everybody_after) {
  Story story;
  story.put("1:old");
  story.get(Story::fresh);
  story.replace_quietly("2:new");
  EXPECT_EQ(story.text_of(Story::cached), "1:old") << "nobody told the reader";
  EXPECT_EQ(story.text_of(Story::fresh), "2:new");
  EXPECT_EQ(story.text_of(Story::cached), "2:new");
}

TEST(DhtCache, what_is_cached_is_forgotten_after_its_time_to_live) {
  Story story;
  story.put("1:old");
  story.get(Story::fresh);
  story.replace_quietly("2:new");
  story.world.run_for(Config{}.cache.ttl + 1s);
  EXPECT_EQ(story.text_of(Story::cached), "2:new");
}

TEST(DhtCache, an_announcement_of_a_newer_value_drives_the_cached_one_out) {
  Story story;
  story.put("1:old");
  story.get(Story::fresh);
  story.replace_quietly("2:new");
  story.announce();
  EXPECT_EQ(story.dht().counters().cache_invalidations, 1U);
  EXPECT_EQ(story.text_of(Story::cached), "2:new");
}

TEST(DhtCache, an_answer_that_an_announcement_overtook_is_neither_kept_nor_shared) {
  Story story;
  story.put("1:old");
  const auto ask = [&] {
    return story.world.tell(story.reader, [&](Dht& machine) {
      return machine.get(story.world.now(), story.key, Story::cached);
    });
  };
  const OperationId before = ask();
  story.announce();
  const OperationId after = ask();
  story.world.finish(story.reader, before);
  story.world.finish(story.reader, after);
  EXPECT_EQ(story.dht().counters().deduplicated_requests, 0U);
  story.get(Story::cached);
  EXPECT_EQ(story.dht().counters().cache_hits, 1U) << "the second lookup's answer is kept";
}

TEST(DhtCache, a_newer_record_that_this_node_is_asked_to_keep_drives_the_cached_one_out) {
  Story story;
  story.put("1:old");
  story.get(Story::fresh);
  const auto offer = [&](const char* value) {
    story.world.tell(story.reader, [&](Dht& machine) {
      machine.on_request(story.world.now(), InboundId{9'000'000}, story.id_of(story.writer),
                         {.type = MessageType::put_value,
                          .key = story.key,
                          .record = Record{story.key, Bytes::copy(value), {}}});
      return 0;
    });
  };
  offer("1:old");
  EXPECT_EQ(story.dht().counters().cache_invalidations, 0U) << "the same one again is no news";
  offer("2:new");
  EXPECT_EQ(story.dht().counters().cache_invalidations, 1U);
  EXPECT_EQ(story.text_of({.quorum = 1, .may_be_cached = true}), "2:new");
}

TEST(DhtCache, a_worse_value_from_a_hasty_lookup_does_not_replace_a_better_one) {
  Story story;
  story.put("2:new");
  story.get(Story::fresh);
  for (std::size_t i = 0; i < story.world.size(); ++i)
    story.world.node(i).twist = [](Message& answer) {
      if (answer.record) answer.record->value = Bytes::copy("1:old");
    };
  EXPECT_EQ(story.text_of({.quorum = 1, .may_be_cached = false}), "1:old");
  EXPECT_EQ(story.text_of({.quorum = 1, .may_be_cached = true}), "2:new");
}

TEST(DhtCache, a_tenth_of_the_keys_serves_more_than_half_of_zipf_requests) {
  constexpr std::uint64_t keys = 300;
  Config config;
  config.cache = {.count_max = keys / 10, .ttl = 1h};
  Story story(config);
  const auto key_of = [](std::uint64_t rank) {
    return key_text("/test/zipf " + std::to_string(rank));
  };
  std::uint64_t whole = 0;
  for (std::uint64_t rank = 1; rank <= keys; ++rank) {
    whole += 1'000'000 / rank;
    story.world.finish(story.writer, story.world.tell(story.writer, [&](Dht& machine) {
      return machine.put(story.world.now(), key_of(rank), Bytes::copy("1:a"));
    }));
  }
  constexpr int requests = 4000;
  for (int i = 0; i < requests; ++i) {
    std::uint64_t drawn = story.world.rng().below(whole);
    std::uint64_t rank = 1;
    for (; drawn >= 1'000'000 / rank; ++rank) drawn -= 1'000'000 / rank;
    story.world.finish(story.reader, story.world.tell(story.reader, [&](Dht& machine) {
      return machine.get(story.world.now(), key_of(rank), {.quorum = 2, .may_be_cached = true});
    }));
  }
  const Counters& counters = story.dht().counters();
  EXPECT_EQ(counters.cache_hits + counters.cache_misses, requests);
  EXPECT_GT(counters.cache_hits * 2, requests);
  std::printf("hit rate %d of 1000\n", static_cast<int>(counters.cache_hits * 1000 / requests));
}

}  // namespace
}  // namespace mycel::dht
