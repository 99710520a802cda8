#include "runtime/store/commit_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/model/store_write.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/os/thread_name.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/store/rocks_store.hpp"

namespace mycel::store {
namespace {

/// What is written together: enough to share a sync, little enough to report soon.
constexpr std::size_t group_max = 512;
constexpr std::size_t group_size_max_bytes = std::size_t{1} << 20;

std::size_t size_of(const StoreBatch& batch) {
  std::size_t size = 0;
  for (const StoreWrite& write : batch)
    size += write.key.size() + (write.value ? write.value->size() : 0);
  return size;
}

}  // namespace

CommitWriter::CommitWriter(os::Loop& loop, const StoreOptions& options, Write write)
    : loop_(loop),
      options_(options),
      write_(std::move(write)),
      thread_([this] { write_until_closed(); }) {}

CommitWriter::~CommitWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  has_work_.notify_one();
  thread_.join();
}

void CommitWriter::add(Commit commit) {
  const std::size_t size = size_of(commit.batch);
  {
    std::unique_lock lock(mutex_);
    if (!has_room(size)) counters_.waits += 1;
    has_taken_.wait(lock, [&] { return has_room(size); });
    queue_.push_back({.commit = std::move(commit), .size_bytes = size});
    queue_size_bytes_ += size;
  }
  has_work_.notify_one();
}

bool CommitWriter::has_room(std::size_t size_bytes) const {
  return queue_.empty() || (queue_.size() < options_.queue_max &&
                            queue_size_bytes_ + size_bytes <= options_.queue_size_max_bytes);
}

StoreCounters CommitWriter::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void CommitWriter::write_until_closed() {
  os::name_this_thread("mycel-store");
  for (auto group = next_group(); !group.empty(); group = next_group())
    write_group(std::move(group));
}

/// Empty when it is time to go.
std::vector<Commit> CommitWriter::next_group() {
  std::vector<Commit> group;
  {
    std::unique_lock lock(mutex_);
    has_work_.wait(lock, [this] { return is_closed_ || !queue_.empty(); });
    for (std::size_t size = 0; !queue_.empty() && group.size() < group_max;) {
      const std::size_t next_size = queue_.front().size_bytes;
      if (!group.empty() && size + next_size > group_size_max_bytes) break;
      size += next_size;
      queue_size_bytes_ -= next_size;
      group.push_back(std::move(queue_.front().commit));
      queue_.pop_front();
    }
  }
  has_taken_.notify_all();
  return group;
}

void CommitWriter::write_group(std::vector<Commit> group) {
  const bool is_synced = std::ranges::any_of(
      group, [](const Commit& commit) { return commit.durability == Durability::synced; });
  const Durability durability = is_synced ? Durability::synced : Durability::buffered;
  if (!failure_) {
    const auto result = write_(group, durability);
    if (!result) failure_ = result.error();
  }
  count(group, durability, !failure_);
  if (failure_)
    report(std::move(group), Err{*failure_});
  else
    report(std::move(group), {});
}

void CommitWriter::count(std::span<const Commit> group, Durability durability, bool is_written) {
  const std::lock_guard lock(mutex_);
  if (!is_written) {
    counters_.failures += group.size();
    return;
  }
  counters_.groups += 1;
  counters_.syncs += durability == Durability::synced ? 1 : 0;
  counters_.commits += group.size();
  for (const Commit& commit : group) counters_.bytes += size_of(commit.batch);
}

void CommitWriter::report(std::vector<Commit> group, Result<void, ports::StoreError> result) {
  for (Commit& commit : group) commit.batch.clear();
  const auto told = std::make_shared<std::vector<Commit>>(std::move(group));
  loop_.post([told, result = std::move(result)] {
    for (const Commit& commit : *told)
      if (commit.then) commit.then(result);
  });
}

}  // namespace mycel::store
