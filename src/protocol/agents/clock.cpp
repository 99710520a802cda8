#include "protocol/agents/clock.hpp"

#include <algorithm>
#include <utility>

namespace mycel::agents {

std::optional<VectorClock> VectorClock::from(std::vector<Entry> entries) {
  if (entries.size() > writers_max) return std::nullopt;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (entry.writer.is_none() || entry.count < 1 || entry.count > count_max) return std::nullopt;
    if (i > 0 && !(entries[i - 1].writer < entry.writer)) return std::nullopt;
  }
  VectorClock clock;
  clock.entries_ = std::move(entries);
  return clock;
}

void VectorClock::advance(const PeerId& writer) {
  set(writer, std::min(count_of(writer) + 1, count_max));
  if (entries_.size() > writers_max) forget_least(writer);
}

void VectorClock::merge(const VectorClock& other) {
  for (const Entry& entry : other.entries_)
    set(entry.writer, std::max(count_of(entry.writer), entry.count));
  while (entries_.size() > writers_max) forget_least(PeerId{});
}

std::uint64_t VectorClock::count_of(const PeerId& writer) const {
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), writer,
                                      [](const Entry& e, const PeerId& w) { return e.writer < w; });
  return entry == entries_.end() || entry->writer != writer ? 0 : entry->count;
}

std::uint64_t VectorClock::weight() const {
  std::uint64_t sum = 0;  // 16 counts of 48 bits cannot overflow
  for (const Entry& entry : entries_) sum += entry.count;
  return sum;
}

void VectorClock::set(const PeerId& writer, std::uint64_t count) {
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), writer,
                                      [](const Entry& e, const PeerId& w) { return e.writer < w; });
  if (entry != entries_.end() && entry->writer == writer) {
    entry->count = count;
  } else {
    entries_.insert(entry, {writer, count});
  }
}

void VectorClock::forget_least(const PeerId& spared) {
  const auto least =
      std::min_element(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
        if ((a.writer == spared) != (b.writer == spared)) return b.writer == spared;
        return a.count < b.count;
      });
  entries_.erase(least);
}

ClockOrder order_of(const VectorClock& a, const VectorClock& b) {
  const auto covers = [](const VectorClock& x, const VectorClock& y) {
    return std::all_of(y.entries().begin(), y.entries().end(), [&](const VectorClock::Entry& e) {
      return x.count_of(e.writer) >= e.count;
    });
  };
  const bool a_covers = covers(a, b);
  const bool b_covers = covers(b, a);
  if (a_covers && b_covers) return ClockOrder::equal;
  if (a_covers) return ClockOrder::after;
  return b_covers ? ClockOrder::before : ClockOrder::concurrent;
}

}  // namespace mycel::agents
