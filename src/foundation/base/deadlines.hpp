#pragma once
// Many deadlines of one machine, the earliest at hand: an indexed binary heap. Setting, moving and
// cancelling cost O(log n), next() costs O(1), and the steady state allocates nothing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "foundation/base/check.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"

namespace mycel {

/// Names one deadline while it is set. The default value names none.
using DeadlineId = Strong<struct DeadlineIdTag, std::uint64_t>;

/// Deadlines that each carry a `Value`. Equal deadlines come out in the order they were set.
template <class Value>
class Deadlines {
 public:
  DeadlineId add(Instant due, Value value) {
    const std::uint32_t slot = take_slot();
    slots_[slot].value = std::move(value);
    slots_[slot].position = heap_.size();
    heap_.push_back({due, order_++, slot});
    rise(heap_.size() - 1);
    return DeadlineId{(std::uint64_t{slots_[slot].generation} << 32) | (slot + 1)};
  }

  /// False when that deadline has passed or was cancelled before.
  bool cancel(DeadlineId id) {
    const auto slot = slot_of(id);
    if (!slot) return false;
    remove(slots_[*slot].position);
    return true;
  }

  /// When the earliest is due, or `never`.
  Instant next() const { return heap_.empty() ? never : heap_.front().due; }
  std::size_t size() const { return heap_.size(); }
  bool empty() const { return heap_.empty(); }

  /// Takes the earliest out if it is due by `now`.
  std::optional<Value> pop_due(Instant now) {
    if (heap_.empty() || heap_.front().due > now) return std::nullopt;
    std::optional<Value> value(std::move(slots_[heap_.front().slot].value));
    remove(0);
    return value;
  }

 private:
  struct Entry {
    Instant due;
    std::uint64_t order;
    std::uint32_t slot;
    bool before(const Entry& other) const {
      return due != other.due ? due < other.due : order < other.order;
    }
  };
  struct Slot {
    Value value{};
    std::size_t position = 0;
    std::uint32_t generation = 0;
  };

  std::uint32_t take_slot() {
    if (free_.empty()) {
      check(slots_.size() < UINT32_MAX - 1, "more deadlines than slot numbers");
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  std::optional<std::uint32_t> slot_of(DeadlineId id) const {
    const auto low = static_cast<std::uint32_t>(id.value());
    if (low == 0 || low > slots_.size()) return std::nullopt;
    const Slot& slot = slots_[low - 1];
    if (slot.generation != static_cast<std::uint32_t>(id.value() >> 32)) return std::nullopt;
    return low - 1;
  }

  void remove(std::size_t position) {
    const std::uint32_t slot = heap_[position].slot;
    slots_[slot].value = Value{};
    slots_[slot].generation += 1;
    free_.push_back(slot);
    const Entry last = heap_.back();
    heap_.pop_back();
    if (position == heap_.size()) return;
    place(position, last);
    rise(position);
    sink(position);
  }

  void place(std::size_t position, Entry entry) {
    heap_[position] = entry;
    slots_[entry.slot].position = position;
  }

  void rise(std::size_t position) {
    const Entry entry = heap_[position];
    while (position > 0 && entry.before(heap_[(position - 1) / 2])) {
      place(position, heap_[(position - 1) / 2]);
      position = (position - 1) / 2;
    }
    place(position, entry);
  }

  void sink(std::size_t position) {
    const Entry entry = heap_[position];
    for (std::size_t child = 2 * position + 1; child < heap_.size(); child = 2 * position + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) child += 1;
      if (!heap_[child].before(entry)) break;
      place(position, heap_[child]);
      position = child;
    }
    place(position, entry);
  }

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t order_ = 0;
};

}  // namespace mycel
