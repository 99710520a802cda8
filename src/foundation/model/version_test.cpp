// A version has one spelling and one order.

#include "foundation/model/version.hpp"

#include <gtest/gtest.h>

namespace mycel {
namespace {

TEST(Version, is_read_in_one_spelling_only) {
  EXPECT_EQ(parse_version("1.20.300"), (Version{1, 20, 300}));
  for (const auto* text : {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0 ", " 1.0.0", "1..0",
                           "-1.0.0", "65536.0.0", "1.0.x", "1,0,0", "+1.0.0"})
    EXPECT_FALSE(parse_version(text)) << text;
}

TEST(Version, compares_number_by_number) {
  EXPECT_LT((Version{1, 9, 9}), (Version{1, 10, 0}));
  EXPECT_LT((Version{1, 65535, 0}), (Version{2, 0, 0}));
}

}  // namespace
}  // namespace mycel
