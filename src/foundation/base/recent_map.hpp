#pragma once
// A map that forgets its oldest entry when it is full: for caches and replay windows that a peer
// could otherwise fill without end.

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel {

/// Keeps at most `size_max` entries, in the order they were first inserted.
template <class Key, class Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t size_max) : size_max_(size_max) {
    check(size_max > 0, "a bounded map needs room for one entry");
  }

  /// Inserts or replaces; replacing does not make an entry younger.
  void set(const Key& key, Value value) {
    const auto [entry, is_new] = entries_.insert_or_assign(key, std::move(value));
    if (!is_new) return;
    order_.push_back(key);
    while (entries_.size() > size_max_) drop_oldest();
  }
  Value* find(const Key& key) {
    const auto entry = entries_.find(key);
    return entry == entries_.end() ? nullptr : &entry->second;
  }
  std::size_t size() const { return entries_.size(); }

 private:
  void drop_oldest() {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  std::size_t size_max_;
  std::map<Key, Value> entries_;
  std::deque<Key> order_;
};

}  // namespace mycel
