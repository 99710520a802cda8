#pragma once
// The thread that writes commits, in their order and in groups. Knows nothing of the disk.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/model/store_write.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/store/rocks_store.hpp"

namespace mycel::store {

struct Commit {
  StoreBatch batch;
  Durability durability = Durability::synced;
  ports::Store::Committed then;
};

class CommitWriter {
 public:
  /// Makes all of a group durable at once or none of it; runs on the writer's thread.
  using Write =
      std::function<Result<void, ports::StoreError>(std::span<const Commit> group, Durability)>;

  /// Of `options`, the bounds of the queue.
  CommitWriter(os::Loop& loop, const StoreOptions& options, Write write);
  /// Writes what is queued.
  ~CommitWriter();
  CommitWriter(const CommitWriter&) = delete;
  CommitWriter& operator=(const CommitWriter&) = delete;

  /// Waits while the queue is full; a commit that is larger than the whole queue waits until it is
  /// empty.
  void add(Commit commit);
  StoreCounters counters() const;

 private:
  struct Queued {
    Commit commit;
    std::size_t size_bytes = 0;
  };

  bool has_room(std::size_t size_bytes) const;
  void write_until_closed();
  std::vector<Commit> next_group();
  void write_group(std::vector<Commit> group);
  void count(std::span<const Commit> group, Durability durability, bool is_written);
  void report(std::vector<Commit> group, Result<void, ports::StoreError> result);

  os::Loop& loop_;
  const StoreOptions options_;
  const Write write_;
  std::optional<ports::StoreError> failure_;  // only the writer's thread

  mutable std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable has_taken_;
  std::deque<Queued> queue_;          // under mutex_
  std::size_t queue_size_bytes_ = 0;  // under mutex_
  bool is_closed_ = false;            // under mutex_
  StoreCounters counters_;            // under mutex_
  std::thread thread_;
};

}  // namespace mycel::store
