#include "protocol/dht/key.hpp"

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::peer_number;

TEST(Key, is_the_sha256_of_the_bytes) {
  // SHA-256("abc"), FIPS 180-4 example.
  EXPECT_EQ(Key::of(as_bytes("abc")).words,
            (std::array<std::uint64_t, 4>{0xba7816bf8f01cfea, 0x414140de5dae2223,
                                          0xb00361a396177a9c, 0xb410ff61f20015ad}));
}

TEST(Key, distance_is_symmetric_and_zero_only_to_itself) {
  const Key a = Key::of(peer_number(1));
  const Key b = Key::of(peer_number(2));
  EXPECT_EQ(distance(a, b), distance(b, a));
  EXPECT_EQ(distance(a, a), Distance{});
  EXPECT_EQ(shared_prefix_bits(a, a), key_bits);
}

TEST(Key, shared_prefix_counts_bits_across_words) {
  Key a;
  Key b;
  b.words[1] = std::uint64_t{1} << 60;
  EXPECT_EQ(shared_prefix_bits(a, b), 67);
  a.words[0] = std::uint64_t{1} << 63;
  EXPECT_EQ(shared_prefix_bits(a, b), 0);
}

// Defect 1 of an earlier design: peers sorted by leading zero bits, farthest first, ties at random.
TEST(Key, defect_1_peers_with_the_same_shared_prefix_are_told_apart_by_distance) {
  const Key target;
  Key near;
  Key far;
  near.words[0] = 0b100;
  far.words[0] = 0b111;
  EXPECT_EQ(shared_prefix_bits(target, near), shared_prefix_bits(target, far));
  EXPECT_LT(distance(target, near), distance(target, far));
}

// Defect 5: distance of an id's text, cut to 32 bytes, instead of its hash.
TEST(Key, defect_5_two_ids_that_start_alike_are_not_near_each_other) {
  const auto id = [](std::byte last) {
    std::vector<std::byte> multihash(34, std::byte{7});
    multihash[0] = std::byte{0x12};
    multihash[1] = std::byte{0x20};
    multihash[33] = last;
    return *PeerId::from_multihash(multihash);
  };
  EXPECT_LT(shared_prefix_bits(Key::of(id(std::byte{1})), Key::of(id(std::byte{2}))), 64);
}

}  // namespace
}  // namespace mycel::dht
