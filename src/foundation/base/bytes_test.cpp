// Bytes are shared, cut to what is there, and ordered like text.

#include "foundation/base/bytes.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace mycel {
namespace {

TEST(Bytes, share_when_they_are_copied_and_sliced) {
  const Bytes whole = Bytes::copy("hello world");
  const Bytes copy = whole;
  const Bytes word = whole.slice(6);
  EXPECT_EQ(copy.data(), whole.data());
  EXPECT_EQ(word.data(), whole.data() + 6);
  EXPECT_EQ(as_text(word), "world");
}

TEST(Bytes, live_as_long_as_a_slice_of_them) {
  Bytes word;
  {
    const Bytes whole(std::vector<std::byte>(1000, std::byte{7}));
    word = whole.slice(500, 2).slice(1);
  }
  EXPECT_EQ(word, Bytes(std::vector<std::byte>{std::byte{7}}));
}

TEST(Bytes, made_of_a_vector_keep_its_memory) {
  std::vector<std::byte> vector(100);
  const std::byte* memory = vector.data();
  EXPECT_EQ(Bytes(std::move(vector)).data(), memory);
}

TEST(Bytes, are_cut_to_what_is_there) {
  const Bytes bytes = Bytes::copy("abc");
  EXPECT_EQ(as_text(bytes.slice(1, 100)), "bc");
  EXPECT_EQ(as_text(bytes.slice(1, 1)), "b");
  EXPECT_TRUE(bytes.slice(3).empty());
  EXPECT_TRUE(bytes.slice(SIZE_MAX, SIZE_MAX).empty());
  EXPECT_TRUE(Bytes{}.slice(1).empty());
}

TEST(Bytes, of_nothing_are_all_the_same) {
  EXPECT_EQ(Bytes{}, Bytes::copy(""));
  EXPECT_EQ(Bytes{}, Bytes(std::vector<std::byte>{}));
  EXPECT_EQ(Bytes{}, Bytes::copy("a").slice(1));
  EXPECT_TRUE(Bytes{}.view().empty());
}

TEST(Bytes, are_ordered_like_text_with_the_shorter_prefix_first) {
  EXPECT_TRUE(rc::check("order of bytes is order of strings", [] {
    const auto text = rc::gen::container<std::string>(rc::gen::element('a', 'b', '\0', '\xff'));
    const std::string a = *text;
    const std::string b = *text;
    RC_ASSERT((Bytes::copy(a) <=> Bytes::copy(b)) == (a.compare(b) <=> 0));
    RC_ASSERT((Bytes::copy(a) == Bytes::copy(b)) == (a == b));
    RC_ASSERT(compare(as_bytes(a), as_bytes(b)) == (a.compare(b) <=> 0));
    RC_ASSERT(equal(as_bytes(a), as_bytes(b)) == (a == b));
  }));
}

TEST(Bytes, are_a_range_that_makes_a_view) {
  Bytes bytes = Bytes::copy("abc");
  const ByteView view = bytes;
  EXPECT_EQ(view.data(), bytes.data());
  EXPECT_EQ(view.size(), 3U);
  EXPECT_EQ(std::ranges::count(bytes, std::byte{'b'}), 1);
}

TEST(Bytes, are_shown_in_lower_case_digits) {
  EXPECT_EQ(to_hex(as_bytes(std::string_view("\x00\x0f\xa5\xff", 4))), "000fa5ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Bytes, are_appended_behind_what_is_there) {
  std::vector<std::byte> to{std::byte{'a'}};
  append(to, as_bytes("bc"));
  append(to, {});
  EXPECT_EQ(as_text(to), "abc");
}

}  // namespace
}  // namespace mycel
