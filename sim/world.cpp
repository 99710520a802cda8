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

}  // namespace mycel::sim
