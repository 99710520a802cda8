#pragma once
// One cancellable timer for an owner of many deadlines.

#include <functional>
#include <utility>

#include "runtime/ports/timers.hpp"

namespace mycel::drive {

/// Rings at the earliest instant it was set to. Destroying it cancels it.
class Alarm {
 public:
  Alarm(ports::Timers& timers, std::function<void()> ring)
      : timers_(timers), ring_(std::move(ring)) {}
  ~Alarm() { timers_.cancel(timer_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Rings at `due` or before; `never` needs no ring. Moving a ring to a later time is left to the
  /// ring itself: it comes too early once, and its owner sets it anew.
  void set(Instant due) {
    if (due >= due_) return;
    timers_.cancel(timer_);
    due_ = due;
    timer_ = timers_.call_at(due, [this] {
      due_ = never;
      timer_ = {};
      ring_();
    });
  }

 private:
  ports::Timers& timers_;
  std::function<void()> ring_;
  ports::TimerId timer_{};
  Instant due_ = never;
};

}  // namespace mycel::drive
