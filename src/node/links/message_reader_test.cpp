// Messages come out as they went in, whatever the pieces, and lengths are not believed.

#include "node/links/message_reader.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace mycel::links {
namespace {

using wire::Fault;

constexpr Framing framing{.size_max_bytes = 300};

Bytes of(std::vector<unsigned char> bytes) {
  return Bytes::copy(std::as_bytes(std::span(bytes)));
}

TEST(MessageReader, takes_messages_out_of_one_piece_without_copying) {
  const Bytes piece = Bytes::copy("\x05hello\x05world\x01");
  MessageReader reader(framing);
  reader.feed(piece);
  const auto hello = reader.next();
  const auto world = reader.next();
  ASSERT_TRUE(hello && world);
  EXPECT_EQ(as_text(*hello), "hello");
  EXPECT_EQ(hello->data(), piece.data() + 1);
  EXPECT_EQ(world->data(), piece.data() + 7);
  EXPECT_EQ(reader.next().error(), Fault::truncated);
  EXPECT_EQ(reader.unread_bytes(), 1U);
  reader.feed(Bytes::copy("!"));
  EXPECT_EQ(*reader.next(), Bytes::copy("!"));
  EXPECT_EQ(reader.unread_bytes(), 0U);
}

TEST(MessageReader, knows_a_message_without_bytes) {
  MessageReader reader(framing);
  EXPECT_EQ(reader.next().error(), Fault::truncated);
  reader.feed(of({0, 0}));
  EXPECT_EQ(*reader.next(), Bytes{});
  EXPECT_EQ(*reader.next(), Bytes{});
  EXPECT_EQ(reader.next().error(), Fault::truncated);
}

TEST(MessageReader, refuses_a_length_over_the_limit_before_the_body_comes) {
  MessageReader reader(framing);
  reader.feed(of({0xac, 0x02}));  // 300
  EXPECT_EQ(reader.next().error(), Fault::truncated);

  MessageReader other(framing);
  other.feed(of({0xad, 0x02}));  // 301
  EXPECT_EQ(other.next().error(), Fault::too_large);
  other.feed(framing.frame(Bytes::copy("late")));
  EXPECT_EQ(other.next().error(), Fault::too_large);
}

TEST(MessageReader, refuses_a_second_spelling_of_a_length) {
  MessageReader reader(framing);
  reader.feed(of({0x85, 0x00}));
  EXPECT_EQ(reader.next().error(), Fault::not_canonical);
}

TEST(MessageReader, cuts_messages_of_one_size_without_lengths) {
  MessageReader reader({.fixed_size_bytes = 3});
  for (const char* piece : {"on", "etw", "o!"}) reader.feed(Bytes::copy(piece));
  EXPECT_EQ(*reader.next(), Bytes::copy("one"));
  EXPECT_EQ(*reader.next(), Bytes::copy("two"));
  EXPECT_EQ(reader.next().error(), Fault::truncated);
  EXPECT_EQ(reader.take_unread(), Bytes::copy("!"));
}

TEST(MessageReader, gives_back_every_message_whatever_the_pieces) {
  EXPECT_TRUE(rc::check("messages survive any cutting", [] {
    const auto bodies = *rc::gen::container<std::vector<std::string>>(
        rc::gen::resize(300, rc::gen::arbitrary<std::string>()));
    std::vector<std::byte> stream;
    for (const std::string& body : bodies) append(stream, framing.frame(Bytes::copy(body)));

    MessageReader reader(framing);
    std::vector<std::string> received;
    for (ByteView rest = stream; !rest.empty();) {
      const auto size = std::min<std::size_t>(rest.size(), *rc::gen::inRange<std::size_t>(1, 200));
      reader.feed(Bytes::copy(rest.first(size)));
      rest = rest.subspan(size);
      while (const auto body = reader.next()) received.emplace_back(as_text(*body));
    }
    RC_ASSERT(received == bodies);
    RC_ASSERT(reader.unread_bytes() == 0U);
  }));
}

}  // namespace
}  // namespace mycel::links
