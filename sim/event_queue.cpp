#include "sim/event_queue.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t room_kept = 1024;  // entries of an empty bucket

}  // namespace

EventQueue::CallId EventQueue::add(Instant due, Call call) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    check(slots_.size() < UINT32_MAX, "more waiting calls than slot numbers");
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back({std::move(call), 1});
  } else {
    slot = free_.back();
    free_.pop_back();
    slots_[slot].call = std::move(call);
  }
  const CallId id = (std::uint64_t{slots_[slot].generation} << 32) | slot;
  insert({ticks_of(due), call_bit | id});
  return id;
}

// The entry stays until its time comes, or until there are too many of its kind.
bool EventQueue::cancel(CallId id) {
  const std::uint32_t slot = slot_of(id);
  if (slot >= slots_.size() || slots_[slot].generation != id >> 32) return false;
  release(slot);
  dead_ += 1;
  if (dead_ > 1024 && dead_ > size_ / 2) sweep();
  return true;
}

std::optional<EventQueue::Event> EventQueue::take(Instant end) {
  while (true) {
    while (taken_ == now_.size())
      if (!draw_near(end)) return std::nullopt;
    const Entry entry = now_[taken_++];
    size_ -= 1;
    const Instant due{Duration{static_cast<Duration::rep>(entry.due)}};
    if ((entry.what & call_bit) == 0) return Event{due, entry.what, {}};
    if (!is_dead(entry)) return Event{due, 0, release(slot_of(entry.what))};
    dead_ -= 1;
  }
}

void EventQueue::insert(Entry entry) {
  check(entry.due >= last_, "nothing is asked for in the past");
  size_ += 1;
  if (entry.due == last_) return now_.push_back(entry);
  const auto index = static_cast<std::size_t>(63 - std::countl_zero(entry.due ^ last_));
  Bucket& bucket = buckets_[index];
  bucket.entries.push_back(entry);
  bucket.earliest = std::min(bucket.earliest, entry.due);
  used_ |= std::uint64_t{1} << index;
}

// Time goes on to the earliest entry, and what lay beside it spreads over the lower buckets.
bool EventQueue::draw_near(Instant end) {
  if (used_ == 0) return false;
  const auto index = static_cast<std::size_t>(std::countr_zero(used_));
  Bucket& bucket = buckets_[index];
  if (bucket.earliest > ticks_of(end)) return false;
  now_.clear();
  taken_ = 0;
  last_ = std::exchange(bucket.earliest, UINT64_MAX);
  used_ &= ~(std::uint64_t{1} << index);
  moving_.swap(bucket.entries);
  size_ -= moving_.size();
  for (const Entry& entry : moving_) {
    if (is_dead(entry)) {
      dead_ -= 1;
    } else {
      insert(entry);
    }
  }
  moving_.clear();
  // Buckets are full in turns: if all kept the room of their fullest moment, that would be most.
  if (moving_.capacity() > room_kept) moving_ = {};
  moving_.swap(bucket.entries);
  return true;
}

EventQueue::Call EventQueue::release(std::uint32_t slot) {
  slots_[slot].generation = (slots_[slot].generation + 1) & generation_mask;
  free_.push_back(slot);
  return std::exchange(slots_[slot].call, nullptr);
}

void EventQueue::sweep() {
  for (std::size_t index = 0; index < buckets_.size(); ++index) {
    Bucket& bucket = buckets_[index];
    const std::size_t gone =
        std::erase_if(bucket.entries, [this](const Entry& entry) { return is_dead(entry); });
    if (gone == 0) continue;
    size_ -= gone;
    dead_ -= gone;
    bucket.earliest = UINT64_MAX;
    for (const Entry& entry : bucket.entries)
      bucket.earliest = std::min(bucket.earliest, entry.due);
    if (bucket.entries.empty()) used_ &= ~(std::uint64_t{1} << index);
  }
}

}  // namespace mycel::sim
