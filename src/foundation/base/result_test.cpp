// A result is a value or a reason, and never quietly the wrong one.

#include "foundation/base/result.hpp"

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace mycel {
namespace {

Result<int, std::string> half(int number) {
  if (number % 2 != 0) return Err{std::string("odd")};
  return number / 2;
}

Result<void, std::string> must_be_even(int number) {
  if (number % 2 != 0) return Err{"odd"};  // what converts to the reason is taken for it
  return {};
}

TEST(Result, holds_a_value_or_the_reason_there_is_none) {
  EXPECT_TRUE(half(4));
  EXPECT_EQ(*half(4), 2);
  EXPECT_FALSE(half(3));
  EXPECT_EQ(half(3).error(), "odd");
}

TEST(Result, without_a_value_still_has_a_reason) {
  EXPECT_TRUE(must_be_even(4));
  EXPECT_EQ(must_be_even(3).error(), "odd");
}

TEST(Result, gives_another_value_in_place_of_a_reason) {
  EXPECT_EQ(half(4).value_or(7), 2);
  EXPECT_EQ(half(3).value_or(7), 7);
}

TEST(Result, of_the_same_type_as_its_reason_tells_them_apart) {
  const Result<int, int> value = 1;
  const Result<int, int> reason = Err{1};
  EXPECT_TRUE(value);
  EXPECT_FALSE(reason);
}

TEST(Result, moves_a_value_that_cannot_be_copied) {
  Result<std::unique_ptr<int>, int> made = std::make_unique<int>(5);
  EXPECT_EQ(**made, 5);
  const std::unique_ptr<int> taken = *std::move(made);
  EXPECT_EQ(*taken, 5);
}

TEST(Result, lets_its_value_be_changed) {
  Result<std::string, int> text = std::string("a");
  text->append("b");
  *text += "c";
  EXPECT_EQ(*std::as_const(text), "abc");
  EXPECT_EQ(std::as_const(text)->size(), 3U);
}

TEST(ResultDeathTest, misread_stops_the_node) {
  EXPECT_DEATH((void)*half(3), "broken invariant: value of a Result that holds an error");
  EXPECT_DEATH((void)half(4).error(),
               "broken invariant: error\\(\\) of a Result that holds a value");
  EXPECT_DEATH((void)must_be_even(4).error(), "broken invariant");
}

TEST(CheckDeathTest, says_what_is_broken_and_where) {
  check(true, "nothing happens");
  EXPECT_DEATH(check(false, "commits only move forward"),
               "result_test.cpp:[0-9]+: broken invariant: commits only move forward");
}

}  // namespace
}  // namespace mycel
