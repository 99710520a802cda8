#include "sim/node_timers.hpp"

#include <memory>
#include <utility>

namespace mycel::sim {

NodeTimers::~NodeTimers() {
  for (const ports::TimerId timer : waiting_) world_.cancel(timer);
}

// The id is known only when the call is queued; the call itself needs it, to forget itself.
ports::TimerId NodeTimers::call_at(Instant due, std::function<void()> then) {
  const auto own_id = std::make_shared<ports::TimerId>();
  *own_id = world_.call_at(due, [this, own_id, then = std::move(then)] {
    waiting_.erase(*own_id);
    then();
  });
  waiting_.insert(*own_id);
  return *own_id;
}

void NodeTimers::cancel(ports::TimerId timer) {
  if (waiting_.erase(timer) == 1) world_.cancel(timer);
}

}  // namespace mycel::sim
