// A crash may cut the write-ahead log after any byte, and leave rubbish behind it. What is found
// then is a prefix of the commits: each whole or not at all, in their order, none without those
// before it.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/os/temporary_directory.hpp"
#include "runtime/store/rocks_store.hpp"

namespace mycel::store {
namespace {

namespace fs = std::filesystem;

constexpr int commits = 12;

std::string key_of(int commit, int write) {
  return "commit " + std::to_string(commit) + " write " + std::to_string(write);
}

/// A store whose log holds `commits` batches, and copies of it whose log is cut.
class LogCut : public testing::Test {
 protected:
  void SetUp() override {
    {
      os::Loop loop;
      auto store = RocksStore::open(original_, loop);
      ASSERT_TRUE(store) << store.error().text;
      for (int commit = 0; commit < commits; ++commit) {
        bool is_reported = false;
        (*store)->commit(batch_of(commit), Durability::synced,
                         [&](const Result<void, ports::StoreError>& result) {
                           EXPECT_TRUE(result);
                           is_reported = true;
                           loop.stop();
                         });
        loop.run_for(10s);
        ASSERT_TRUE(is_reported);
        ends_.push_back(log_size());
      }
    }
    ASSERT_EQ(log_size(), ends_.back()) << "closing writes nothing more";
  }

  // Every batch writes two tables, one key of its own each and one that all of them write; the last
  // batches are larger than a block of the log (32 KiB), so that they are cut in several pieces.
  static StoreBatch batch_of(int commit) {
    const std::size_t size = commit < commits - 2 ? 20 : 40'000;
    StoreBatch batch;
    for (const Table table : {Table::records, Table::cards}) {
      batch.push_back({table, Bytes::copy(key_of(commit, 0)), Bytes::copy(std::string(size, 'x'))});
      batch.push_back({table, Bytes::copy("newest"), Bytes::copy(std::to_string(commit))});
    }
    return batch;
  }

  static fs::path log_of(const fs::path& store) {
    std::vector<fs::path> logs;
    for (const auto& entry : fs::directory_iterator(store))
      if (entry.path().extension() == ".log") logs.push_back(entry.path());
    std::ranges::sort(logs);
    return logs.empty() ? fs::path() : logs.back();
  }
  std::uintmax_t log_size() const { return fs::file_size(log_of(original_)); }

  /// Opens a copy whose log was changed; how many commits it holds, or none when it is refused.
  template <class Change>
  std::optional<int> commits_after(Change&& change) {
    const std::string copy = directory_.file("copy");
    fs::remove_all(copy);
    fs::copy(original_, copy, fs::copy_options::recursive);
    change(log_of(copy));
    os::Loop loop;
    auto store = RocksStore::open(copy, loop);
    if (!store) {
      EXPECT_THAT(store.error().text, testing::HasSubstr("is damaged"));
      return std::nullopt;
    }
    return count(**store);
  }
  // What is there must be the first commits and nothing else.
  static int count(const RocksStore& store) {
    const auto text = [&](Table table, const std::string& key) -> std::string {
      const auto value = store.get(table, as_bytes(key));
      EXPECT_TRUE(value);
      return value && *value ? std::string(as_text(**value)) : "";
    };
    int found = 0;
    while (found < commits && !text(Table::records, key_of(found, 0)).empty()) found += 1;
    for (const Table table : {Table::records, Table::cards}) {
      EXPECT_EQ(text(table, "newest"), found == 0 ? "" : std::to_string(found - 1));
      int keys = 0;
      EXPECT_TRUE(store.scan(table, {}, [&](ByteView, ByteView) {
        keys += 1;
        return true;
      }));
      EXPECT_EQ(keys, found == 0 ? 0 : found + 1);
    }
    return found;
  }
  /// How many commits end at or before `size` bytes of the log.
  int whole_commits(std::uintmax_t size) const {
    return static_cast<int>(std::ranges::upper_bound(ends_, size) - ends_.begin());
  }

  os::TemporaryDirectory directory_;
  std::string original_ = directory_.file("store");
  std::vector<std::uintmax_t> ends_;  // of the log after each commit
};

TEST_F(LogCut, at_any_byte_leaves_exactly_the_commits_that_are_whole) {
  Rng rng(1);
  std::vector<std::uintmax_t> cuts;
  // Each edge of a commit and the bytes around it, and as many places between.
  for (const std::uintmax_t end : ends_)
    for (const std::uintmax_t cut : {end - 1, end, end + 1, rng.below(ends_.back() + 1)})
      cuts.push_back(cut);
  for (const std::uintmax_t cut : cuts) {
    if (cut > ends_.back()) continue;
    const auto found = commits_after([&](const fs::path& log) { fs::resize_file(log, cut); });
    EXPECT_EQ(found, whole_commits(cut)) << "cut at " << cut;
  }
}

TEST_F(LogCut, with_rubbish_or_zeros_behind_it_leaves_the_same) {
  Rng rng(2);
  for (int i = 0; i < 20; ++i) {
    const std::uintmax_t cut = rng.below(ends_.back());
    const auto found = commits_after([&](const fs::path& log) {
      fs::resize_file(log, cut);
      std::vector<char> tail(rng.below(5000));
      if (i % 2 == 0) rng.fill(std::as_writable_bytes(std::span(tail)));
      std::ofstream(log, std::ios::binary | std::ios::app)
          .write(tail.data(), static_cast<std::streamsize>(tail.size()));
    });
    EXPECT_EQ(found, whole_commits(cut)) << "cut at " << cut;
  }
}

// Also far before the end, where a crash writes nothing: the disk changed what it had kept. It is
// told from a crash by nothing, so that what follows is dropped, never shown half or without it.
TEST_F(LogCut, a_changed_byte_anywhere_never_shows_half_a_commit_or_a_later_one_alone) {
  Rng rng(3);
  for (int i = 0; i < 30; ++i) {
    const std::uintmax_t at = rng.below(ends_.back());
    const auto found = commits_after([&](const fs::path& log) {
      std::fstream file(log, std::ios::binary | std::ios::in | std::ios::out);
      file.seekg(static_cast<std::streamoff>(at));
      const char before = static_cast<char>(file.get());
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(before ^ 0x5a));
    });
    if (!found) continue;  // refused as damaged: as good
    EXPECT_LE(*found, whole_commits(at)) << "changed at " << at;
  }
}

}  // namespace
}  // namespace mycel::store
