// The switch and the other two shapes of a link, channels and transfers, over the virtual network:
// what a protocol may rely on.

#include <gtest/gtest.h>

#include "foundation/wire/multistream.hpp"

#include "sim/links_testing.hpp"

namespace mycel::sim {
namespace {

using namespace testing;

TEST(Switch, gives_up_a_stream_that_proposes_without_end) {
  Story story;
  const ConnectionId connection = story.connect();
  const auto key = story.alice.transport->open(connection).value();
  story.alice.transport->write(key, wire::encode_line(wire::multistream_header), false);
  for (int i = 0; i < 1000; ++i) story.alice.transport->write(key, wire::encode_line("ls"), false);
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.streams.counters().negotiations_malformed, 1U);
  EXPECT_EQ(story.bob.open_streams, 0U);
}

TEST(Channels, keep_the_order_of_messages_through_a_slow_owner) {
  Story story;
  story.bob.takes_messages = false;
  const auto channel = story.alice.channels.open(story.connect());
  ASSERT_TRUE(channel);
  for (const char* word : {"one", "two", "three"})
    EXPECT_TRUE(story.alice.channels.send(*channel, Bytes::copy(word)));
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.said, Words{"one"});
  story.bob.takes_messages = true;
  story.bob.channels.next(story.bob.channel);
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.said, (Words{"one", "two", "three"}));
}

TEST(Channels, a_slow_receiver_bounds_the_senders_memory) {
  Story story;
  story.bob.takes_messages = false;
  const auto channel = story.alice.channels.open(story.connect());
  int sent = 0;
  for (int i = 0; i < 1000; ++i) {
    sent += story.alice.channels.send(*channel, Bytes::copy(std::string(1000, 'x'))) ? 1 : 0;
    story.world.run_for(10ms);
  }
  EXPECT_LE(sent, 80);  // the window of 64 KiB, the queue of 4 KiB and what was taken
  EXPECT_LE(story.alice.channels.queued_bytes(*channel), 4096U);
  story.bob.takes_messages = true;
  story.bob.channels.next(story.bob.channel);
  story.world.run_for(5s);
  EXPECT_EQ(story.bob.said.size(), static_cast<std::size_t>(sent));
  EXPECT_EQ(story.alice.said, Words{"credit"});
}

TEST(Channels, tell_when_the_other_side_is_gone) {
  Story story;
  const auto channel = story.alice.channels.open(story.connect());
  (void)story.alice.channels.send(*channel, Bytes::copy("hello"));
  story.world.run_for(1s);
  story.bob.channels.close(story.bob.channel);
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, Words{"channel ended"});
}

Bytes long_text() {
  std::vector<std::byte> text(1'000'000);
  Rng(3).fill(text);
  return Bytes(std::move(text));
}

TEST(Transfers, bring_every_byte_in_order) {
  Story story;
  story.bob.book_text = long_text();
  ASSERT_TRUE(story.alice.transfers.fetch(story.connect(), Bytes::copy("book"), 0));
  story.world.run_for(10s);
  EXPECT_EQ(story.alice.said, Words{"complete 1000000"});
  EXPECT_TRUE(equal(story.alice.received, story.bob.book_text));
  EXPECT_EQ(story.bob.transfers.under_way(), 0U);
}

TEST(Transfers, resume_where_they_broke) {
  Story story;
  story.bob.book_text = long_text();
  const ConnectionId first = story.connect();
  ASSERT_TRUE(story.alice.transfers.fetch(first, Bytes::copy("book"), 0));
  story.world.run_for(200ms);
  story.bob.transport->close_all();
  story.world.run_for(1s);
  ASSERT_GT(story.alice.broken_at, 0U);
  ASSERT_LT(story.alice.broken_at, 1'000'000U);
  ASSERT_TRUE(
      story.alice.transfers.fetch(story.connect(), Bytes::copy("book"), story.alice.broken_at));
  story.world.run_for(10s);
  EXPECT_EQ(story.alice.said.back(), "complete 1000000");
  EXPECT_TRUE(equal(story.alice.received, story.bob.book_text));
}

TEST(Transfers, a_receiver_that_does_not_consume_stops_the_sender) {
  Story story;
  story.bob.book_text = long_text();
  story.alice.takes_chunks = false;
  ASSERT_TRUE(story.alice.transfers.fetch(story.connect(), Bytes::copy("book"), 0));
  story.world.run_for(3s);
  EXPECT_LE(story.alice.received.size(), 64U * 1024);
}

TEST(Transfers, cancelling_stops_the_sender_and_leaves_nothing_behind) {
  Story story;
  story.bob.book_text = long_text();
  const auto id = story.alice.transfers.fetch(story.connect(), Bytes::copy("book"), 0);
  story.world.run_for(100ms);
  story.alice.transfers.cancel(*id);
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.transfers.under_way() + story.alice.transfers.under_way(), 0U);
  EXPECT_EQ(story.bob.open_streams, 0U);
  EXPECT_LT(story.alice.received.size(), 1'000'000U);
}

TEST(Transfers, unknown_content_and_a_bad_offset_are_refused) {
  Story story;
  story.bob.book_text = Bytes::copy("short");
  const ConnectionId connection = story.connect();
  ASSERT_TRUE(story.alice.transfers.fetch(connection, Bytes::copy("no such book"), 0));
  ASSERT_TRUE(story.alice.transfers.fetch(connection, Bytes::copy("book"), 6));
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, (Words{"broken 0", "broken 0"}));
}

TEST(Network, a_short_cut_delays_and_a_long_one_ends_the_connection) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 120s});
  story.connect();
  story.network.set_cut(1, 2, true);
  story.ask(1, "hello");
  story.world.run_for(8s);
  story.network.set_cut(1, 2, false);
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, Words{"1 answered hello!"});
  story.network.set_cut(1, 2, true);
  story.ask(2, "hello");
  story.world.run_for(40s);
  EXPECT_EQ(story.alice.said.at(1), "2 failed timeout");  // negotiation waits ten seconds
  EXPECT_EQ(story.alice.said.at(2), "closed idle_timeout");
}

TEST(Network, what_waited_behind_a_cut_arrives_before_what_was_sent_later) {
  Story story;
  const auto channel = story.alice.channels.open(story.connect());
  story.world.run_for(1s);
  story.network.set_cut(1, 2, true);
  EXPECT_TRUE(story.alice.channels.send(*channel, Bytes::copy("one")));
  story.world.run_for(30ms);
  EXPECT_TRUE(story.alice.channels.send(*channel, Bytes::copy("two")));
  story.world.run_for(10ms);
  story.network.set_cut(1, 2, false);
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.said, (Words{"one", "two"}));
}

TEST(Fingerprint, changes_when_one_byte_of_one_delivery_changes) {
  const auto run = [](std::string_view word) {
    Story story;
    story.ask(1, word);
    story.world.run_for(5s);
    return story.world.fingerprint().value();
  };
  EXPECT_EQ(run("hello"), run("hello"));
  EXPECT_NE(run("hello"), run("hellp"));
}

}  // namespace
}  // namespace mycel::sim
