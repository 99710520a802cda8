// Messages of the Protocol Buffers documentation, and what is no message.

#include "foundation/wire/proto.hpp"

#include <gtest/gtest.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

TEST(Proto, writes_and_reads_the_documented_examples) {
  EXPECT_EQ(to_hex(ProtoWriter().number(1, 150).view()), "089601");
  EXPECT_EQ(to_hex(ProtoWriter().text(2, "testing").view()), "120774657374696e67");
  EXPECT_EQ(to_hex(ProtoWriter().message(3, ProtoWriter().number(1, 150)).view()), "1a03089601");
  EXPECT_EQ(to_hex(ProtoWriter().number(1, UINT64_MAX).view()), "08ffffffffffffffffff01");
}

TEST(Proto, reads_fields_in_their_order_and_skips_nothing) {
  const Bytes message = from_hex(
      "08960112026869"
      "1d01000000"
      "2102000000000000000800");
  ProtoReader reader(message);
  const auto first = reader.next();
  EXPECT_TRUE(first && first->is_number(1) && first->number == 150);
  EXPECT_FALSE(first->is_bytes(1));
  const auto second = reader.next();
  EXPECT_TRUE(second && second->is_bytes(2) && as_text(second->bytes) == "hi");
  EXPECT_EQ(second->bytes.data(), message.data() + 5);  // not a copy
  const auto fixed32 = reader.next();
  EXPECT_TRUE(fixed32 && fixed32->is_number(3) && fixed32->number == 1);
  const auto fixed64 = reader.next();
  EXPECT_TRUE(fixed64 && fixed64->is_number(4) && fixed64->number == 2);
  const auto last = reader.next();
  EXPECT_TRUE(last && last->is_number(1) && last->number == 0);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(Proto, stops_at_the_first_malformed_byte_and_says_so) {
  for (const std::string_view hex : {"08", "0896", "1205aa", "12ffffffff0faa", "0b", "07", "00",
                                     "08ffffffffffffffffffff01", "1d010000", "210000"}) {
    const Bytes message = from_hex(hex);
    ProtoReader reader(message);
    EXPECT_FALSE(reader.next()) << hex;
    EXPECT_FALSE(reader.ok()) << hex;
    EXPECT_FALSE(reader.next()) << hex;
  }
}

TEST(Proto, a_field_reads_the_same_however_long_its_head_is_written) {
  for (const std::string_view hex : {"0a026869", "8a00026869", "0a82006869", "8a0082006869"}) {
    const Bytes message = from_hex(hex);
    ProtoReader reader(message);
    const auto field = reader.next();
    ASSERT_TRUE(field) << hex;
    EXPECT_TRUE(field->is_bytes(1) && as_text(field->bytes) == "hi") << hex;
    EXPECT_FALSE(reader.next()) << hex;
    EXPECT_TRUE(reader.ok()) << hex;
  }
  for (const std::string_view hex : {"787f", "f8007f", "78ff00"}) {
    const Bytes message = from_hex(hex);
    ProtoReader reader(message);
    const auto field = reader.next();
    ASSERT_TRUE(field) << hex;
    EXPECT_TRUE(field->is_number(15) && field->number == 127) << hex;
    EXPECT_FALSE(reader.next()) << hex;
  }
}

TEST(Proto, an_empty_message_is_a_message) {
  ProtoReader reader({});
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace mycel::wire
