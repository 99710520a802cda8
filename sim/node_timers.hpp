#pragma once
// The timers of one node in the world: its own clocks, and a process that can stand still.

#include <cstddef>
#include <functional>

#include "foundation/base/deadlines.hpp"

#include "sim/clock.hpp"
#include "sim/world.hpp"

namespace mycel::sim {

/// Destroying them, as a crash does, forgets every call. Waiting calls stand in the node's own
/// queue; the world's holds one event a node, so that ten thousand nodes keep it small.
class NodeTimers final : public ports::Timers {
 public:
  /// `clock` is the machine's, from before a restart of the process.
  explicit NodeTimers(World& world, const Clock& clock = {}) : world_(world), clock_(clock) {}
  ~NodeTimers() { world_.cancel(wake_); }
  NodeTimers(const NodeTimers&) = delete;
  NodeTimers& operator=(const NodeTimers&) = delete;

  Now now() const override { return clock_.read(world_.now()); }
  /// In the node's time.
  ports::TimerId call_at(Instant due, std::function<void()> then) override;
  void cancel(ports::TimerId timer) override { waiting_.cancel(DeadlineId{timer.value()}); }

  /// The machine's clocks, to be kept over a restart.
  const Clock& clock() const { return clock_; }
  /// The monotonic clock gains `ppm` parts in a million from now on; what waits is due by the
  /// node's clock, whatever it does.
  void set_drift(std::int64_t ppm);
  /// The calendar jumps, forward or back.
  void step_calendar(Duration by) { clock_.step_calendar(by); }

  /// The process stands still, as after SIGSTOP, while its clocks go on. What becomes due and what
  /// when_running() is told wait, and run after resume() in the order in which they were due.
  void pause();
  void resume();
  bool is_paused() const { return is_paused_; }
  /// A defect to plant: what becomes due while the process stands still never rings.
  void set_forgetful() { is_forgetful_ = true; }
  /// Runs `then` at once, or, while the process stands still, after what came before it. For
  /// whatever reaches the process from outside.
  void when_running(std::function<void()> then);

  std::size_t waiting() const { return waiting_.size(); }

 private:
  ports::TimerId add(Instant due, std::function<void()> then);
  void arm();
  void wake();

  World& world_;
  Clock clock_;
  Deadlines<std::function<void()>> waiting_;
  ports::TimerId wake_;       // the world's call of wake(), if armed
  Instant wake_at_ = never;   // by the world's clock
  std::size_t deferred_ = 0;  // of what waits, how much came from when_running()
  bool is_paused_ = false;
  bool is_forgetful_ = false;
  Instant paused_at_ = never, resumed_at_ = never;  // of the last pause
};

}  // namespace mycel::sim
