#include "sim/world.hpp"

#include <cstring>
#include <utility>

#include "foundation/base/check.hpp"

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

World::SinkId World::add(EventSink& sink) {
  check(sinks_.size() < 128, "seven bits name every sink");
  sinks_.push_back(&sink);
  return SinkId{static_cast<std::uint8_t>(sinks_.size() - 1)};
}

void World::run_until(Instant end) {
  while (auto event = events_.take(end)) {
    now_ = event->due;
    events_run_ += 1;
    if (event->call) {
      event->call();
    } else {
      sinks_[event->word >> item_bits]->on_event(event->word & item_mask);
    }
  }
  now_ = end;
}

}  // namespace mycel::sim
