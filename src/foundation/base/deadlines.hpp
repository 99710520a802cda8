#pragma once
// Many deadlines of one machine, the earliest at hand: an indexed binary heap. Setting, moving and
// cancelling cost O(log n), next() costs O(1), and a steady state allocates nothing.

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
    const std::uint32_t index = take_slot();
    Slot& slot = slots_[index];
    slot.value = std::move(value);
    slot.position = static_cast<std::uint32_t>(heap_.size());
    slot.generation = generation_of(order_);
    heap_.push_back({due, order_++, index});
    rise(heap_.size() - 1);
    return DeadlineId{(std::uint64_t{slot.generation} << 32) | (index + 1)};
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
  /// For how many there is room: what a burst took is given back when few are left.
  std::size_t room() const { return slots_.size(); }

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
    std::uint32_t position = 0;    // in the heap; of an unused one: the next unused
    std::uint32_t generation = 0;  // of the deadline in it; 0 while it is unused
  };
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::size_t kept_max = 8;

  // Never 0, and another one for each deadline: a name stays unknown when its slot is used again.
  static std::uint32_t generation_of(std::uint64_t order) {
    return static_cast<std::uint32_t>(order) | 0x80000000U;
  }

  std::uint32_t take_slot() {
    if (unused_ == none) {
      check(slots_.size() < UINT32_MAX - 1, "more deadlines than slot numbers");
      slots_.emplace_back();
      few_ = SIZE_MAX;
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = unused_;
    unused_ = slots_[slot].position;
    return slot;
  }

  void leave_slot(std::uint32_t index) {
    slots_[index] = {};
    slots_[index].position = std::exchange(unused_, index);
  }

  std::optional<std::uint32_t> slot_of(DeadlineId id) const {
    const auto low = static_cast<std::uint32_t>(id.value());
    if (low == 0 || low > slots_.size()) return std::nullopt;
    const Slot& slot = slots_[low - 1];
    if (slot.generation != static_cast<std::uint32_t>(id.value() >> 32)) return std::nullopt;
    return low - 1;
  }

  void remove(std::size_t position) {
    leave_slot(heap_[position].slot);
    const Entry last = heap_.back();
    heap_.pop_back();
    if (position != heap_.size()) {
      place(position, last);
      rise(position);
      sink(position);
    }
    removed_ += 1;
    if (heap_.size() * 4 < slots_.size()) forget_burst();
  }

  // One burst must not make thousands of nodes in one process keep its room for ever. Slots go from
  // the end, as far as they are unused; what comes next stands at the beginning, so that more can
  // go when it is tried again: at half as many, or after a quarter as many removals as slots.
  void forget_burst() {
    if (slots_.size() <= kept_max) return;
    if (heap_.size() > few_ && removed_ * 4 < slots_.size()) return;
    removed_ = 0;
    few_ = heap_.size() / 2;
    if (heap_.size() * 4 < heap_.capacity()) heap_.shrink_to_fit();
    std::size_t used = slots_.size();
    while (used > 0 && slots_[used - 1].generation == 0) --used;
    if (used * 4 <= slots_.size() * 3) {
      slots_.resize(used);
      slots_.shrink_to_fit();
    }
    unused_ = none;
    for (std::size_t index = slots_.size(); index-- > 0;)
      if (slots_[index].generation == 0)
        slots_[index].position = std::exchange(unused_, static_cast<std::uint32_t>(index));
  }

  void place(std::size_t position, Entry entry) {
    heap_[position] = entry;
    slots_[entry.slot].position = static_cast<std::uint32_t>(position);
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
  std::uint32_t unused_ = none;  // the first of them
  // When it is worth a look at what is unused: with so few deadlines left, or after many removals.
  std::size_t few_ = SIZE_MAX;
  std::size_t removed_ = 0;  // since the last look
  std::uint64_t order_ = 0;
};

}  // namespace mycel
