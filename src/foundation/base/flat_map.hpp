#pragma once
// A map for what is under way: keys in one sorted block, each beside a pointer to its value, and
// values that are used again, so that coming and going mostly allocates nothing. Meant for up to
// some thousands of entries; adding one in the middle moves the keys behind it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mycel {

/// Values stay where they are until they are erased; `Value{}` is what an unused one holds.
template <class Key, class Value>
class FlatMap {
 public:
  FlatMap() = default;
  FlatMap(FlatMap&& other) noexcept
      : entries_(std::exchange(other.entries_, {})), unused_(std::exchange(other.unused_, {})) {}
  FlatMap& operator=(FlatMap&& other) noexcept {
    std::swap(entries_, other.entries_);
    std::swap(unused_, other.unused_);
    return *this;
  }
  ~FlatMap() {
    for (const Entry& entry : entries_) delete entry.value;
  }

  /// Null when there is none.
  Value* find(const Key& key) {
    const auto entry = place_of(key);
    return is_at(entry, key) ? entry->value : nullptr;
  }
  const Value* find(const Key& key) const { return const_cast<FlatMap*>(this)->find(key); }
  bool contains(const Key& key) const { return find(key) != nullptr; }

  /// The value under `key`, and whether it is new; if there was one, it stays.
  std::pair<Value*, bool> emplace(const Key& key, Value value) {
    const auto entry = place_of(key);
    if (is_at(entry, key)) return {entry->value, false};
    auto taken = take(std::move(value));
    entries_.insert(entry, Entry{key, taken.get()});
    return {taken.release(), true};
  }

  bool erase(const Key& key) {
    const auto entry = place_of(key);
    if (!is_at(entry, key)) return false;
    std::unique_ptr<Value> value(entry->value);
    entries_.erase(entry);
    give_back(std::move(value));
    if (entries_.size() < entries_.capacity() / 4) forget_burst();
    return true;
  }

  /// The entries from `first` on, in order, as long as `visit(key, value)` says true.
  template <class Visit>
  void each_from(const Key& first, Visit&& visit) const {
    for (auto entry = const_cast<FlatMap*>(this)->place_of(first); entry != entries_.end(); ++entry)
      if (!visit(entry->key, std::as_const(*entry->value))) return;
  }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    Key key;
    Value* value = nullptr;  // owned; plain, so that a whole block of entries moves at once
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

  std::unique_ptr<Value> take(Value value) {
    if (unused_.empty()) return std::make_unique<Value>(std::move(value));
    std::unique_ptr<Value> taken = std::move(unused_.back());
    unused_.pop_back();
    *taken = std::move(value);
    return taken;
  }

  // Half as many are kept as are used: one burst must not make thousands of nodes in one process
  // keep its room for as long as a single entry stays.
  void give_back(std::unique_ptr<Value> value) {
    const std::size_t kept = kept_max + entries_.size() / 2;
    if (unused_.size() > kept) unused_.pop_back();
    if (unused_.size() >= kept) return;
    *value = Value{};
    unused_.push_back(std::move(value));
  }

  void forget_burst() {
    if (entries_.capacity() <= kept_max && unused_.capacity() <= kept_max) return;
    unused_.shrink_to_fit();
    entries_.shrink_to_fit();
  }

  static constexpr std::size_t kept_max = 1;

  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<Value>> unused_;
};

}  // namespace mycel
