#include "protocol/dht/value_cache.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel::dht {
namespace {

constexpr Instant start{};

Bytes key(std::size_t number) {
  return Bytes::copy("/sim/" + std::to_string(number));
}
ValueCache::Cached value(const std::string& text, std::uint32_t answers = 5) {
  return {.value = Bytes::copy(text), .from = {}, .answers = answers};
}

TEST(ValueCache, gives_back_what_a_lookup_brought) {
  ValueCache cache({});
  cache.put(start, key(1), value("one"));
  EXPECT_EQ(cache.get(start, key(1), 1)->value, Bytes::copy("one"));
  EXPECT_FALSE(cache.get(start, key(2), 1));
}

TEST(ValueCache, forgets_after_the_time_to_live) {
  ValueCache cache({.ttl = 60s});
  cache.put(start, key(1), value("one"));
  EXPECT_TRUE(cache.get(start + 59s, key(1), 1));
  EXPECT_FALSE(cache.get(start + 60s, key(1), 1));
  EXPECT_EQ(cache.size(), 0);
  EXPECT_EQ(cache.bytes(), 0);
}

TEST(ValueCache, does_not_answer_who_wants_more_agreement_than_was_gathered) {
  ValueCache cache({});
  cache.put(start, key(1), value("one", 3));
  EXPECT_TRUE(cache.get(start, key(1), 3));
  EXPECT_FALSE(cache.get(start, key(1), 4));
}

TEST(ValueCache, a_newer_value_takes_the_place_of_the_older) {
  ValueCache cache({});
  cache.put(start, key(1), value("old"));
  cache.put(start, key(1), value("new"));
  EXPECT_EQ(cache.get(start, key(1), 1)->value, Bytes::copy("new"));
  EXPECT_EQ(cache.size(), 1);
  cache.forget(key(1));
  EXPECT_FALSE(cache.get(start, key(1), 1));
}

TEST(ValueCache, keeps_to_its_bounds_and_to_what_is_asked_for) {
  ValueCache cache({.count_max = 10, .bytes_max = 100000});
  for (std::size_t i = 0; i < 1000; ++i) {
    cache.put(start, key(i), value("v"));
    EXPECT_TRUE(cache.get(start, key(0), 1)) << "after " << i << " others";
    EXPECT_LE(cache.size(), 10);
  }
}

TEST(ValueCache, a_value_larger_than_the_cache_is_not_kept) {
  ValueCache cache({.count_max = 10, .bytes_max = 1000});
  cache.put(start, key(1), value(std::string(2000, 'x')));
  EXPECT_EQ(cache.size(), 0);
}

TEST(ValueCache, switched_off_it_keeps_nothing) {
  ValueCache cache({.count_max = 0});
  cache.put(start, key(1), value("one"));
  EXPECT_FALSE(cache.get(start, key(1), 1));
}

// Machines are made first and then moved to where they live. The hand stood at the end of a list,
// and the end of a moved list is another's: a node crashed when its cache was full.
TEST(ValueCache, a_cache_that_was_moved_makes_room_like_any_other) {
  ValueCache first({.count_max = 2});
  ValueCache cache = std::move(first);
  for (std::uint64_t number = 1; number <= 5; ++number) cache.put(start, key(number), value("v"));
  EXPECT_EQ(cache.size(), 2);
  EXPECT_TRUE(cache.get(start, key(5), 1));
}

TEST(ValueCache, a_tenth_of_the_keys_answers_more_than_half_of_zipf_requests) {
  constexpr std::size_t keys = 1000;
  std::vector<double> upto(keys);
  double sum = 0;
  for (std::size_t i = 0; i < keys; ++i) upto[i] = sum += 1.0 / static_cast<double>(i + 1);
  ValueCache cache({.count_max = keys / 10, .ttl = 1h});
  Rng rng(1);
  std::size_t hits = 0;
  constexpr std::size_t requests = 50000;
  for (std::size_t i = 0; i < requests; ++i) {
    const double drawn = static_cast<double>(rng.below(1'000'000)) / 1e6 * sum;
    const auto wanted =
        static_cast<std::size_t>(std::lower_bound(upto.begin(), upto.end(), drawn) - upto.begin());
    if (cache.get(start, key(wanted), 1)) {
      hits += 1;
    } else {
      cache.put(start, key(wanted), value("v"));
    }
  }
  EXPECT_GT(hits, requests / 2);
  std::printf("hit rate %.1f %%\n", 100.0 * static_cast<double>(hits) / requests);
}

}  // namespace
}  // namespace mycel::dht
