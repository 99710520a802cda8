#pragma once
// Values that lookups brought a moment ago, so that a popular key is not looked up again and again.
// A value leaves after its time to live, when a newer one is heard of, or to make room: the hand of
// SIEVE passes over those that were asked for since it last came by.
// Source: "SIEVE is Simpler than LRU" (Zhang, NSDI 2024).

#include <cstddef>
#include <list>
#include <map>
#include <optional>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::dht {

struct CacheConfig {
  /// Values kept; 0 switches the cache off.
  std::size_t count_max = 1024;
  std::size_t bytes_max = std::size_t{8} << 20;
  Duration ttl = 30s;
};

class ValueCache {
 public:
  explicit ValueCache(const CacheConfig& config) : config_(config) {}

  struct Cached {
    Bytes value;
    PeerId from;
    std::uint32_t answers = 0;  ///< valid values that the lookup had gathered
  };
  /// What is known under `key`, if a lookup gathered at least `quorum` values for it.
  std::optional<Cached> get(Instant now, const Bytes& key, std::size_t quorum);
  void put(Instant now, const Bytes& key, Cached cached);
  /// A newer value is about, or the key's own node has changed it.
  /// False when nothing was known of it.
  bool forget(const Bytes& key);

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Bytes key;
    Cached cached;
    Instant until{};
    bool is_visited = false;
  };
  using Entries = std::list<Entry>;  // newest first

  std::optional<Entries::iterator> newer_than(Entries::iterator entry);
  void erase(Entries::iterator entry);
  void evict();
  static std::size_t size_of(const Entry& entry);

  CacheConfig config_;
  Entries entries_;
  std::map<Bytes, Entries::iterator> by_key_;
  /// None: before the oldest. Not entries_.end(), which does not survive a move of the cache.
  std::optional<Entries::iterator> hand_;
  std::size_t bytes_ = 0;
};

}  // namespace mycel::dht
