#pragma once
// How often one peer may ask: so many at once, and one more after each pause.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::dht::witness {

class RateLimit {
 public:
  /// As many peers as there can be connections. When all of them are short of allowance, a further
  /// one has to wait too.
  static constexpr std::size_t peers_max = 4096;

  RateLimit(std::uint32_t burst, Duration pause) : span_(burst * pause), pause_(pause) {}

  bool allows(Instant now, const PeerId& peer) {
    const auto known = spent_.find(peer);
    // The instant at which the whole allowance is there again.
    const Instant full = known == spent_.end() ? now : std::max(now, known->second);
    if (full + pause_ > now + span_) return false;
    if (known == spent_.end() && !make_room(now)) return false;
    spent_[peer] = full + pause_;
    return true;
  }
  std::size_t size() const { return spent_.size(); }

 private:
  bool make_room(Instant now) {
    if (spent_.size() < peers_max) return true;
    std::erase_if(spent_, [now](const auto& each) { return each.second <= now; });
    return spent_.size() < peers_max;
  }

  Duration span_;
  Duration pause_;
  std::map<PeerId, Instant> spent_;
};

}  // namespace mycel::dht::witness
