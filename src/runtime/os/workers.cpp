#include "runtime/os/workers.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "foundation/base/check.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/os/thread_name.hpp"

namespace mycel::os {
namespace {

struct Job {
  std::function<void()> work;
  std::function<void()> then;
};

}  // namespace

// The threads share this with the pool, so that one which is left behind still has ground under it.
class WorkerPool::State : public std::enable_shared_from_this<State> {
 public:
  State(Loop& loop, WorkerConfig config) : loop_(loop), config_(std::move(config)) {
    check(config_.threads > 0 && config_.queue_max > 0, "a pool needs a thread and a queue");
  }

  void start() {
    for (std::size_t count = 0; count < config_.threads; ++count)
      threads_.emplace_back([self = shared_from_this()] { self->work_until_closed(); });
  }

  void run(Job job) {
    if (is_queued(job)) return;
    job.work();
    report(std::move(job.then));
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      queue_.clear();
      finished_.clear();
    }
    has_work_.notify_all();
    for (std::thread& thread : threads_) config_.joins ? thread.join() : thread.detach();
    threads_.clear();
  }

 private:
  bool is_queued(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() >= config_.queue_max) return false;
      queue_.push_back(std::move(job));
    }
    has_work_.notify_one();
    return true;
  }

  void work_until_closed() {
    name_this_thread(config_.name);
    while (auto job = next()) {
      job->work();
      job->work = nullptr;  // what it owns is freed here, not on the node's thread
      report(std::move(job->then));
    }
  }

  std::optional<Job> next() {
    std::unique_lock lock(mutex_);
    has_work_.wait(lock, [this] { return is_closed_ || !queue_.empty(); });
    if (is_closed_) return std::nullopt;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    return job;
  }

  // Under the mutex, because the loop may go as soon as close() has returned.
  void report(std::function<void()> then) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    finished_.push_back(std::move(then));
    if (finished_.size() > 1) return;
    loop_.post([self = shared_from_this()] { self->tell_finished(); });
  }

  void tell_finished() {
    std::vector<std::function<void()>> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(finished_);
    }
    for (auto& call : calls) {
      if (is_closed_) return;  // a call closed the pool; only this thread does
      if (call) call();
    }
  }

  Loop& loop_;
  const WorkerConfig config_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<Job> queue_;                        // under mutex_
  std::vector<std::function<void()>> finished_;  // under mutex_
  bool is_closed_ = false;                       // under mutex_; written by the node's thread
};

WorkerPool::WorkerPool(Loop& loop, WorkerConfig config)
    : state_(std::make_shared<State>(loop, std::move(config))) {
  state_->start();
}
WorkerPool::~WorkerPool() {
  state_->close();
}

void WorkerPool::run(std::function<void()> work, std::function<void()> then) {
  state_->run({.work = std::move(work), .then = std::move(then)});
}

}  // namespace mycel::os
