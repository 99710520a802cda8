#pragma once
// What will happen, earliest first; what is due at one instant happens in the order it was asked
// for. A radix heap: entries lie in buckets by the highest bit in which their time differs from
// the last one taken, and move to lower buckets as time comes near. Time never runs backwards, so
// each entry moves a few times only, always in sequence, and equal times keep their order.
// Source: Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest path problem", 1990.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "foundation/base/time.hpp"

namespace mycel::sim {

class EventQueue {
 public:
  using Call = std::function<void()>;
  /// Names a call while it waits; 0 names none.
  using CallId = std::uint64_t;
  /// What stands for an event that is not a call: anything below 2^63.
  using Word = std::uint64_t;

  /// `due` is no earlier than what was taken last; the same holds for post().
  CallId add(Instant due, Call call);
  /// False when that call was taken or cancelled before.
  bool cancel(CallId id);
  void post(Instant due, Word word) { insert({ticks_of(due), word}); }

  struct Event {
    Instant due;
    Word word = 0;
    Call call;  // empty for a word
  };
  /// The earliest one, if it is due by `end`.
  std::optional<Event> take(Instant end);
  /// What waits: calls that were not cancelled, and words.
  std::size_t size() const { return size_ - dead_; }

 private:
  struct Entry {
    std::uint64_t due;
    std::uint64_t what;  // a word; or the top bit, the generation and the slot of a call
  };
  struct Slot {
    Call call;
    std::uint32_t generation = 0;
  };
  struct Bucket {
    std::vector<Entry> entries;
    std::uint64_t earliest = UINT64_MAX;
  };
  static constexpr std::uint64_t call_bit = std::uint64_t{1} << 63;
  static constexpr std::uint32_t generation_mask = 0x7fffffff;

  static std::uint64_t ticks_of(Instant due) {
    return static_cast<std::uint64_t>(due.time_since_epoch().count());
  }
  static std::uint32_t slot_of(std::uint64_t what) { return static_cast<std::uint32_t>(what); }
  bool is_dead(const Entry& entry) const {
    return (entry.what & call_bit) != 0 &&
           slots_[slot_of(entry.what)].generation !=
               (static_cast<std::uint32_t>(entry.what >> 32) & generation_mask);
  }
  void insert(Entry entry);
  bool draw_near(Instant end);
  Call release(std::uint32_t slot);
  void sweep();

  std::vector<Entry> now_;          // due at `last_`, in order
  std::size_t taken_ = 0;           // of now_
  std::array<Bucket, 64> buckets_;  // by the highest bit that differs from `last_`
  std::uint64_t used_ = 0;          // which buckets have entries
  std::vector<Entry> moving_;
  std::uint64_t last_ = 0;
  std::size_t size_ = 0;  // with the dead
  std::size_t dead_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace mycel::sim
