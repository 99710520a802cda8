#pragma once
// Threads for work that would keep the node's thread too long.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "runtime/os/loop.hpp"
#include "runtime/ports/workers.hpp"

namespace mycel::os {

struct WorkerConfig {
  std::size_t threads = 2;
  /// Work that waits for a thread. When it is full, run() does the work itself: the node slows
  /// down instead of growing, and nothing is lost.
  std::size_t queue_max = 1024;
  /// What the threads are called in the system's lists; the kernel keeps 15 characters.
  std::string name = "mycel-worker";
  /// False: a thread that is busy when the pool goes is left behind to finish on its own. Only for
  /// work that touches nothing but what it owns.
  bool joins = true;
};

/// Runs work on a fixed number of threads. What finishes while the loop is busy is handed over in
/// one call. When the pool goes, work that did not start and calls that did not run are dropped.
class WorkerPool final : public ports::Workers {
 public:
  explicit WorkerPool(Loop& loop, WorkerConfig config = {});
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// `work` may run in any order, and the `then`s come in the order in which it finished.
  void run(std::function<void()> work, std::function<void()> then) override;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace mycel::os
