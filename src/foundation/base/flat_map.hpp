#pragma once
// A map for what is under way: keys in one sorted block, values in slots that are used again, so
// that coming and going allocates nothing. Meant for up to some thousands of entries; adding one in
// the middle moves the keys behind it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mycel {

/// Values stay where they are until they are erased; `Value{}` is what an empty slot holds.
template <class Key, class Value>
class FlatMap {
 public:
  /// Null when there is none.
  Value* find(const Key& key) {
    const auto entry = place_of(key);
    return is_at(entry, key) ? slots_[entry->slot].get() : nullptr;
  }
  const Value* find(const Key& key) const { return const_cast<FlatMap*>(this)->find(key); }
  bool contains(const Key& key) const { return find(key) != nullptr; }

  /// The value under `key`, and whether it is new; if there was one, it stays.
  std::pair<Value*, bool> emplace(const Key& key, Value value) {
    const auto entry = place_of(key);
    if (is_at(entry, key)) return {slots_[entry->slot].get(), false};
    const std::uint32_t slot = take_slot(std::move(value));
    entries_.insert(entry, Entry{key, slot});
    return {slots_[slot].get(), true};
  }

  bool erase(const Key& key) {
    const auto entry = place_of(key);
    if (!is_at(entry, key)) return false;
    const std::uint32_t slot = entry->slot;
    entries_.erase(entry);
    give_back(slot);
    if (entries_.empty()) forget_burst();
    return true;
  }

  /// The entries from `first` on, in order, as long as `visit(key, value)` says true.
  template <class Visit>
  void each_from(const Key& first, Visit&& visit) const {
    for (auto entry = const_cast<FlatMap*>(this)->place_of(first); entry != entries_.end(); ++entry)
      if (!visit(entry->key, *slots_[entry->slot])) return;
  }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    Key key;
    std::uint32_t slot = 0;
  };
  using Place = typename std::vector<Entry>::iterator;

  Place place_of(const Key& key) {
    // Ids grow: most of what is added goes to the end.
    if (entries_.empty() || entries_.back().key < key) return entries_.end();
    return std::lower_bound(
        entries_.begin(), entries_.end(), key,
        [](const Entry& entry, const Key& wanted) { return entry.key < wanted; });
  }
  bool is_at(Place entry, const Key& key) const {
    return entry != entries_.end() && entry->key == key;
  }

  std::uint32_t take_slot(Value value) {
    if (free_.empty()) {
      slots_.push_back(std::make_unique<Value>(std::move(value)));
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    if (slots_[slot] == nullptr)
      slots_[slot] = std::make_unique<Value>(std::move(value));
    else
      *slots_[slot] = std::move(value);
    return slot;
  }

  // While more places are free than taken, their values are given back: what a burst made must not
  // stay for as long as a single entry does.
  void give_back(std::uint32_t slot) {
    if (free_.size() > kept_max + entries_.size())
      slots_[slot].reset();
    else
      *slots_[slot] = Value{};
    free_.push_back(slot);
  }

  // One burst must not make thousands of nodes in one process keep its slots for ever.
  void forget_burst() {
    if (slots_.size() <= kept_max) return;
    slots_.resize(kept_max);
    slots_.shrink_to_fit();
    entries_.shrink_to_fit();
    free_.clear();
    free_.shrink_to_fit();
    for (std::uint32_t slot = kept_max; slot > 0; --slot) free_.push_back(slot - 1);
  }

  static constexpr std::uint32_t kept_max = 4;

  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<Value>> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace mycel
