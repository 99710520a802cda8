#pragma once
// The node's one queue of events. What a machine reports is put here and handled when the machine
// has returned, so that nothing ever re-enters a machine.

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

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
    while (!events_.empty()) {
      const auto event = std::move(events_.front());
      events_.pop_front();
      event();
    }
    is_running_ = false;
  }

  ports::Timers& timers_;
  Alarm alarm_;
  std::deque<std::function<void()>> events_;
  bool is_running_ = false;
};

}  // namespace mycel::drive
