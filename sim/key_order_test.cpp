#include "sim/key_order.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel::sim {
namespace {

using Nodes = std::vector<std::pair<dht::Key, std::uint32_t>>;

// Also with long shared prefixes, which points of hashes never have.
dht::Key any_key(Rng& rng, std::size_t shared_words) {
  dht::Key key;
  for (std::size_t i = shared_words; i < key.words.size(); ++i) key.words[i] = rng.next();
  return key;
}

std::vector<std::uint32_t> nearest(const KeyOrder& order, const dht::Key& key, std::size_t count) {
  std::vector<std::uint32_t> found;
  if (count == 0) return found;
  order.each_from(key, [&](std::uint32_t number) {
    found.push_back(number);
    return found.size() < count;
  });
  return found;
}

TEST(KeyOrder, the_nearest_are_those_that_comparing_all_distances_finds) {
  Rng rng(5);
  for (const std::size_t shared_words : {0U, 1U, 3U}) {
    Nodes nodes;
    for (std::uint32_t number = 0; number < 300; ++number)
      nodes.emplace_back(any_key(rng, shared_words), number);
    const KeyOrder order(nodes);
    for (int round = 0; round < 20; ++round) {
      const dht::Key key = any_key(rng, shared_words);
      std::ranges::sort(nodes, {}, [&](const auto& node) { return distance(key, node.first); });
      std::vector<std::uint32_t> wanted;
      for (const auto& [point, number] : nodes) wanted.push_back(number);
      EXPECT_EQ(nearest(order, key, nodes.size() + 1), wanted);
      wanted.resize(20);
      EXPECT_EQ(nearest(order, key, 20), wanted);
    }
  }
}

TEST(KeyOrder, twins_are_both_there_the_lower_number_first) {
  const dht::Key here{{7, 7, 7, 7}};
  const KeyOrder order(Nodes{{here, 4}, {here, 2}, {{{1, 1, 1, 1}}, 3}});
  EXPECT_EQ(nearest(order, here, 3), (std::vector<std::uint32_t>{2, 4, 3}));
}

TEST(KeyOrder, nobody_is_near_where_nobody_is) {
  EXPECT_TRUE(nearest(KeyOrder(), {}, 3).empty());
}

}  // namespace
}  // namespace mycel::sim
