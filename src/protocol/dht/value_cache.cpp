#include "protocol/dht/value_cache.hpp"

#include <utility>

namespace mycel::dht {

std::optional<ValueCache::Cached> ValueCache::get(Instant now, const Bytes& key,
                                                  std::size_t quorum) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  Entry& entry = *found->second;
  if (entry.until <= now) {
    erase(found->second);
    return std::nullopt;
  }
  if (entry.cached.answers < quorum) return std::nullopt;
  entry.is_visited = true;
  return entry.cached;
}

void ValueCache::put(Instant now, const Bytes& key, Cached cached) {
  forget(key);
  Entry entry{.key = key, .cached = std::move(cached), .until = now + config_.ttl};
  const std::size_t size = size_of(entry);
  if (config_.count_max == 0 || size > config_.bytes_max) return;
  while (entries_.size() >= config_.count_max || bytes_ + size > config_.bytes_max) evict();
  bytes_ += size;
  entries_.push_front(std::move(entry));
  by_key_.emplace(key, entries_.begin());
}

bool ValueCache::forget(const Bytes& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  erase(found->second);
  return true;
}

// The hand walks from the oldest to the newest, and begins anew behind the newest.
void ValueCache::evict() {
  for (;;) {
    if (!hand_) hand_ = std::prev(entries_.end());
    if (!std::exchange((*hand_)->is_visited, false)) return erase(*hand_);
    hand_ = newer_than(*hand_);
  }
}

std::optional<ValueCache::Entries::iterator> ValueCache::newer_than(Entries::iterator entry) {
  if (entry == entries_.begin()) return std::nullopt;
  return std::prev(entry);
}

void ValueCache::erase(Entries::iterator entry) {
  if (hand_ == entry) hand_ = newer_than(entry);
  bytes_ -= size_of(*entry);
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

std::size_t ValueCache::size_of(const Entry& entry) {
  return sizeof(Entry) + 2 * entry.key.size() + entry.cached.value.size();
}

}  // namespace mycel::dht
