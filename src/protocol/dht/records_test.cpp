#include "protocol/dht/records.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::key_text;
using testing::peer_number;
using testing::test_namespace;

struct Story {
  explicit Story(RecordConfig config = {})
      : store(config, Key::of(peer_number(0)), {test_namespace()}, Rng(1)) {}

  Now now() const { return {Instant(time), UnixTime(std::chrono::hours(1000)) + time}; }
  Verdict put(std::string_view key, std::string_view value, bool is_own = false,
              std::optional<UnixTime> published = {}) {
    return store.put(now(), key_text(key), key_text(value), published, is_own, persist);
  }
  std::string get(std::string_view key) {
    const auto found = store.get(now(), as_bytes(key));
    return found ? std::string(as_text(found->value)) : "";
  }
  /// Keys whose turn came while time passed.
  std::vector<Bytes> pass(Duration span) {
    std::vector<Bytes> due;
    const Duration end = time + span;
    while (store.next_deadline() <= Instant(end)) {
      time = std::max(time, store.next_deadline() - Instant{});
      store.on_deadline(now(), persist, due);
    }
    time = end;
    return due;
  }

  Duration time{};
  RecordStore store;
  StoreBatch persist;
};

TEST(RecordStore, keeps_what_its_validator_accepts_and_writes_it_down) {
  Story story;
  EXPECT_EQ(story.put("/test/a", "1:a"), Verdict::valid);
  EXPECT_EQ(story.get("/test/a"), "1:a");
  ASSERT_EQ(story.persist.size(), 1);
  EXPECT_EQ(story.persist[0].table, Table::records);
  EXPECT_EQ(story.persist[0].key, key_text("/test/a"));
}

TEST(RecordStore, refuses_by_named_reasons) {
  Story story({.value_size_max_bytes = 10});
  EXPECT_EQ(story.put("/other/a", "1:a"), Verdict::unknown_namespace);
  EXPECT_EQ(story.put("/test/", "1:a"), Verdict::unknown_namespace) << "a prefix is no key";
  EXPECT_EQ(story.put("/test/a", "x"), Verdict::bad_signature);
  EXPECT_EQ(story.put("/test/a", "12345678901"), Verdict::too_large);
  EXPECT_EQ(story.put("/test/a", ""), Verdict::malformed);
  EXPECT_EQ(story.store.size(), 0);
  EXPECT_TRUE(story.persist.empty());
}

TEST(RecordStore, an_older_value_never_replaces_a_better_one) {
  Story story;
  story.put("/test/a", "5:new");
  EXPECT_EQ(story.put("/test/a", "4:old"), Verdict::outdated);
  EXPECT_EQ(story.get("/test/a"), "5:new");
  EXPECT_EQ(story.put("/test/a", "6:newer"), Verdict::valid);
  EXPECT_EQ(story.get("/test/a"), "6:newer");
}

TEST(RecordStore, a_value_that_has_ended_is_replaced_by_an_older_one_that_has_not) {
  Story story({.ttl = 10h});
  story.put("/test/a", "5:new", false, story.now().unix - 9h);
  story.time += 2h;
  EXPECT_EQ(story.get("/test/a"), "");
  EXPECT_EQ(story.put("/test/a", "4:old"), Verdict::valid);
}

TEST(RecordStore, forgets_after_the_time_to_live_counted_from_publication) {
  Story story;
  story.put("/test/a", "1:a", false, story.now().unix - 30h);
  EXPECT_EQ(story.put("/test/b", "1:b", false, story.now().unix - 36h), Verdict::expired);
  story.pass(5h);
  EXPECT_EQ(story.get("/test/a"), "1:a");
  story.pass(2h);
  EXPECT_EQ(story.store.size(), 0);
  EXPECT_EQ(story.store.expired(), 1);
  EXPECT_EQ(story.persist.back().value, std::nullopt);
}

TEST(RecordStore, nobody_makes_a_record_younger_than_now) {
  Story story;
  story.put("/test/a", "1:a", false, story.now().unix + 1000h);
  story.pass(37h);
  EXPECT_EQ(story.store.size(), 0);
}

TEST(RecordStore, a_held_record_has_its_turn_after_an_hour_and_skips_it_when_heard_of) {
  Story story;
  story.put("/test/a", "1:a");
  EXPECT_TRUE(story.pass(50min).empty());
  story.put("/test/a", "1:a", false, story.now().unix - 50min);
  EXPECT_TRUE(story.pass(50min).empty());
  EXPECT_EQ(story.pass(20min).size(), 1);
}

TEST(RecordStore, an_own_record_is_renewed_every_22_hours_and_does_not_end) {
  Story story;
  story.put("/test/a", "1:a", true);
  const auto due = story.pass(100h);
  EXPECT_GE(due.size(), 4);
  EXPECT_LE(due.size(), 5);
  EXPECT_EQ(story.get("/test/a"), "1:a");
}

TEST(RecordStore, what_others_pass_on_does_not_put_off_the_turn_of_its_publisher) {
  Story story;
  story.put("/test/own", "1:a", true);
  const UnixTime published = story.now().unix;
  std::size_t turns = 0;
  for (int hour = 0; hour < 25; ++hour) {
    turns += story.pass(1h).size();
    EXPECT_EQ(story.put("/test/own", "1:a", false, published), Verdict::valid);
  }
  EXPECT_EQ(turns, 1U);
}

TEST(RecordStore, turns_of_records_that_came_together_are_spread) {
  Story story;
  for (int i = 0; i < 1000; ++i) story.put("/test/" + std::to_string(i), "1:a");
  std::size_t most = 0;
  std::size_t sum = 0;
  for (int minute = 0; minute < 70; ++minute) {
    const std::size_t due = story.pass(1min).size();
    most = std::max(most, due);
    sum += due;
  }
  EXPECT_EQ(sum, 1000);
  EXPECT_LE(most, 200) << "the turns of twelve minutes in one";
}

TEST(RecordStore, when_full_the_records_farthest_from_this_node_make_room) {
  Story story({.count_max = 50});
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back("/test/" + std::to_string(i));
  for (const std::string& key : keys) story.put(key, "1:a");
  EXPECT_EQ(story.store.size(), 50);
  std::ranges::sort(keys, {}, [](const std::string& key) {
    return distance(Key::of(as_bytes(key)), Key::of(peer_number(0)));
  });
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_EQ(story.get(keys[i]), i < 50 ? "1:a" : "") << i;
  EXPECT_EQ(story.put(keys.back(), "1:a"), Verdict::no_room);
}

TEST(RecordStore, own_records_never_make_room_and_bytes_are_bounded_too) {
  Story story({.count_max = 1000, .bytes_max = 10000});
  story.put("/test/own", "1:" + std::string(3000, 'o'), true);
  for (int i = 0; i < 100; ++i)
    story.put("/test/" + std::to_string(i), "1:" + std::string(500, 's'));
  EXPECT_LE(story.store.bytes(), 10000);
  EXPECT_NE(story.get("/test/own"), "");
  EXPECT_GE(story.store.size(), 2);
}

TEST(RecordStore, comes_back_after_a_restart_with_its_age) {
  Story before;
  before.put("/test/a", "1:a", false, before.now().unix - 30h);
  before.put("/test/own", "1:b", true);
  Story after;
  for (const StoreWrite& write : before.persist)
    after.store.load(after.now(), write.key, write.value->view(), after.persist);
  EXPECT_TRUE(after.persist.empty());
  EXPECT_EQ(after.get("/test/a"), "1:a");
  EXPECT_TRUE(after.store.get(after.now(), as_bytes("/test/own"))->is_own);
  after.pass(7h);
  EXPECT_EQ(after.get("/test/a"), "");
  EXPECT_EQ(after.get("/test/own"), "1:b");
}

TEST(RecordStore, a_restart_does_not_put_off_the_turn_of_an_own_record) {
  // It is renewed before others forget it, whenever its node restarts.
  for (const Duration age : {1h, 12h, 15h, 18h, 19h, 21h, 30h}) {
    Story before;
    before.put("/test/own", "1:a", true);
    Story after;
    after.time = before.time + age;
    for (const StoreWrite& write : before.persist)
      after.store.load(after.now(), write.key, write.value->view(), after.persist);
    const Duration left = RecordConfig{}.ttl - age;
    EXPECT_GE(after.pass(left - 1min).size(), 1U) << "restarted after " << age / 1h << " h";
  }
}

TEST(RecordStore, garbage_on_disk_is_erased) {
  Story story;
  story.store.load(story.now(), key_text("/test/a"), as_bytes("\xff\xff"), story.persist);
  story.store.load(story.now(), key_text("/test/b"),
                   encode(StoredRecord{key_text("x bad"), story.now().unix, false}).view(),
                   story.persist);
  ASSERT_EQ(story.persist.size(), 2);
  EXPECT_EQ(story.persist[0], (StoreWrite{Table::records, key_text("/test/a"), std::nullopt}));
  EXPECT_EQ(story.store.size(), 0);
}

TEST(StoredRecord, comes_back_from_its_bytes) {
  const StoredRecord record{key_text("value"), UnixTime(12345ms), true};
  EXPECT_EQ(decode_stored_record(encode(record)), record);
}

}  // namespace
}  // namespace mycel::dht
