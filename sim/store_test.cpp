// What a simulated disk promises, and what a crash may take.

#include "sim/store.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

struct Story {
  explicit Story(std::uint64_t seed = 7) : world(seed), chance(world.fork("chance")) { start(); }

  void start() {
    timers = std::make_unique<NodeTimers>(world);
    store = std::make_unique<VirtualStore>(world, *timers, disk, DiskConfig{},
                                           world.fork("store" + std::to_string(starts)));
    starts += 1;
  }
  /// The process dies at once.
  void crash() {
    store.reset();
    timers.reset();
  }
  /// The machine does.
  void lose_power() {
    crash();
    disk.lose_power(chance);
  }

  /// The batch number `number`: two keys of its own, and one that all write.
  void commit(int number, Durability durability) {
    const std::string text = std::to_string(number);
    const auto entry = [](const std::string& key, const std::string& value) {
      return StoreWrite{Table::records, Bytes::copy(key), Bytes::copy(value)};
    };
    store->commit({entry("a" + text, text), entry("newest", text), entry("b" + text, text)},
                  durability, [this](const Result<void, ports::StoreError>& result) {
                    if (result) reported += 1;
                    if (!result) failures.push_back(result.error().text);
                  });
  }
  void commit_some(int from, int to, Durability durability) {
    for (int i = from; i < to; ++i) commit(i, durability);
    world.run_for(1s);
  }

  std::string value_of(const std::string& key) const {
    const auto found = store->get(Table::records, as_bytes(key));
    return found && *found ? std::string(as_text(**found)) : "";
  }
  /// How many commits are there, if they are the first ones and whole; -1 otherwise.
  int prefix() const {
    int count = 0;
    while (value_of("a" + std::to_string(count)) == std::to_string(count)) count += 1;
    std::size_t keys = 0;
    const auto scanned = store->scan(Table::records, {}, [&](ByteView, ByteView) {
      keys += 1;
      return true;
    });
    for (int i = 0; i < count; ++i)
      if (value_of("b" + std::to_string(i)) != std::to_string(i)) return -1;
    if (!scanned || keys != static_cast<std::size_t>(count == 0 ? 0 : 2 * count + 1)) return -1;
    if (count > 0 && value_of("newest") != std::to_string(count - 1)) return -1;
    return count;
  }

  World world;
  Rng chance;
  Disk disk;
  std::unique_ptr<NodeTimers> timers;
  std::unique_ptr<VirtualStore> store;
  int starts = 0;
  int reported = 0;
  std::vector<std::string> failures;
};

TEST(VirtualStore, commits_are_reported_in_order_after_they_can_be_read) {
  Story story;
  std::vector<int> order;
  for (int i = 0; i < 20; ++i)
    story.store->commit({{Table::records, Bytes::copy(std::to_string(i)), Bytes::copy("x")}},
                        i % 3 == 0 ? Durability::synced : Durability::buffered,
                        [&, i](const Result<void, ports::StoreError>& result) {
                          EXPECT_TRUE(result);
                          EXPECT_EQ(story.value_of(std::to_string(i)), "x");
                          order.push_back(i);
                        });
  EXPECT_TRUE(order.empty());
  story.world.run_for(1s);
  ASSERT_EQ(order.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(VirtualStore, power_loss_keeps_what_was_synced_and_any_number_of_later_commits) {
  std::set<int> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Story story(seed);
    story.commit_some(0, 3, Durability::buffered);
    story.commit_some(3, 4, Durability::synced);
    story.commit_some(4, 8, Durability::buffered);
    story.lose_power();
    story.start();
    seen.insert(story.prefix());
  }
  EXPECT_EQ(seen, (std::set<int>{4, 5, 6, 7, 8}));
}

TEST(VirtualStore, a_crash_of_the_process_keeps_what_was_reported_and_any_number_of_later_commits) {
  std::set<int> unreported;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Story story(seed);
    for (int i = 0; i < 6; ++i) story.commit(i, Durability::buffered);
    story.world.run_for(Duration{static_cast<Duration::rep>(story.chance.below(200'000))});
    story.crash();
    story.start();
    ASSERT_GE(story.prefix(), story.reported);
    unreported.insert(story.prefix() - story.reported);
  }
  EXPECT_GE(unreported.size(), 5U) << "a crash must be able to fall before and after every write";
}

TEST(VirtualStore, power_loss_takes_back_what_a_batch_overwrote_twice_or_erased) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Story story(seed);
    story.commit_some(0, 1, Durability::synced);
    const std::size_t size_bytes = story.disk.size_bytes();
    story.store->commit({{Table::records, Bytes::copy("a0"), Bytes::copy("new")},
                         {Table::records, Bytes::copy("b0"), std::nullopt},
                         {Table::records, Bytes::copy("a0"), Bytes::copy("newest")},
                         {Table::records, Bytes::copy("b0"), Bytes::copy("back")}},
                        Durability::buffered, [](const auto&) {});
    story.world.run_for(1s);
    story.lose_power();
    story.start();
    const std::string left = story.value_of("a0") + " " + story.value_of("b0");
    seen.insert(left);
    if (left == "0 0") {
      EXPECT_EQ(story.disk.size_bytes(), size_bytes);
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"0 0", "newest back"}));
}

TEST(VirtualStore, a_disk_that_lies_about_syncing_loses_what_it_promised) {
  int broken_promises = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Story story(seed);
    story.disk.set_unsynced(true);
    story.commit_some(0, 4, Durability::synced);
    EXPECT_EQ(story.reported, 4);
    story.lose_power();
    story.start();
    ASSERT_GE(story.prefix(), 0);
    broken_promises += story.prefix() < 4 ? 1 : 0;
  }
  EXPECT_GT(broken_promises, 25);
}

TEST(VirtualStore, a_torn_batch_is_dropped_whole_and_one_that_is_kept_in_half_is_a_defect) {
  for (const bool is_kept : {false, true}) {
    int halves = 0;
    std::uint64_t torn = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      Story story(seed);
      story.disk.set_torn(true);
      story.disk.set_torn_kept(is_kept);
      story.commit_some(0, 4, Durability::buffered);
      story.lose_power();
      torn += story.disk.batches_torn();
      story.start();
      halves += story.prefix() < 0 ? 1 : 0;
    }
    EXPECT_GT(torn, 25U);
    EXPECT_EQ(halves, is_kept ? static_cast<int>(torn) : 0);
  }
}

TEST(VirtualStore, what_the_system_wrote_back_long_ago_survives_without_a_sync) {
  Story story;
  story.commit_some(0, 2, Durability::buffered);
  story.world.run_for(Disk::write_back);
  story.commit_some(2, 3, Durability::buffered);
  EXPECT_EQ(story.disk.volatile_commits(), 1U);
  for (int i = 0; i < 10'000; ++i) story.commit(i, Durability::buffered);
  story.world.run_for(1s);
  EXPECT_LE(story.disk.volatile_commits(), Disk::volatile_max);
}

TEST(VirtualStore, a_full_disk_makes_the_store_read_only_until_the_node_starts_again) {
  Story story;
  story.commit_some(0, 1, Durability::synced);
  story.disk.set_full(true);
  story.commit_some(1, 3, Durability::synced);
  story.disk.set_full(false);
  story.commit_some(3, 4, Durability::synced);
  EXPECT_EQ(story.failures, std::vector<std::string>(3, "the simulated disk is full"));
  EXPECT_EQ(story.prefix(), 1);
  story.crash();
  story.start();
  story.commit_some(1, 2, Durability::synced);
  EXPECT_EQ(story.prefix(), 2);
}

TEST(VirtualStore, a_slow_disk_takes_as_many_times_as_long) {
  Story story;
  story.disk.set_slow(100);
  story.commit(0, Durability::synced);
  story.world.run_for(99ms);
  EXPECT_EQ(story.reported, 0);
  story.world.run_for(701ms);
  EXPECT_EQ(story.reported, 1);
}

TEST(VirtualStore, a_paused_process_writes_nothing) {
  Story story;
  story.timers->pause();
  story.commit_some(0, 3, Durability::synced);
  EXPECT_EQ(story.reported, 0);
  story.timers->resume();
  story.world.run_for(1s);
  EXPECT_EQ(story.reported, 3);
}

TEST(VirtualStore, a_graceful_stop_writes_and_syncs_everything) {
  Story story;
  for (int i = 0; i < 5; ++i) story.commit(i, Durability::buffered);
  story.store->finish();
  story.lose_power();
  story.start();
  EXPECT_EQ(story.prefix(), 5);
}

TEST(VirtualStore, a_damaged_disk_can_not_be_read_and_a_wiped_one_is_new) {
  Story story;
  story.commit_some(0, 2, Durability::synced);
  story.disk.set_damaged(true);
  EXPECT_FALSE(story.store->get(Table::records, as_bytes("a0")));
  const auto scanned = story.store->scan(Table::records, {}, [](auto, auto) { return true; });
  ASSERT_FALSE(scanned);
  EXPECT_NE(scanned.error().text.find("damaged"), std::string::npos);
  story.crash();
  story.disk.wipe();
  story.start();
  EXPECT_EQ(story.prefix(), 0);
}

}  // namespace
}  // namespace mycel::sim
