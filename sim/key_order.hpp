#pragma once
// Nodes by their points in the key space, so that the nearest to any key are found without looking
// at all of them: sorted points are a tree, and of each branch the half that shares the key's next
// bit is nearer than the other.

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "protocol/dht/key.hpp"

namespace mycel::sim {

class KeyOrder {
 public:
  /// Nearest first, as long as it says true.
  using Visit = std::function<bool(std::uint32_t number)>;

  KeyOrder() = default;
  explicit KeyOrder(std::vector<std::pair<dht::Key, std::uint32_t>> nodes);

  void each_from(const dht::Key& key, const Visit& visit) const;

 private:
  using Place = std::vector<std::pair<dht::Key, std::uint32_t>>::const_iterator;
  static bool walk(const dht::Key& key, Place first, Place last, unsigned bit, const Visit& visit);

  std::vector<std::pair<dht::Key, std::uint32_t>> nodes_;  // sorted; twins stand together
};

}  // namespace mycel::sim
