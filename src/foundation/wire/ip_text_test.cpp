// Addresses of RFC 4291 §2.2 and RFC 5952 §4 and §5.

#include "foundation/wire/ip_text.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace mycel::wire {
namespace {

std::string canonical(std::string_view text) {
  const auto ip = parse_ip6(text);
  return ip ? to_text(*ip) : "none";
}

TEST(Ip4Text, is_four_decimal_numbers_and_nothing_else) {
  EXPECT_EQ(parse_ip4("192.0.2.255"), (Ip4{192, 0, 2, 255}));
  EXPECT_EQ(to_text(Ip4{192, 0, 2, 255}), "192.0.2.255");
  for (const std::string_view text :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4",
        "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "-1.2.3.4", "0x1.2.3.4", "1.2.3.99999999999"})
    EXPECT_FALSE(parse_ip4(text)) << text;
}

TEST(Ip6Text, is_written_as_rfc_5952_recommends) {
  EXPECT_EQ(canonical("2001:0db8:0000:0000:0001:0000:0000:0001"), "2001:db8::1:0:0:1");
  EXPECT_EQ(canonical("2001:DB8::AB"), "2001:db8::ab");
  EXPECT_EQ(canonical("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // one zero stays
  EXPECT_EQ(canonical("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // the longest run
  EXPECT_EQ(canonical("0:0:0:0:0:0:0:0"), "::");
  EXPECT_EQ(canonical("0:0:0:0:0:0:0:1"), "::1");
  EXPECT_EQ(canonical("fe80:0:0:0:0:0:0:0"), "fe80::");
  EXPECT_EQ(canonical("1:2:3:4:5:6:0:0"), "1:2:3:4:5:6::");
  EXPECT_EQ(canonical("1::8"), "1::8");
  EXPECT_EQ(canonical("1:2:3::5:6:7:8"), "1:2:3:0:5:6:7:8");
}

TEST(Ip6Text, spells_a_mapped_address_with_dots) {
  EXPECT_EQ(canonical("::ffff:192.0.2.128"), "::ffff:192.0.2.128");
  EXPECT_EQ(canonical("::ffff:c000:280"), "::ffff:192.0.2.128");
  EXPECT_EQ(canonical("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(mapped_ip4(*parse_ip6("::ffff:192.0.2.128")), (Ip4{192, 0, 2, 128}));
  EXPECT_EQ(mapped_ip4(*parse_ip6("::192.0.2.128")), std::nullopt);
}

TEST(Ip6Text, that_is_no_address_is_refused) {
  for (const std::string_view text : {"",
                                      ":",
                                      ":::",
                                      "1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1::2::3",
                                      ":1:2:3:4:5:6:7:8",
                                      "1:2:3:4:5:6:7:8:",
                                      "1:2:3:4:5:6:7::8",
                                      "::1:2:3:4:5:6:7:8",
                                      "12345::",
                                      "g::",
                                      "1.2.3.4",
                                      "::1.2.3",
                                      "::1.2.3.4:5",
                                      "1.2.3.4::",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::-1",
                                      "::+1",
                                      "::1%eth0",
                                      "[::1]",
                                      "::1 ",
                                      "0x1::"})
    EXPECT_FALSE(parse_ip6(text)) << text;
  EXPECT_TRUE(parse_ip6("1:2:3:4:5:6:1.2.3.4"));
}

TEST(Ip6Text, of_any_address_parses_to_it) {
  EXPECT_TRUE(rc::check("parse_ip6(to_text(x)) == x", [] {
    // Small numbers and zeros are where the shortening happens.
    const auto groups = *rc::gen::container<std::array<std::uint16_t, 8>>(
        rc::gen::element<std::uint16_t>(0, 0, 0, 1, 0xffff, 0xc000));
    Ip6 ip{};
    for (std::size_t i = 0; i < groups.size(); ++i) {
      ip[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
      ip[2 * i + 1] = static_cast<std::uint8_t>(groups[i]);
    }
    RC_ASSERT(parse_ip6(to_text(ip)) == ip);
  }));
}

TEST(Decimal, has_no_sign_and_no_leading_zero) {
  EXPECT_EQ(parse_decimal("0", 9), 0U);
  EXPECT_EQ(parse_decimal("65535", 65535), 65535U);
  for (const std::string_view text : {"", "00", "01", "+1", "-1", "1 ", "65536", "4294967296", "a"})
    EXPECT_FALSE(parse_decimal(text, 65535)) << text;
}

}  // namespace
}  // namespace mycel::wire
