#pragma once
// What does not pass between two nodes now, whatever the reason.

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace mycel::sim {

class Cuts {
 public:
  void set_one_way(std::uint32_t from, std::uint32_t to, bool is_cut) {
    set(one_way_, Pair{from, to}, is_cut);
  }
  void set_stalled(std::uint32_t a, std::uint32_t b, bool is_stalled) {
    set(stalled_, Pair(std::minmax(a, b)), is_stalled);
  }
  void set_isolated(std::uint32_t number, bool is_isolated) { set(isolated_, number, is_isolated); }
  /// What is sent to `number` waits, and it says nothing.
  void set_paused(std::uint32_t number, bool is_paused) { set(paused_, number, is_paused); }
  /// Nodes hear only those of their own side; whoever is not listed stands on the side of `false`.
  /// An empty list heals the split.
  void set_split(std::vector<bool> side) { side_ = std::move(side); }

  bool is_anything() const {
    return !one_way_.empty() || !stalled_.empty() || !paused_.empty() || !isolated_.empty() ||
           !side_.empty();
  }
  /// What is sent does not arrive, and what can be lost is lost.
  bool is_cut(std::uint32_t from, std::uint32_t to) const {
    return one_way_.contains({from, to}) || isolated_.contains(from) || isolated_.contains(to) ||
           side_of(from) != side_of(to);
  }
  /// What is sent does not arrive now, for whichever reason.
  bool is_blocked(std::uint32_t from, std::uint32_t to) const {
    return is_anything() && (is_cut(from, to) || stalled_.contains(std::minmax(from, to)) ||
                             paused_.contains(from) || paused_.contains(to));
  }

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  template <class Set, class Value>
  static void set(Set& all, const Value& value, bool is_in) {
    is_in ? void(all.insert(value)) : void(all.erase(value));
  }
  bool side_of(std::uint32_t number) const { return number < side_.size() && side_[number]; }

  std::set<Pair> one_way_;  // from, to
  std::set<Pair> stalled_;  // low, high
  std::set<std::uint32_t> isolated_;
  std::set<std::uint32_t> paused_;
  std::vector<bool> side_;
};

}  // namespace mycel::sim
