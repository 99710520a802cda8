// A full map forgets the oldest entry, and nobody can keep an entry alive by repeating it.

#include "foundation/base/recent_map.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace mycel {
namespace {

TEST(RecentMap, forgets_the_oldest_when_it_is_full) {
  RecentMap<int, std::string> map(2);
  map.set(1, "one");
  map.set(2, "two");
  map.set(3, "three");
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(*map.find(2), "two");
  EXPECT_EQ(*map.find(3), "three");
  EXPECT_EQ(map.size(), 2U);
}

TEST(RecentMap, does_not_make_an_entry_younger_by_replacing_it) {
  RecentMap<int, std::string> map(2);
  map.set(1, "one");
  map.set(2, "two");
  map.set(1, "uno");
  EXPECT_EQ(*map.find(1), "uno");
  map.set(3, "three");
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_NE(map.find(2), nullptr);
}

TEST(RecentMap, lets_a_found_value_be_changed) {
  RecentMap<int, int> map(1);
  map.set(1, 10);
  *map.find(1) += 1;
  EXPECT_EQ(*map.find(1), 11);
}

TEST(RecentMap, behaves_like_a_list_that_is_cut_at_its_old_end) {
  EXPECT_TRUE(rc::check("map and list agree", [] {
    const auto size_max = *rc::gen::inRange<std::size_t>(1, 6);
    RecentMap<int, int> map(size_max);
    std::vector<std::pair<int, int>> list;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::arbitrary<int>()));
    for (const auto& [key, value] : steps) {
      map.set(key, value);
      const auto known = std::ranges::find(list, key, &std::pair<int, int>::first);
      if (known != list.end()) {
        known->second = value;
      } else {
        list.emplace_back(key, value);
      }
      if (list.size() > size_max) list.erase(list.begin());

      RC_ASSERT(map.size() == list.size());
      for (int candidate = 0; candidate < 10; ++candidate) {
        const auto entry = std::ranges::find(list, candidate, &std::pair<int, int>::first);
        const int* found = map.find(candidate);
        RC_ASSERT((found != nullptr) == (entry != list.end()));
        if (found != nullptr) RC_ASSERT(*found == entry->second);
      }
    }
  }));
}

TEST(RecentMapDeathTest, without_room_is_a_mistake_of_ours) {
  EXPECT_DEATH((RecentMap<int, int>(0)), "room for one entry");
}

}  // namespace
}  // namespace mycel
