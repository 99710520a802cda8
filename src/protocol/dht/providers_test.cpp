#include "protocol/dht/providers.hpp"

#include <set>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::address_number;
using testing::key_text;
using testing::peer_number;

struct Story {
  explicit Story(ProviderConfig config = {}) : store(config, peer_number(0), Rng(1)) {}

  Now now() const { return {Instant(time), UnixTime(std::chrono::hours(1000)) + time}; }
  bool add(std::string_view key, std::uint64_t peer) {
    return store.add(now(), key_text(key), {peer_number(peer), {address_number(peer)}}, persist);
  }
  std::size_t count(std::string_view key) {
    return store.providers(now(), as_bytes(key), 1000).size();
  }
  std::vector<Bytes> pass(Duration span) {
    std::vector<Bytes> due;
    const Duration end = time + span;
    while (store.next_deadline() <= Instant(end)) {
      time = std::max(time, store.next_deadline() - Instant{});
      store.on_deadline(now(), persist, due);
    }
    time = end;
    return due;
  }

  Duration time{};
  ProviderStore store;
  StoreBatch persist;
};

TEST(ProviderStore, names_providers_last_heard_first) {
  Story story;
  story.add("k", 1);
  story.add("k", 2);
  story.add("k", 1);
  const auto found = story.store.providers(story.now(), as_bytes("k"), 10);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0], (PeerInfo{peer_number(1), {address_number(1)}}));
  EXPECT_EQ(found[1].id, peer_number(2));
  EXPECT_EQ(story.store.size(), 2);
}

TEST(ProviderStore, what_is_not_repeated_ends_and_is_cleared_away) {
  Story story({.ttl = 1h});
  story.add("k", 1);
  story.pass(30min);
  story.add("k", 2);
  story.pass(31min);
  EXPECT_EQ(story.count("k"), 1);
  story.pass(10min);
  EXPECT_EQ(story.store.size(), 1);
  EXPECT_EQ(story.store.cleaned(), 1);
  EXPECT_EQ(story.persist.back(),
            (StoreWrite{Table::providers, encode(StoredProviderKey{key_text("k"), peer_number(1)}),
                        std::nullopt}));
  story.pass(1h);
  EXPECT_EQ(story.store.size(), 0);
  EXPECT_EQ(story.store.next_deadline(), never);
}

TEST(ProviderStore, of_too_many_providers_of_a_key_the_least_recently_heard_goes) {
  Story story({.per_key_max = 3});
  for (std::uint64_t peer = 1; peer <= 4; ++peer) story.add("k", peer);
  const auto found = story.store.providers(story.now(), as_bytes("k"), 10);
  ASSERT_EQ(found.size(), 3);
  EXPECT_EQ(found.back().id, peer_number(2));
}

TEST(ProviderStore, words_merge_into_one_set_whatever_their_order_and_repetition) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Rng rng(seed);
    std::vector<std::uint64_t> words;
    for (std::uint64_t peer = 1; peer <= 8; ++peer)
      words.insert(words.end(), 1 + static_cast<std::size_t>(rng.below(3)), peer);
    rng.shuffle(words);
    Story story;
    for (const std::uint64_t peer : words) {
      story.time += 1s;
      story.add("k", peer);
    }
    std::set<PeerId> named;
    for (const PeerInfo& provider : story.store.providers(story.now(), as_bytes("k"), 1000))
      EXPECT_TRUE(named.insert(provider.id).second) << "one word of each, seed " << seed;
    ASSERT_EQ(named.size(), 8U) << "seed " << seed;
  }
}

TEST(ProviderStore, when_full_the_farthest_keys_make_room) {
  Story story({.count_max = 20});
  for (int i = 0; i < 100; ++i) story.add("key " + std::to_string(i), 1);
  EXPECT_EQ(story.store.size(), 20);
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back("key " + std::to_string(i));
  std::ranges::sort(keys, {}, [](const std::string& key) {
    return distance(Key::of(as_bytes(key)), Key::of(peer_number(0)));
  });
  EXPECT_EQ(story.count(keys.front()), 1);
  EXPECT_EQ(story.count(keys.back()), 0);
}

TEST(ProviderStore, an_own_key_is_renewed_in_time_until_it_is_given_up) {
  Story story({.ttl = 1h, .refresh = 30min});
  ASSERT_TRUE(story.store.add_own(story.now(), key_text("k"), story.persist));
  EXPECT_EQ(story.pass(65min).size(), 2);
  EXPECT_TRUE(story.store.is_own(as_bytes("k")));
  EXPECT_EQ(story.count("k"), 0) << "this node is not among the others";
  EXPECT_TRUE(story.store.remove_own(key_text("k"), story.persist));
  EXPECT_TRUE(story.pass(2h).empty());
}

TEST(ProviderStore, own_keys_are_bounded) {
  Story story({.own_max = 1});
  EXPECT_TRUE(story.store.add_own(story.now(), key_text("a"), story.persist));
  EXPECT_TRUE(story.store.add_own(story.now(), key_text("a"), story.persist));
  EXPECT_FALSE(story.store.add_own(story.now(), key_text("b"), story.persist));
}

TEST(ProviderStore, comes_back_after_a_restart) {
  Story before({.ttl = 1h});
  before.add("k", 1);
  before.store.add_own(before.now(), key_text("mine"), before.persist);
  Story after({.ttl = 1h});
  after.time = 30min;
  for (const StoreWrite& write : before.persist)
    after.store.load(after.now(), write.key, write.value->view(), after.persist);
  EXPECT_TRUE(after.persist.empty());
  EXPECT_EQ(after.count("k"), 1);
  EXPECT_TRUE(after.store.is_own(as_bytes("mine")));
  after.time = 61min;
  EXPECT_EQ(after.count("k"), 0);
}

TEST(ProviderStore, garbage_on_disk_is_erased) {
  Story story;
  story.store.load(story.now(), key_text("x"), as_bytes(""), story.persist);
  EXPECT_EQ(story.persist, (StoreBatch{{Table::providers, key_text("x"), std::nullopt}}));
}

TEST(StoredProvider, comes_back_from_its_bytes) {
  const StoredProviderKey key{key_text("content"), peer_number(7)};
  EXPECT_EQ(decode_stored_provider_key(encode(key)), key);
  const StoredProvider provider{UnixTime(99ms), {address_number(1), address_number(2)}};
  EXPECT_EQ(decode_stored_provider(encode(provider)), provider);
}

}  // namespace
}  // namespace mycel::dht
