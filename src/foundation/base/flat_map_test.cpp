#include "foundation/base/flat_map.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel {
namespace {

using Words = FlatMap<int, std::string>;

std::vector<std::pair<int, std::string>> all(const Words& words, int first = 0) {
  std::vector<std::pair<int, std::string>> found;
  words.each_from(first, [&](int key, const std::string& word) {
    found.emplace_back(key, word);
    return true;
  });
  return found;
}

TEST(FlatMap, holds_what_a_tree_would_hold_whatever_comes_and_goes) {
  Rng rng(3);
  Words words;
  std::map<int, std::string> model;
  for (int step = 0; step < 20'000; ++step) {
    // Bursts: for a while more comes than goes, then all goes.
    const bool is_growing = step / 500 % 2 == 0;
    const int key = static_cast<int>(rng.below(200));
    if (rng.chance(is_growing ? 0.7 : 0.2)) {
      const std::string word = "word " + std::to_string(step);
      const auto [value, is_new] = words.emplace(key, word);
      EXPECT_EQ(is_new, model.try_emplace(key, word).second);
      EXPECT_EQ(*value, model.at(key));
    } else {
      EXPECT_EQ(words.erase(key), model.erase(key) == 1);
    }
    const std::string* found = words.find(key);
    ASSERT_EQ(found != nullptr, model.contains(key));
    ASSERT_EQ(words.size(), model.size());
  }
  EXPECT_EQ(all(words), (std::vector<std::pair<int, std::string>>(model.begin(), model.end())));
}

TEST(FlatMap, a_value_stays_where_it_is_while_others_come_and_go) {
  Words words;
  const std::string* const five = words.emplace(5, "five").first;
  for (int key = 0; key < 100; ++key)
    if (key != 5) words.emplace(key, "another");
  for (int key = 0; key < 100; ++key)
    if (key != 5) words.erase(key);
  EXPECT_EQ(words.find(5), five);
  EXPECT_EQ(*five, "five");
}

TEST(FlatMap, an_erased_value_lets_go_of_what_it_held) {
  FlatMap<int, std::shared_ptr<int>> map;
  const auto held = std::make_shared<int>(1);
  map.emplace(1, held);
  map.erase(1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(FlatMap, the_values_go_with_the_map_and_move_with_it) {
  const auto held = std::make_shared<int>(1);
  {
    FlatMap<int, std::shared_ptr<int>> first;
    first.emplace(1, held);
    const FlatMap<int, std::shared_ptr<int>> second = std::move(first);
    EXPECT_TRUE(second.contains(1));
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(FlatMap, is_read_from_any_key_on_and_as_far_as_wanted) {
  Words words;
  for (const int key : {7, 3, 5}) words.emplace(key, std::to_string(key));
  EXPECT_EQ(all(words, 4), (std::vector<std::pair<int, std::string>>{{5, "5"}, {7, "7"}}));
}

}  // namespace
}  // namespace mycel
