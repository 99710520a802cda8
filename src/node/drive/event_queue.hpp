#pragma once
// The node's one queue of events. What a machine reports is put here and handled when the machine
// has returned, so that nothing ever re-enters a machine.

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "node/drive/alarm.hpp"

namespace mycel::drive {

class EventQueue {
 public:
  explicit EventQueue(ports::Timers& timers) : timers_(timers), alarm_(timers, [this] { run(); }) {}

  /// Runs `event` in this turn of the loop, after everything that was posted before it.
  void post(std::function<void()> event) {
    events_.push_back(std::move(event));
    if (!is_running_) alarm_.set(timers_.now().instant);
  }

 private:
  // Events may post further ones; the queue drains before the world gets its next word.
  void run() {
    is_running_ = true;
    for (std::size_t next = 0; next < events_.size(); ++next) {
      const auto event = std::move(events_[next]);
      event();
    }
    events_.clear();
    if (events_.capacity() > kept_max) events_.shrink_to_fit();
    is_running_ = false;
  }

  /// One burst must not make thousands of nodes in one process keep its room for ever.
  static constexpr std::size_t kept_max = 32;

  ports::Timers& timers_;
  Alarm alarm_;
  std::vector<std::function<void()>> events_;
  bool is_running_ = false;
};

}  // namespace mycel::drive
