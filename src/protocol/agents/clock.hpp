#pragma once
// Which updates of a card its writer had seen: a vector clock. A card has one DID but may be
// written from several nodes that hold its key; each counts its own updates, by its peer id.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "foundation/model/peer_id.hpp"

namespace mycel::agents {

/// How two clocks stand to each other.
enum class ClockOrder : std::uint8_t { equal, before, after, concurrent };

class VectorClock {
 public:
  /// More nodes than this do not publish one agent; the bound keeps a signed card small.
  static constexpr std::size_t writers_max = 16;
  /// Counters stay below this, so that counting on never wraps around.
  static constexpr std::uint64_t count_max = std::uint64_t{1} << 48;

  struct Entry {
    PeerId writer;
    std::uint64_t count = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  VectorClock() = default;
  /// None unless the entries are sorted by writer without repetition, at most `writers_max`, and
  /// count from 1 to `count_max`.
  static std::optional<VectorClock> from(std::vector<Entry> entries);

  /// One more update by `writer`. When there is no room for a new writer, the one that counted
  /// least is forgotten: at worst two updates look concurrent that were not.
  void advance(const PeerId& writer);
  /// Has seen what either had seen, within the same bound.
  void merge(const VectorClock& other);

  const std::vector<Entry>& entries() const { return entries_; }
  std::uint64_t count_of(const PeerId& writer) const;
  /// Sum of all counts: greater for whatever comes causally after, so it extends the causal order
  /// to a total one.
  std::uint64_t weight() const;

  friend bool operator==(const VectorClock&, const VectorClock&) = default;

 private:
  void set(const PeerId& writer, std::uint64_t count);
  void forget_least(const PeerId& spared);
  std::vector<Entry> entries_;
};

/// What `a` is to `b`: `after` when it has seen all that `b` has, and more.
ClockOrder order_of(const VectorClock& a, const VectorClock& b);

}  // namespace mycel::agents
