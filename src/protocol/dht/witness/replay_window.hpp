#pragma once
// What was answered or accepted already, for as long as it would still be fresh.

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "foundation/base/time.hpp"
#include "foundation/crypto/hash.hpp"

namespace mycel::dht::witness {

class ReplayWindow {
 public:
  /// 50 a second over five and a half minutes; about 100 bytes each. A full window refuses: to
  /// forget would be to accept again.
  static constexpr std::size_t size_max = 16'384;

  enum class Seen : std::uint8_t { first, again, full };
  /// Takes note of `digest` until `until` has passed.
  Seen note(UnixTime now, const crypto::Digest& digest, UnixTime until) {
    while (!by_end_.empty() && by_end_.begin()->first < now) {
      known_.erase(by_end_.begin()->second);
      by_end_.erase(by_end_.begin());
    }
    if (known_.contains(digest)) return Seen::again;
    if (known_.size() == size_max) return Seen::full;
    known_.insert(digest);
    by_end_.emplace(until, digest);
    return Seen::first;
  }
  bool contains(const crypto::Digest& digest) const { return known_.contains(digest); }
  std::size_t size() const { return known_.size(); }

 private:
  std::set<crypto::Digest> known_;
  std::set<std::pair<UnixTime, crypto::Digest>> by_end_;
};

}  // namespace mycel::dht::witness
