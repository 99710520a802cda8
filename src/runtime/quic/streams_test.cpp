#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/quic/send_queue.hpp"
#include "runtime/quic/test_peer.hpp"
#include "runtime/quic/two_nodes_test.hpp"

namespace mycel::quic::test {
namespace {

using StreamsTest = TwoNodes;

TEST_F(StreamsTest, many_streams_share_a_connection) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  std::set<ports::StreamKey> streams;
  for (int i = 0; i < 200; ++i) {
    const auto stream = open(alice, connection);
    alice.transport->write(stream, bytes_of(3000, static_cast<std::uint64_t>(i)), true);
    streams.insert(stream);
  }
  const auto all_over = [&] {
    return std::ranges::all_of(streams, [&](auto stream) { return alice.streams[stream].is_over; });
  };
  ASSERT_TRUE(run_until(all_over));
  for (std::uint64_t i = 0; const auto stream : streams)
    EXPECT_EQ(Bytes(alice.streams[stream].bytes), bytes_of(3000, i++));
}

TEST_F(StreamsTest, a_small_request_is_not_held_up_by_a_transfer) {
  const ConnectionId connection = meet();
  const auto bulk = open(alice, connection);
  Sender sender(alice, bulk, bytes_of(20'000'000));
  network.timers.run_for(20ms);
  const auto small = open(alice, connection);
  EXPECT_GT(alice.transport->writable(small), 1000u);
  alice.transport->write(small, Bytes::copy("hello"), true);
  const Instant asked = network.timers.now().instant;
  const auto is_small_over = [&] {
    return std::ranges::any_of(bob.streams, [](const auto& entry) { return entry.second.is_over; });
  };
  ASSERT_TRUE(run_until(is_small_over));
  EXPECT_LT(network.timers.now().instant - asked, 100ms);
}

TEST_F(StreamsTest, an_end_without_bytes_leaves_by_itself_in_a_moment) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->write(stream, Bytes::copy("hello"), false);
  network.timers.run_for(1s);  // whatever else had to be said has been
  const auto is_over = [&] { return bob.streams.begin()->second.is_over; };
  ASSERT_FALSE(is_over());
  alice.transport->write(stream, {}, true);
  EXPECT_TRUE(run_until(is_over, 100ms));
}

TEST_F(StreamsTest, an_end_without_bytes_does_not_wait_when_others_have_something_to_send) {
  const ConnectionId connection = meet();
  const auto ended = open(alice, connection);
  alice.transport->write(ended, Bytes::copy("hello"), false);
  network.timers.run_for(1s);
  alice.transport->write(ended, {}, true);
  const Instant start = network.timers.now().instant;
  alice.transport->write(open(alice, connection), Bytes::copy("next"), false);
  ASSERT_TRUE(run_until([&] { return bob.streams.begin()->second.is_over; }, 100ms));
  EXPECT_LT(network.timers.now().instant - start, 20ms + network.weather.delay);
}

TEST_F(StreamsTest, the_peers_limit_on_streams_is_kept_and_renewed) {
  TestNode carol(network, 3, Config{.streams_inbound_max = 3});
  carol.echoes = true;
  const auto connection = connect(network, alice, carol);
  ASSERT_TRUE(connection.has_value());
  std::vector<ports::StreamKey> streams;
  for (int i = 0; i < 3; ++i) streams.push_back(open(alice, *connection));
  EXPECT_FALSE(alice.transport->open(*connection).has_value());
  alice.transport->write(streams[0], Bytes::copy("x"), true);
  ASSERT_TRUE(run_until([&] { return alice.available_calls == 1; }, 5s));
  EXPECT_TRUE(alice.transport->open(*connection).has_value());
}

TEST_F(StreamsTest, a_request_and_its_answer_are_three_packets) {
  bob.echoes = true;
  const ConnectionId connection = meet();
  network.timers.run_for(1s);
  const std::uint64_t before = packets_sent();
  constexpr int requests = 20;
  for (int i = 0; i < requests; ++i) {
    const auto stream = open(alice, connection);
    alice.transport->write(stream, Bytes::copy("request"), true);
    ASSERT_TRUE(run_until([&] { return alice.streams[stream].is_over; }, 5s));
    network.timers.run_for(100ms);  // whatever else has to be said
  }
  EXPECT_EQ(packets_sent() - before, 3 * requests);
}

TEST_F(StreamsTest, of_requests_in_a_row_each_acknowledges_the_answer_before_it) {
  bob.echoes = true;
  network.weather.delay = 100us;
  const ConnectionId connection = meet();
  network.timers.run_for(1s);
  const std::uint64_t before = packets_sent();
  constexpr int requests = 20;
  for (int i = 0; i < requests; ++i) {
    const auto stream = open(alice, connection);
    alice.transport->write(stream, Bytes::copy("request"), true);
    ASSERT_TRUE(run_until([&] { return !alice.streams[stream].bytes.empty(); }, 5s));
  }
  network.timers.run_for(1s);
  EXPECT_EQ(packets_sent() - before, 2 * requests + 1);
}

TEST_F(StreamsTest, streams_of_short_life_are_given_back_beside_many_that_last) {
  constexpr std::size_t limit = 64;
  TestNode carol(network, 3, Config{.streams_inbound_max = limit});
  carol.echoes = true;
  const auto connection = connect(network, alice, carol);
  ASSERT_TRUE(connection.has_value());
  for (std::size_t i = 0; i + 1 < limit; ++i)
    alice.transport->write(open(alice, *connection), Bytes::copy("lasts"), false);
  for (std::size_t i = 0; i < 2 * limit; ++i) {
    const auto stream = alice.transport->open(*connection);
    ASSERT_TRUE(stream.has_value()) << "after " << i;
    alice.transport->write(*stream, Bytes::copy("short"), true);
    ASSERT_TRUE(run_until([&] { return alice.streams[*stream].is_over; }, 5s));
    network.timers.run_for(100ms);
  }
}

TEST_F(StreamsTest, thousands_of_streams_one_after_another_leave_nothing_behind) {
  bob.echoes = true;
  network.weather.delay = 100us;
  const ConnectionId connection = meet();
  for (int i = 0; i < 3000; ++i) {
    const auto stream = open(alice, connection);
    alice.transport->write(stream, Bytes::copy("ping"), true);
    ASSERT_TRUE(run_until([&] { return alice.streams[stream].is_over; }, 5s));
    alice.streams.clear();
    bob.streams.clear();
  }
  network.timers.run_for(1s);
  EXPECT_EQ(alice.transport->facts(connection)->streams, 0u);
  EXPECT_EQ(bob.transport->facts(bob.connected.begin()->first)->streams, 0u);
}

TEST_F(StreamsTest, a_reader_that_does_not_consume_stops_the_writer) {
  bob.consumes = false;
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  const Config config;
  Sender sender(alice, stream, bytes_of(10'000'000));
  network.timers.run_for(5s);
  EXPECT_EQ(bob.received, config.stream_window_bytes);
  EXPECT_LT(alice.transport->writable(stream), 100'000u) << "the budget is used up as well";

  bob.consumes = true;
  bob.transport->consume(bob.last_stream, config.stream_window_bytes);
  EXPECT_TRUE(run_until([&] { return bob.received == 10'000'000; }));
  EXPECT_GT(alice.writable_calls, 0);
}

TEST_F(StreamsTest, all_streams_together_are_bounded_by_the_connections_window) {
  bob.consumes = false;
  const ConnectionId connection = meet();
  for (int i = 0; i < 8; ++i)
    alice.transport->write(open(alice, connection), bytes_of(500'000), false);
  network.timers.run_for(5s);
  EXPECT_EQ(bob.received, Config{}.connection_window_bytes);
  for (const auto& [stream, incoming] : bob.streams)
    bob.transport->consume(stream, incoming.bytes.size());
  bob.consumes = true;
  EXPECT_TRUE(run_until([&] { return bob.received == 4'000'000; }));
}

TEST_F(StreamsTest, a_reset_reaches_the_peer_with_its_code) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->write(stream, bytes_of(10'000), false);
  ASSERT_TRUE(run_until([&] { return bob.received == 10'000; }, 5s));
  alice.transport->reset(stream, 42);
  ASSERT_TRUE(run_until([&] { return bob.streams.begin()->second.reset.has_value(); }, 5s));
  EXPECT_EQ(bob.streams.begin()->second.reset, 42u);
  EXPECT_EQ(bob.transport->writable(bob.last_stream), 0u);
  network.timers.run_for(1s);
  EXPECT_EQ(alice.transport->facts(connection)->streams, 0u);
  EXPECT_EQ(bob.transport->facts(bob.connected.begin()->first)->streams, 0u);
  EXPECT_FALSE(alice.streams[stream].reset) << "who resets is not told";
}

TEST_F(StreamsTest, credit_of_a_reset_stream_comes_back) {
  bob.consumes = false;
  const ConnectionId connection = meet();
  for (int i = 0; i < 40; ++i) {
    const auto stream = open(alice, connection);
    alice.transport->write(stream, bytes_of(200'000), false);
    ASSERT_TRUE(
        run_until([&] { return bob.received == 200'000 * static_cast<std::uint64_t>(i + 1); }, 5s))
        << "round " << i;
    bob.transport->reset(bob.last_stream, 0);
    ASSERT_TRUE(run_until([&] { return alice.streams[stream].reset.has_value(); }, 5s))
        << "round " << i;
  }
}

TEST_F(StreamsTest, both_ends_may_reset_at_once) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->write(stream, bytes_of(10), false);
  ASSERT_TRUE(run_until([&] { return bob.received == 10; }, 5s));
  alice.transport->reset(stream, 1);
  bob.transport->reset(bob.last_stream, 2);
  network.timers.run_for(1s);
  EXPECT_EQ(alice.transport->facts(connection)->streams, 0u);
  EXPECT_TRUE(alice.closed.empty());
}

TEST_F(StreamsTest, what_a_peer_says_before_it_stops_listening_is_heard) {
  RawPeer peer(network, 9);
  peer.dial(bob);
  ASSERT_TRUE(run_until([&] { return bob.connected.size() == 1; }, 5s));
  // As go-libp2p closes a stream: it reads no more, and ends what it wrote.
  std::int64_t stream = -1;
  ASSERT_EQ(ngtcp2_conn_open_bidi_stream(peer.native(), &stream, nullptr), 0);
  ngtcp2_conn_shutdown_stream_read(peer.native(), 0, stream, 5);
  peer.send_stream(stream, "a message", true);
  peer.flush();
  ASSERT_TRUE(run_until([&] { return bob.streams[bob.last_stream].reset.has_value(); }, 5s));
  EXPECT_EQ(as_text(bob.streams[bob.last_stream].bytes), "a message");
  EXPECT_TRUE(bob.streams[bob.last_stream].is_over);
}

TEST_F(StreamsTest, an_answer_in_parts_ends_with_an_empty_last_write) {
  const ConnectionId connection = meet();
  const auto stream = open(alice, connection);
  alice.transport->write(stream, Bytes::copy("a"), false);
  network.timers.run_for(100ms);
  alice.transport->write(stream, Bytes(), true);
  ASSERT_TRUE(run_until([&] { return bob.streams[bob.last_stream].is_over; }, 5s));
  EXPECT_EQ(as_text(bob.streams[bob.last_stream].bytes), "a");
}

TEST(SendQueue, keeps_what_is_not_acknowledged) {
  SendQueue queue;
  queue.push(bytes_of(100));
  queue.push(bytes_of(50));
  std::array<ngtcp2_vec, 4> pieces;
  EXPECT_EQ(queue.gather(pieces, 1000).bytes, 150u);
  queue.on_sent(120);
  EXPECT_EQ(queue.unsent(), 30u);
  EXPECT_EQ(queue.gather(pieces, 1000).pieces, 1u);
  EXPECT_EQ(pieces[0].len, 30u);
  queue.on_acked(110);
  EXPECT_EQ(queue.size(), 40u);
  queue.on_sent(30);
  queue.on_acked(40);
  EXPECT_EQ(queue.size(), 0u);
  queue.push(bytes_of(5));
  EXPECT_EQ(queue.gather(pieces, 1000).bytes, 5u);
}

TEST(SendQueue, forgets_many_small_pieces) {
  SendQueue queue;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 3; ++i) queue.push(bytes_of(10));
    queue.on_sent(30);
    queue.on_acked(25);
    queue.on_acked(5);
  }
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace mycel::quic::test
