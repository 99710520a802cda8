// Lines as js- and go-libp2p send them, in pieces of every size.

#include "foundation/wire/multistream.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

using Lines = std::vector<std::string>;

/// Feeds `bytes` in pieces of `piece` and takes lines until there are `count`.
struct Story {
  LineReader reader;
  Lines lines;
  std::size_t consumed = 0;

  Result<void, Fault> read(ByteView bytes, std::size_t count, std::size_t piece = SIZE_MAX) {
    while (consumed < bytes.size() && lines.size() < count) {
      const ByteView rest = bytes.subspan(consumed);
      const auto read = reader.feed(rest.first(std::min(piece, rest.size())));
      if (!read) return Err{read.error()};
      consumed += read->consumed;
      if (read->line) lines.push_back(*read->line);
    }
    return {};
  }
};

TEST(Multistream, sends_the_bytes_that_peers_expect) {
  EXPECT_EQ(encode_line(multistream_header), Bytes::copy("\x13/multistream/1.0.0\n"));
  EXPECT_EQ(encode_line(multistream_refusal), Bytes::copy("\x03na\n"));
  EXPECT_EQ(encode_line(multistream_list), Bytes::copy("\x03ls\n"));
}

TEST(LineReader, leaves_to_the_protocol_what_follows_the_last_line) {
  const Bytes flight = Bytes::copy("\x13/multistream/1.0.0\n\x11/ipfs/ping/1.0.0\nrequest");
  for (std::size_t piece = 1; piece <= flight.size(); ++piece) {
    Story story;
    ASSERT_TRUE(story.read(flight, 2, piece));
    EXPECT_EQ(story.lines, (Lines{"/multistream/1.0.0", "/ipfs/ping/1.0.0"}));
    EXPECT_EQ(as_text(flight.slice(story.consumed)), "request");
    EXPECT_FALSE(story.reader.is_mid_line());
  }
}

TEST(LineReader, says_when_a_line_has_begun) {
  LineReader reader;
  EXPECT_FALSE(reader.is_mid_line());
  EXPECT_FALSE(must(reader.feed(as_bytes("\x03n"))).line);
  EXPECT_TRUE(reader.is_mid_line());
  EXPECT_EQ(must(reader.feed(as_bytes("a\n"))).line, "na");
  EXPECT_FALSE(reader.is_mid_line());
}

TEST(LineReader, accepts_the_longest_line_and_refuses_a_longer_one_at_its_length) {
  const std::string longest(line_size_max_bytes - 1, 'x');
  Story story;
  ASSERT_TRUE(story.read(encode_line(longest), 1, 100));
  EXPECT_EQ(story.lines, Lines{longest});

  LineReader reader;
  EXPECT_EQ(reader.feed(from_hex("8108")).error(), Fault::too_large);  // 1025
  EXPECT_EQ(reader.feed(from_hex("0a")).error(), Fault::too_large);    // and it stays refused
  EXPECT_EQ(LineReader().feed(from_hex("ffff")).error(), Fault::too_large);
}

TEST(LineReader, refuses_what_is_no_line) {
  EXPECT_EQ(LineReader().feed(from_hex("00")).error(), Fault::malformed);
  EXPECT_EQ(LineReader().feed(as_bytes("\x03nah")).error(), Fault::malformed);
  EXPECT_EQ(LineReader().feed(from_hex("8300")).error(), Fault::not_canonical);
}

TEST(LineReader, takes_a_line_of_lines_as_the_answer_to_ls) {
  const Lines protocols{"/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"};
  const Bytes answer = encode_protocol_list(protocols);
  EXPECT_EQ(answer, Bytes::copy("\x23\x0f/ipfs/id/1.0.0\n\x11/ipfs/ping/1.0.0\n\n"));
  Story story;
  ASSERT_TRUE(story.read(answer, 1));
  EXPECT_EQ(must(decode_protocol_list(story.lines.at(0))), protocols);
  EXPECT_EQ(story.consumed, answer.size());
}

TEST(ProtocolList, leaves_out_what_one_line_has_no_room_for) {
  const Lines many(100, "/a/protocol/with/a/long/name/1.0.0");
  Story story;
  ASSERT_TRUE(story.read(encode_protocol_list(many), 1));
  const Lines listed = must(decode_protocol_list(story.lines.at(0)));
  EXPECT_EQ(listed.size(), 28U);
  EXPECT_EQ(listed.front(), many.front());
  EXPECT_TRUE(must(decode_protocol_list("")).empty());
}

TEST(ProtocolList, that_is_cut_or_bent_is_refused) {
  EXPECT_EQ(decode_protocol_list("\x05/a\n").error(), Fault::truncated);
  EXPECT_EQ(decode_protocol_list("\x03/ab").error(), Fault::malformed);
  EXPECT_EQ(decode_protocol_list("\x04/\n\n\n").error(), Fault::malformed);
  EXPECT_EQ(decode_protocol_list(std::string(1, '\0')).error(), Fault::malformed);
  EXPECT_EQ(decode_protocol_list(std::string(line_size_max_bytes, '\1')).error(), Fault::too_large);
}

}  // namespace
}  // namespace mycel::wire
