#pragma once
// What this node has said its neighbours are, in the current slot. A list is computed once for a
// key and repeated for the rest of the slot, so that churn cannot make two different ones leave
// under one slot: that would be proof of a lie.
//
// A restart or a calendar that steps back must not lead into a slot whose lists are forgotten. So
// the newest slot is kept on disk before the first list of it leaves, and nothing is signed in that
// slot again after a restart, nor in the slot of the start itself, for the disk may be an old copy.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

#include "protocol/dht/witness/draw.hpp"
#include "protocol/dht/witness/refusal.hpp"

namespace mycel::dht::witness {

class FrozenLists {
 public:
  /// One slot of requests at the rate that a node's signing allows; 672 bytes each.
  static constexpr std::size_t size_max = 4096;

  /// Computes a list: what the routing table says now, nearest first.
  using Nearest = std::function<std::vector<Point>(const Point& key)>;

  /// The newest slot that the disk knows of. Before start().
  void load(Slot newest) { closed_ = std::max(closed_.value_or(newest), newest); }
  /// The slot of the start, and those before, stay closed.
  void start(UnixTime now) { load(slot_of(now)); }

  struct List {
    const std::vector<Point>& neighbours;
    bool is_new_slot = false;  ///< the slot has to be on disk before the list leaves
  };
  /// Refuses: slot_closed, overloaded.
  Result<List, Refusal> list(UnixTime now, const Point& key, const Nearest& nearest) {
    const Slot slot = slot_of(now);
    if (!closed_ || slot <= *closed_ || slot < current_) return Err{Refusal::slot_closed};
    const bool is_new_slot = slot > current_;
    if (is_new_slot) {
      lists_.clear();
      current_ = slot;
    }
    auto known = lists_.find(key);
    if (known == lists_.end()) {
      if (lists_.size() == size_max) return Err{Refusal::overloaded};
      known = lists_.emplace(key, nearest(key)).first;
    }
    return List{known->second, is_new_slot};
  }
  std::size_t size() const { return lists_.size(); }

 private:
  std::optional<Slot> closed_;  // none: not started
  Slot current_{};
  std::map<Point, std::vector<Point>> lists_;  // of the current slot
};

}  // namespace mycel::dht::witness
