// Vectors of multiformats/unsigned-varint.

#include "foundation/wire/varint.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

TEST(Varint, spells_the_published_vectors) {
  const std::pair<std::uint64_t, std::string_view> vectors[] = {
      {1, "01"},     {127, "7f"},       {128, "8001"}, {255, "ff01"},
      {300, "ac02"}, {16384, "808001"}, {0, "00"},     {(1ULL << 63) - 1, "ffffffffffffffff7f"}};
  for (const auto& [value, hex] : vectors) {
    std::vector<std::byte> bytes;
    append_varint(bytes, value);
    EXPECT_EQ(to_hex(bytes), hex);
    EXPECT_EQ(varint_size(value), bytes.size());
    EXPECT_EQ(must(decode_varint(bytes)).value, value);
  }
}

TEST(Varint, tells_what_is_missing_from_what_is_wrong) {
  EXPECT_EQ(decode_varint({}).error(), Fault::truncated);
  EXPECT_EQ(decode_varint(from_hex("80")).error(), Fault::truncated);
  EXPECT_EQ(decode_varint(from_hex("8100")).error(), Fault::not_canonical);
  EXPECT_EQ(decode_varint(from_hex("8000")).error(), Fault::not_canonical);
  EXPECT_EQ(decode_varint(from_hex("80808080808080808001")).error(), Fault::too_large);
  EXPECT_EQ(decode_varint(from_hex("ffffffffffffffffff")).error(), Fault::too_large);
}

TEST(Varint, leaves_what_follows_it_alone) {
  const Varint read = must(decode_varint(from_hex("ac02ffff")));
  EXPECT_EQ(read.value, 300U);
  EXPECT_EQ(read.size, 2U);
}

TEST(Varint, any_number_comes_back) {
  EXPECT_TRUE(rc::check("decode(append(x)) == x", [](std::uint64_t value) {
    value >>= 1 + value % 63;
    std::vector<std::byte> bytes;
    append_varint(bytes, value);
    RC_ASSERT(must(decode_varint(bytes)).value == value);
    RC_ASSERT(must(decode_varint(bytes)).size == varint_size(value));
  }));
}

}  // namespace
}  // namespace mycel::wire
