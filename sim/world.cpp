#include "sim/world.hpp"

#include <cstring>
#include <utility>

namespace mycel::sim {

void Fingerprint::fold(ByteView bytes) {
  fold(bytes.size());
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes = bytes.subspan(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    fold(word);
  }
  if (bytes.empty()) return;
  word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  fold(word);
}

void World::run_until(Instant end) {
  while (events_.next() <= end) {
    now_ = events_.next();
    const auto event = events_.pop_due(now_);
    events_run_ += 1;
    (*event)();
  }
  now_ = end;
}

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
