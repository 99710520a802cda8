// What a node remembers of others has bounds, and forgetting opens no door.

#include <gtest/gtest.h>

#include "protocol/dht/witness/key_cache.hpp"
#include "protocol/dht/witness/rate_limit.hpp"
#include "protocol/dht/witness/replay_window.hpp"
#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {
namespace {

using Seen = ReplayWindow::Seen;

crypto::Digest digest(std::size_t number) {
  return crypto::sha256(as_bytes(std::to_string(number)));
}

TEST(ReplayWindow, knows_what_it_saw_until_that_is_stale) {
  ReplayWindow window;
  const UnixTime now = start_of_tests.unix;
  EXPECT_EQ(window.note(now, digest(1), now + 5min), Seen::first);
  EXPECT_EQ(window.note(now + 5min, digest(1), now + 5min), Seen::again);
  EXPECT_EQ(window.note(now + 5min + 1ms, digest(2), now + 10min), Seen::first);
  EXPECT_EQ(window.size(), 1U);
}

TEST(ReplayWindow, full_it_refuses_and_forgets_nothing) {
  ReplayWindow window;
  const UnixTime now = start_of_tests.unix;
  for (std::size_t i = 0; i < ReplayWindow::size_max; ++i) window.note(now, digest(i), now + 1min);
  EXPECT_EQ(window.note(now, digest(ReplayWindow::size_max), now + 1min), Seen::full);
  EXPECT_EQ(window.note(now, digest(0), now + 1min), Seen::again);
  EXPECT_EQ(window.note(now + 61s, digest(ReplayWindow::size_max), now + 2min), Seen::first);
}

TEST(RateLimit, a_burst_and_then_one_a_pause) {
  RateLimit limit(3, 500ms);
  const Instant now = start_of_tests.instant;
  const PeerId& alice = identity(1).id;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.allows(now, alice));
  EXPECT_FALSE(limit.allows(now, alice));
  EXPECT_TRUE(limit.allows(now, identity(2).id));
  EXPECT_FALSE(limit.allows(now + 499ms, alice));
  EXPECT_TRUE(limit.allows(now + 500ms, alice));
  EXPECT_FALSE(limit.allows(now + 500ms, alice));
}

TEST(RateLimit, many_peers_do_not_push_out_the_allowance_that_one_has_spent) {
  RateLimit limit(1, 1s);
  const auto peer = [](std::size_t number) {
    std::vector<std::byte> multihash{std::byte{0x12}, std::byte{32}};
    append(multihash, digest(number).view());
    return *PeerId::from_multihash(multihash);
  };
  const Instant now = start_of_tests.instant;
  for (std::size_t i = 0; i < RateLimit::peers_max; ++i) EXPECT_TRUE(limit.allows(now, peer(i)));
  EXPECT_FALSE(limit.allows(now, peer(RateLimit::peers_max)));
  EXPECT_FALSE(limit.allows(now, peer(0)));
  EXPECT_TRUE(limit.allows(now + 1s, peer(RateLimit::peers_max)));
  EXPECT_EQ(limit.size(), 1U);
}

TEST(KeyCache, the_oldest_of_a_thousand_makes_room) {
  KeyCache cache;
  SignedKeyBundle bundle = identity(1).bundle;
  const auto keep = [&](std::size_t number) {
    bundle.content.peer.bytes = digest(number).bytes;
    cache.keep(start_of_tests, bundle);
    return bundle.content.peer;
  };
  const PeerKey first = keep(0);
  const PeerKey second = keep(1);
  for (std::size_t i = 2; i <= KeyCache::size_max; ++i) keep(i);
  EXPECT_EQ(cache.size(), KeyCache::size_max);
  EXPECT_EQ(cache.find(start_of_tests, first), nullptr);
  EXPECT_NE(cache.find(start_of_tests, second), nullptr);
}

TEST(KeyCache, a_new_key_of_a_peer_takes_the_place_of_the_old_one) {
  KeyCache cache;
  cache.keep(start_of_tests, identity(1).bundle);
  const auto renewed = bundle_of(
      identity(1).peer_key, crypto::MlDsaPrivateKey(crypto::MlDsaStrength::ml_dsa_65,
                                                    crypto::MlDsaPrivateKey::Seed{std::byte{9}}));
  cache.keep(start_of_tests, renewed);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(*cache.find(start_of_tests, identity(1).key), renewed);
}

}  // namespace
}  // namespace mycel::dht::witness
