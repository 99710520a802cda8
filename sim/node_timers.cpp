#include "sim/node_timers.hpp"

#include <utility>

namespace mycel::sim {

ports::TimerId NodeTimers::call_at(Instant due, std::function<void()> then) {
  if (!is_forgetful_) return add(due, std::move(then));
  return add(due, [this, due, then = std::move(then)] {
    if (due < paused_at_ || due >= resumed_at_) then();
  });
}

ports::TimerId NodeTimers::add(Instant due, std::function<void()> then) {
  const Instant now = this->now().instant;
  const DeadlineId id = waiting_.add(due < now ? now : due, std::move(then));
  arm();
  return ports::TimerId{id.value()};
}

void NodeTimers::set_drift(std::int64_t ppm) {
  clock_.set_drift(ppm, world_.now());
  world_.cancel(std::exchange(wake_, {}));
  wake_at_ = never;
  arm();
}

void NodeTimers::pause() {
  is_paused_ = true;
  paused_at_ = now().instant;
  world_.cancel(std::exchange(wake_, {}));
  wake_at_ = never;
}

void NodeTimers::resume() {
  is_paused_ = false;
  resumed_at_ = now().instant;
  arm();
}

// Until the last deferred call has run, a new one has to stand behind it.
void NodeTimers::when_running(std::function<void()> then) {
  if (!is_paused_ && deferred_ == 0) return then();
  deferred_ += 1;
  add(now().instant, [this, then = std::move(then)] {
    deferred_ -= 1;
    then();
  });
}

// A call that was cancelled may leave the wake too early; that costs one look.
void NodeTimers::arm() {
  if (is_paused_ || waiting_.empty()) return;
  Instant due = clock_.world_time_of(waiting_.next());
  if (due < world_.now().instant) due = world_.now().instant;
  if (due >= wake_at_) return;
  world_.cancel(wake_);
  wake_at_ = due;
  wake_ = world_.call_at(due, [this] { wake(); });
}

// One call an event: other nodes have their turn between, and the call may destroy this node.
void NodeTimers::wake() {
  wake_ = {};
  wake_at_ = never;
  const auto then = waiting_.pop_due(now().instant);
  arm();
  if (then) (*then)();
}

}  // namespace mycel::sim
