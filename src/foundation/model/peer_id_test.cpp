// A peer id is one of two multihashes and nothing else.

#include "foundation/model/peer_id.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mycel {
namespace {

std::vector<std::byte> multihash(unsigned code, std::size_t announced, std::size_t size) {
  std::vector<std::byte> bytes(2 + size, std::byte{0xab});
  bytes[0] = static_cast<std::byte>(code);
  bytes[1] = static_cast<std::byte>(announced);
  return bytes;
}

TEST(PeerId, is_made_of_a_hash_or_of_an_inlined_key) {
  const auto hashed = PeerId::from_multihash(multihash(0x12, 32, 32));
  ASSERT_TRUE(hashed);
  EXPECT_EQ(hashed->view().size(), 34U);
  EXPECT_TRUE(hashed->inlined_key().empty());

  const auto inlined = PeerId::from_multihash(multihash(0, 36, 36));
  ASSERT_TRUE(inlined);
  EXPECT_EQ(inlined->inlined_key().size(), 36U);
  EXPECT_TRUE(PeerId::from_multihash(multihash(0, 1, 1)));
  EXPECT_TRUE(PeerId::from_multihash(multihash(0, 42, 42)));
}

TEST(PeerId, is_not_made_of_anything_else) {
  EXPECT_FALSE(PeerId::from_multihash({}));
  EXPECT_FALSE(PeerId::from_multihash(multihash(0x12, 0, 0)));
  EXPECT_FALSE(PeerId::from_multihash(multihash(0, 0, 0)));
  EXPECT_FALSE(PeerId::from_multihash(multihash(0, 43, 43)));     // too long to be inlined
  EXPECT_FALSE(PeerId::from_multihash(multihash(0x12, 31, 31)));  // a shortened hash
  EXPECT_FALSE(PeerId::from_multihash(multihash(0x12, 32, 31)));
  EXPECT_FALSE(PeerId::from_multihash(multihash(0x12, 31, 32)));
  EXPECT_FALSE(PeerId::from_multihash(multihash(0x13, 32, 32)));
  EXPECT_FALSE(PeerId::from_multihash(multihash(0, 200, 200)));
}

TEST(PeerId, of_nobody_is_less_than_any_other_and_equal_to_itself) {
  const PeerId somebody = *PeerId::from_multihash(multihash(0, 1, 1));
  EXPECT_TRUE(PeerId{}.is_none());
  EXPECT_FALSE(somebody.is_none());
  EXPECT_EQ(PeerId{}, PeerId{});
  EXPECT_LT(PeerId{}, somebody);
  EXPECT_TRUE(PeerId{}.inlined_key().empty());
}

TEST(PeerId, is_ordered_by_its_bytes) {
  auto low = multihash(0x12, 32, 32);
  auto high = low;
  low.back() = std::byte{1};
  high.back() = std::byte{0xff};
  EXPECT_LT(*PeerId::from_multihash(low), *PeerId::from_multihash(high));
  EXPECT_NE(*PeerId::from_multihash(low), *PeerId::from_multihash(high));
}

}  // namespace
}  // namespace mycel
