#include "protocol/dht/message.hpp"

#include <gtest/gtest.h>

#include "foundation/wire/proto.hpp"

#include "protocol/dht/rfc3339.hpp"
#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::address_number;
using testing::key_text;
using testing::peer_number;
using wire::Fault;
using wire::ProtoWriter;

Message full_message() {
  return {.type = MessageType::get_value,
          .key = key_text("/test/a"),
          .record = Record{key_text("/test/a"), key_text("value"), UnixTime(1795602662522ms)},
          .closer = {{peer_number(1), {address_number(1), address_number(2)}},
                     {peer_number(2), {}, Connectedness::connected}},
          .providers = {{peer_number(3), {address_number(3)}, Connectedness::can_connect}}};
}

TEST(KadMessage, comes_back_from_its_bytes) {
  const Message message = full_message();
  const auto decoded = decode(encode(message));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, message);
}

TEST(KadMessage, ping_is_what_libp2p_peers_send) {
  EXPECT_EQ(to_hex(encode({.type = MessageType::ping})), "0805");
}

TEST(KadMessage, type_0_may_be_left_out) {
  const auto decoded = decode(ProtoWriter().text(2, "/test/a").view());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->type, MessageType::put_value);
}

TEST(KadMessage, unknown_types_and_garbage_are_faults) {
  EXPECT_EQ(decode(ProtoWriter().number(1, 6).view()).error(), Fault::unknown_kind);
  EXPECT_EQ(decode(as_bytes("\x0a\x7f garbage")).error(), Fault::malformed);
  const std::string long_key(key_size_max_bytes + 1, 'k');
  EXPECT_EQ(decode(ProtoWriter().text(2, long_key).view()).error(), Fault::too_large);
  const std::vector<std::byte> frame(message_size_max_bytes + 1);
  EXPECT_EQ(decode(frame).error(), Fault::too_large);
}

TEST(KadMessage, unknown_fields_are_skipped) {
  ProtoWriter writer;
  writer.number(1, 5).number(10, 3).text(77, "later");
  const auto decoded = decode(writer.view());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->type, MessageType::ping);
}

TEST(KadMessage, bad_peers_and_bad_addresses_are_left_out) {
  ProtoWriter good;
  good.bytes(1, peer_number(1).view())
      .text(2, "no address")
      .bytes(2, address_number(1).binary())
      .number(3, 9);
  ProtoWriter bad;
  bad.text(1, "no id").bytes(2, address_number(1).binary());
  const auto decoded = decode(ProtoWriter().number(1, 4).message(8, bad).message(8, good).view());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->closer, (std::vector<Peer>{{peer_number(1), {address_number(1)}}}));
}

TEST(KadMessage, lists_are_cut_to_their_limits) {
  ProtoWriter peer;
  peer.bytes(1, peer_number(1).view());
  for (std::uint64_t i = 0; i < 40; ++i) peer.bytes(2, address_number(i).binary());
  ProtoWriter message;
  message.number(1, 4);
  for (int i = 0; i < 100; ++i) message.message(8, peer).message(9, peer);
  const auto decoded = decode(message.view());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->closer.size(), message_peers_max);
  EXPECT_EQ(decoded->providers.size(), message_peers_max);
  EXPECT_EQ(decoded->closer.front().addresses.size(), peer_addresses_max);
}

TEST(KadMessage, a_value_of_four_megabytes_passes) {
  Message message{.type = MessageType::put_value, .key = key_text("/test/big")};
  message.record = Record{
      message.key, Bytes(std::vector<std::byte>(message_size_max_bytes - 100, std::byte{1})), {}};
  const auto decoded = decode(encode(message));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, message);
}

TEST(Rfc3339, is_written_as_libp2p_peers_write_it) {
  const auto time = parse_rfc3339("2026-11-20T10:31:02.522000000Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_rfc3339(*time), "2026-11-20T10:31:02.522000000Z");
}

TEST(Rfc3339, offsets_and_missing_fractions_are_understood) {
  EXPECT_EQ(parse_rfc3339("2026-11-20T12:31:02+02:00"), parse_rfc3339("2026-11-20T10:31:02Z"));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.001Z"), UnixTime(1ms));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.123456789Z"), UnixTime(123ms));
}

TEST(Rfc3339, what_is_no_time_is_none) {
  for (const char* text :
       {"", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-20T10:31:02",
        "2026-11-20T25:31:02Z", "2026-11-20T10:31:02.Z", "2026-11-20T10:31:02Zx"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Rfc3339, times_beyond_four_digit_years_are_cut) {
  EXPECT_EQ(to_rfc3339(UnixTime::max()), "9999-12-31T23:59:59.999000000Z");
  EXPECT_EQ(to_rfc3339(UnixTime::min()), "0000-01-01T00:00:00.000000000Z");
}

}  // namespace
}  // namespace mycel::dht
