#pragma once
// What a quorum says, whatever a minority of it says otherwise. Each finding rests on more
// witnesses than can be liars; no witness is believed alone, however sure it is of itself.

#include <optional>
#include <vector>

#include "protocol/dht/witness/message.hpp"
#include "protocol/dht/witness/verified.hpp"

namespace mycel::dht::witness {

struct Findings {
  Observation
      source;  ///< where most see it: f + 1 or more; the median round trip of 2f + 1 or more
  Observation target;
  std::vector<Point> neighbours;  ///< that f + 1 or more lists name, nearest to the key first
};
Findings findings_of(const Rules& rules, const Verified<Proof>& proof);

}  // namespace mycel::dht::witness
