#include "protocol/agents/json.hpp"

#include <string>

#include <gtest/gtest.h>

namespace mycel::agents {
namespace {

constexpr JsonLimits limits{.size_max_bytes = 1000, .depth_max = 4};

std::string again(std::string_view text) {
  const auto value = parse_json(text, limits);
  return value ? canonical_json(*value) : value.error().text;
}

TEST(Json, one_content_has_one_spelling) {
  EXPECT_EQ(again(R"( { "b" : [ 1 , true, null ], "a" : "x" } )"),
            R"({"a":"x","b":[1,true,null]})");
}

TEST(Json, numbers_lose_no_digit) {
  for (const std::string text :
       {"1.10", "-0", "1E400", "0.1e-7", "123456789012345678901234567890", "3.0", "-12", "7"}) {
    EXPECT_EQ(again("[" + text + "]"), "[" + text + "]");
  }
}

TEST(Json, strings_keep_their_characters_and_get_the_shortest_escapes) {
  EXPECT_EQ(again(R"(["A\/\n\u0001\"\\\ud83c\udf44\u00e9"])"),
            "[\"A/\\n\\u0001\\\"\\\\\xf0\x9f\x8d\x84\xc3\xa9\"]");
  EXPECT_EQ(again("[\"a\\u0000b\"]"), "[\"a\\u0000b\"]");
}

TEST(Json, a_name_that_stands_twice_is_refused) {
  EXPECT_EQ(again(R"({"a":1,"b":{"c":1,"c":2}})"),
            "line 1, column 24: \"c\" stands twice in one object");
  EXPECT_EQ(again(R"({"a":1,"\u0061":2})"), "line 1, column 18: \"a\" stands twice in one object");
}

TEST(Json, errors_say_where) {
  EXPECT_EQ(again("{\n  \"a\": 1,\n  \"b\" 2}").substr(0, 17), "line 3, column 7:");
  EXPECT_EQ(again("{\"a\":"), "line 1, column 6: the document ends too early");
  EXPECT_EQ(again("{} x").substr(0, 17), "line 1, column 4:");
  EXPECT_NE(again("[\"\xff\"]").find("line 1"), std::string::npos);
  EXPECT_NE(again("[\"\\ud800\"]").find("line 1"), std::string::npos);
  EXPECT_NE(again("").find("too early"), std::string::npos);
}

TEST(Json, limits_hold_before_anything_is_stored) {
  EXPECT_EQ(again("[[[[]]]]"), "[[[[]]]]");
  EXPECT_EQ(again("[[[[[]]]]]"), "line 1, column 5: nested deeper than 4 levels");
  const auto large = parse_json(std::string(1001, ' '), limits);
  ASSERT_FALSE(large);
  EXPECT_TRUE(large.error().is_too_large);
  EXPECT_EQ(large.error().text, "the document has 1001 bytes; at most 1000 are allowed");
}

TEST(Json, members_can_be_set_found_and_erased) {
  auto value = parse_json(R"({"b":1,"d":2})", limits);
  ASSERT_TRUE(value);
  value->set("c", Json::string_of("x"));
  value->set("b", Json::array_of({}));
  value->erase("d");
  EXPECT_EQ(canonical_json(*value), R"({"b":[],"c":"x"})");
  EXPECT_EQ(value->find("d"), nullptr);
  ASSERT_NE(value->find("c"), nullptr);
}

}  // namespace
}  // namespace mycel::agents
