// Messages come out as they went in, whatever the pieces, and lengths are not believed.

#include "foundation/wire/frame.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::size_t limit = 300;

std::optional<Bytes> next(FrameReader& reader) {
  return must(reader.next());
}

TEST(FrameReader, takes_messages_out_of_one_piece_without_copying) {
  const Bytes piece = Bytes::copy("\x05hello\x05world\x01");
  FrameReader reader(limit);
  reader.feed(piece);
  const auto hello = next(reader);
  const auto world = next(reader);
  ASSERT_TRUE(hello && world);
  EXPECT_EQ(as_text(*hello), "hello");
  EXPECT_EQ(hello->data(), piece.data() + 1);
  EXPECT_EQ(world->data(), piece.data() + 7);
  EXPECT_EQ(next(reader), std::nullopt);
  EXPECT_TRUE(reader.is_mid_frame());
  reader.feed(Bytes::copy("!"));
  EXPECT_EQ(next(reader), Bytes::copy("!"));
  EXPECT_FALSE(reader.is_mid_frame());
}

TEST(FrameReader, knows_a_message_without_bytes) {
  FrameReader reader(limit);
  EXPECT_EQ(next(reader), std::nullopt);
  reader.feed(from_hex("0000"));
  EXPECT_EQ(next(reader), Bytes{});
  EXPECT_EQ(next(reader), Bytes{});
  EXPECT_EQ(next(reader), std::nullopt);
  EXPECT_FALSE(reader.is_mid_frame());
}

TEST(FrameReader, refuses_a_length_over_the_limit_before_the_body_comes) {
  FrameReader reader(limit);
  reader.feed(from_hex("ac02"));  // 300
  EXPECT_EQ(next(reader), std::nullopt);

  FrameReader other(limit);
  other.feed(from_hex("ad02"));  // 301
  EXPECT_EQ(other.next().error(), Fault::too_large);
  other.feed(frame(as_bytes("late")));
  EXPECT_EQ(other.next().error(), Fault::too_large);
}

TEST(FrameReader, refuses_an_endless_length_as_soon_as_it_is_over_the_limit) {
  FrameReader reader(limit);
  reader.feed(from_hex("ff"));
  EXPECT_EQ(next(reader), std::nullopt);
  reader.feed(from_hex("ff"));
  EXPECT_EQ(reader.next().error(), Fault::too_large);
}

TEST(FrameReader, refuses_a_second_spelling_of_a_length) {
  FrameReader reader(limit);
  reader.feed(from_hex("8500"));
  EXPECT_EQ(reader.next().error(), Fault::not_canonical);
}

TEST(FrameReader, copies_what_was_left_over_when_it_is_fed_again) {
  FrameReader reader(limit);
  reader.feed(Bytes::copy("\x02h"));
  reader.feed(Bytes::copy("i\x03yo"));
  reader.feed(Bytes::copy("u"));
  EXPECT_EQ(next(reader), Bytes::copy("hi"));
  EXPECT_EQ(next(reader), Bytes::copy("you"));
  EXPECT_EQ(next(reader), std::nullopt);
}

TEST(FrameReader, gives_back_every_message_whatever_the_pieces) {
  EXPECT_TRUE(rc::check("frames survive any cutting", [] {
    const auto bodies = *rc::gen::container<std::vector<std::string>>(
        rc::gen::resize(300, rc::gen::arbitrary<std::string>()));
    std::vector<std::byte> stream;
    for (const std::string& body : bodies) append_frame(stream, as_bytes(body));

    FrameReader reader(limit);
    std::vector<std::string> received;
    for (ByteView rest = stream; !rest.empty();) {
      const auto size = std::min<std::size_t>(rest.size(), *rc::gen::inRange<std::size_t>(1, 200));
      reader.feed(Bytes::copy(rest.first(size)));
      rest = rest.subspan(size);
      while (const auto body = next(reader)) received.emplace_back(as_text(*body));
    }
    RC_ASSERT(received == bodies);
    RC_ASSERT(!reader.is_mid_frame());
  }));
}

}  // namespace
}  // namespace mycel::wire
