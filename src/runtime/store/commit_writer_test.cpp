#include "runtime/store/commit_writer.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/loop.hpp"

namespace mycel::store {
namespace {

using testing::ElementsAre;

/// A disk that holds every write until it is let go.
struct SlowDisk {
  CommitWriter::Write write() {
    return [this](std::span<const Commit> group, Durability durability) {
      return on_write(group, durability);
    };
  }
  Result<void, ports::StoreError> on_write(std::span<const Commit> group, Durability durability) {
    std::unique_lock lock(mutex);
    groups.push_back(group.size());
    synced.push_back(durability == Durability::synced);
    has_come.notify_all();
    may_go.wait(lock, [this] { return is_open; });
    if (is_broken) return Err{ports::StoreError{"the disk is broken"}};
    return {};
  }
  void wait_for(std::size_t writes) {
    std::unique_lock lock(mutex);
    has_come.wait(lock, [&] { return groups.size() >= writes; });
  }
  void open() {
    const std::lock_guard lock(mutex);
    is_open = true;
    may_go.notify_all();
  }
  std::mutex mutex;
  std::condition_variable has_come;
  std::condition_variable may_go;
  bool is_open = false;
  std::atomic<bool> is_broken = false;
  std::vector<std::size_t> groups;
  std::vector<bool> synced;
};

StoreBatch batch_of(std::size_t size = 1) {
  return {{.table = Table::records, .key = Bytes(std::vector<std::byte>(size)), .value = {}}};
}

struct Story {
  explicit Story(StoreOptions options = {}) { writer.emplace(loop, options, disk.write()); }
  void commit(int number, Durability durability = Durability::buffered, std::size_t size = 1) {
    writer->add({.batch = batch_of(size),
                 .durability = durability,
                 .then = [this, number](const Result<void, ports::StoreError>& result) {
                   (result ? reported : failed).push_back(number);
                 }});
  }
  os::Loop loop;
  SlowDisk disk;
  std::optional<CommitWriter> writer;
  std::vector<int> reported;
  std::vector<int> failed;
};

TEST(CommitWriter, what_comes_while_the_disk_works_is_written_together) {
  Story story;
  story.commit(1);
  story.disk.wait_for(1);
  for (int number = 2; number <= 5; ++number) story.commit(number);
  story.disk.open();
  story.writer.reset();
  EXPECT_THAT(story.disk.groups, ElementsAre(1, 4));
  story.loop.run_for(0ms);
  EXPECT_THAT(story.reported, ElementsAre(1, 2, 3, 4, 5));
}

TEST(CommitWriter, a_group_is_synced_if_one_of_it_asks_for_that) {
  Story story;
  story.commit(1);
  story.disk.wait_for(1);
  story.commit(2);
  story.commit(3, Durability::synced);
  story.disk.open();
  story.writer.reset();
  EXPECT_THAT(story.disk.synced, ElementsAre(false, true));
}

TEST(CommitWriter, nothing_is_told_before_the_loop_runs) {
  Story story;
  story.disk.open();
  story.commit(1);
  story.writer.reset();
  EXPECT_TRUE(story.reported.empty());
  story.loop.run_for(0ms);
  EXPECT_THAT(story.reported, ElementsAre(1));
}

TEST(CommitWriter, after_a_failure_nothing_is_written_any_more_and_everybody_hears) {
  Story story;
  story.disk.is_broken = true;
  story.disk.open();
  story.commit(1);
  story.disk.wait_for(1);
  story.disk.is_broken = false;
  story.commit(2);
  story.commit(3, Durability::synced);
  story.writer.reset();
  story.loop.run_for(0ms);
  EXPECT_THAT(story.disk.groups, ElementsAre(1));
  EXPECT_THAT(story.reported, ElementsAre());
  EXPECT_THAT(story.failed, ElementsAre(1, 2, 3));
}

TEST(CommitWriter, a_full_queue_makes_the_committer_wait_and_loses_nothing) {
  Story story({.queue_max = 2});
  story.commit(1);
  story.disk.wait_for(1);
  story.commit(2);
  story.commit(3);
  std::thread opener([&] {
    std::this_thread::sleep_for(10ms);
    story.disk.open();
  });
  story.commit(4);
  opener.join();
  EXPECT_EQ(story.writer->counters().waits, 1U);
  story.writer.reset();
  story.loop.run_for(0ms);
  EXPECT_THAT(story.reported, ElementsAre(1, 2, 3, 4));
}

TEST(CommitWriter, a_commit_larger_than_the_queue_still_gets_through) {
  Story story({.queue_size_max_bytes = 100});
  story.disk.open();
  story.commit(1, Durability::buffered, 1000);
  story.commit(2, Durability::buffered, 1000);
  story.writer.reset();
  story.loop.run_for(0ms);
  EXPECT_THAT(story.reported, ElementsAre(1, 2));
}

TEST(CommitWriter, a_group_is_bounded_so_that_its_first_commit_is_told_soon) {
  Story story;
  story.commit(0);
  story.disk.wait_for(1);
  for (int number = 1; number <= 4; ++number)
    story.commit(number, Durability::buffered, std::size_t{400} << 10);
  story.disk.open();
  story.writer.reset();
  EXPECT_THAT(story.disk.groups, ElementsAre(1, 2, 2));
}

}  // namespace
}  // namespace mycel::store
