#include "sim/key_order.hpp"

#include <algorithm>

namespace mycel::sim {
namespace {

bool bit_of(const dht::Key& key, unsigned bit) {
  return (key.words[bit / 64] >> (63 - bit % 64) & 1) != 0;
}

}  // namespace

KeyOrder::KeyOrder(std::vector<std::pair<dht::Key, std::uint32_t>> nodes)
    : nodes_(std::move(nodes)) {
  std::ranges::sort(nodes_);
}

void KeyOrder::each_from(const dht::Key& key, const Visit& visit) const {
  walk(key, nodes_.begin(), nodes_.end(), 0, visit);
}

// The nodes from `first` on share all bits before `bit`. False when nobody wants to see more.
bool KeyOrder::walk(const dht::Key& key, Place first, Place last, unsigned bit,
                    const Visit& visit) {
  if (first == last) return true;
  if (last - first == 1 || bit == dht::key_bits)
    return std::all_of(first, last, [&](const auto& node) { return visit(node.second); });
  const Place middle =
      std::partition_point(first, last, [&](const auto& node) { return !bit_of(node.first, bit); });
  if (bit_of(key, bit))
    return walk(key, middle, last, bit + 1, visit) && walk(key, first, middle, bit + 1, visit);
  return walk(key, first, middle, bit + 1, visit) && walk(key, middle, last, bit + 1, visit);
}

}  // namespace mycel::sim
