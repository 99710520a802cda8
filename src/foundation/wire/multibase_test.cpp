// Published vectors: RFC 4648 §10, and the base58 draft (draft-msporny-base58-03 §5).

#include "foundation/wire/multibase.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

struct Vector {
  std::string_view plain;
  std::string_view text;
};

TEST(Base58, spells_the_published_vectors) {
  EXPECT_EQ(to_base58(as_bytes("Hello World!")), "2NEpo7TZRRrLZSi2U");
  EXPECT_EQ(to_base58(as_bytes("The quick brown fox jumps over the lazy dog.")),
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
  EXPECT_EQ(to_base58(from_hex("0000287fb4cd")), "11233QC4");
  EXPECT_EQ(must(parse_base58("11233QC4")), from_hex("0000287fb4cd"));
}

TEST(Base58, refuses_letters_that_look_like_others) {
  for (const std::string_view text : {"0", "O", "I", "l", "2NE po", "\x80"})
    EXPECT_EQ(parse_base58(text).error(), Fault::malformed) << text;
}

TEST(Base58, refuses_to_spend_time_on_long_text) {
  EXPECT_TRUE(parse_base58(std::string(base58_size_max_bytes, 'z')));
  EXPECT_EQ(parse_base58(std::string(base58_size_max_bytes + 1, 'z')).error(), Fault::too_large);
}

TEST(Base32, spells_the_vectors_of_the_rfc_in_lower_case_without_padding) {
  for (const auto& [plain, text] :
       {Vector{"", ""}, Vector{"f", "my"}, Vector{"fo", "mzxq"}, Vector{"foo", "mzxw6"},
        Vector{"foob", "mzxw6yq"}, Vector{"fooba", "mzxw6ytb"}, Vector{"foobar", "mzxw6ytboi"}}) {
    EXPECT_EQ(to_base32(as_bytes(plain)), text);
    EXPECT_EQ(must(parse_base32(text)), Bytes::copy(plain));
  }
}

TEST(Base64url, spells_the_vectors_of_the_rfc_without_padding) {
  for (const auto& [plain, text] : {Vector{"", ""}, Vector{"f", "Zg"}, Vector{"fo", "Zm8"},
                                    Vector{"foo", "Zm9v"}, Vector{"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64url(as_bytes(plain)), text);
    EXPECT_EQ(must(parse_base64url(text)), Bytes::copy(plain));
  }
  EXPECT_EQ(to_base64url(from_hex("fbff")), "-_8");
}

TEST(Base32, refuses_a_second_spelling_of_the_same_bytes) {
  EXPECT_EQ(parse_base32("mz").error(), Fault::not_canonical);    // "my" with a bit behind the end
  EXPECT_EQ(parse_base32("MY").error(), Fault::malformed);        // upper case
  EXPECT_EQ(parse_base32("my======").error(), Fault::malformed);  // padding
  EXPECT_EQ(parse_base32("mya").error(), Fault::malformed);       // a letter that carries nothing
  EXPECT_EQ(parse_base64url("Zh").error(), Fault::not_canonical);
  EXPECT_EQ(parse_base64url("Zg==").error(), Fault::malformed);
  EXPECT_EQ(parse_base64url("+/8").error(), Fault::malformed);
}

TEST(Base32, refuses_text_over_its_limit) {
  EXPECT_EQ(parse_base32(std::string(base_text_size_max_bytes + 8, 'a')).error(), Fault::too_large);
}

TEST(Multibase, names_its_base_by_the_first_letter) {
  EXPECT_EQ(to_multibase(Base::base58btc, as_bytes("Hello World!")), "z2NEpo7TZRRrLZSi2U");
  EXPECT_EQ(must(parse_multibase("bmzxw6")), Bytes::copy("foo"));
  EXPECT_EQ(must(parse_multibase("uZm9v")), Bytes::copy("foo"));
  EXPECT_EQ(parse_multibase("").error(), Fault::truncated);
  EXPECT_EQ(parse_multibase("f666f6f").error(), Fault::unknown_kind);  // base16
}

TEST(Multibase, any_bytes_come_back_from_every_base) {
  EXPECT_TRUE(rc::check("parse(to_multibase(x)) == x", [](const std::string& bytes) {
    RC_PRE(bytes.size() <= 128U);
    for (const Base base : {Base::base58btc, Base::base32, Base::base64url}) {
      const std::string text = to_multibase(base, as_bytes(bytes));
      RC_ASSERT(must(parse_multibase(text)) == Bytes::copy(bytes));
    }
  }));
}

TEST(Multibase, the_largest_value_of_a_record_can_be_written_and_read) {
  const std::vector<std::byte> value(std::size_t{64} << 10, std::byte{0xa5});
  EXPECT_EQ(must(parse_base64url(to_base64url(value))), Bytes::copy(value));
  EXPECT_EQ(must(parse_base32(to_base32(value))), Bytes::copy(value));
}

}  // namespace
}  // namespace mycel::wire
