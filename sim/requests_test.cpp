// Requests, the first shape of a link: what a protocol may rely on.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/links_testing.hpp"

namespace mycel::sim {
namespace {

using namespace testing;

TEST(Requests, dial_when_there_is_no_connection_and_answer_in_two_round_trips) {
  Story story;
  story.ask(1, "hello");
  story.world.run_for(79ms);
  EXPECT_EQ(story.alice.said, Words{});
  story.world.run_for(2ms);
  EXPECT_EQ(story.alice.said, Words{"1 answered hello!"});
}

TEST(Requests, negotiation_costs_no_round_trip_on_a_pooled_connection) {
  Story story;
  story.connect();
  story.ask(1, "hello");
  story.world.run_for(41ms);
  EXPECT_EQ(story.alice.said, Words{"1 answered hello!"});
}

TEST(Requests, that_end_with_their_request_are_over_when_the_answer_comes) {
  Story story({.protocol = "/test/request", .framing = {}, .ends_with_request = true});
  story.connect();
  story.ask(1, "hello");
  story.ask(2, "late");
  story.world.run_for(41ms);
  EXPECT_EQ(story.alice.said, Words{"1 answered hello!"});
  EXPECT_EQ(story.alice.open_streams, 1U);
  EXPECT_EQ(story.bob.open_streams, 1U);
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, (Words{"1 answered hello!", "2 answered at last"}));
  EXPECT_EQ(story.alice.requests.held() + story.bob.requests.held(), 0U);
  EXPECT_EQ(story.alice.open_streams + story.bob.open_streams, 0U);
}

TEST(Requests, that_end_with_their_request_cost_one_delivery_each_way_however_slow_the_answer) {
  Story story({.protocol = "/test/request", .framing = {}, .ends_with_request = true});
  story.connect();
  const auto before = story.network.counts().deliveries;
  story.ask(1, "late");
  story.world.run_for(500ms);
  EXPECT_EQ(story.network.counts().deliveries - before, 1U);
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, Words{"1 answered at last"});
  EXPECT_EQ(story.network.counts().deliveries - before, 2U);
}

// js-libp2p sends nothing more before it has read both.
TEST(Requests, the_lines_of_negotiation_come_at_once_to_whoever_may_wait_for_them) {
  Story story;
  story.connect();
  const auto before = story.network.counts().deliveries;
  story.ask(1, "late");
  story.world.run_for(500ms);
  EXPECT_EQ(story.network.counts().deliveries - before, 2U);
}

TEST(Requests, without_a_body_that_end_with_their_stream_are_answered_too) {
  Story story({.protocol = "/test/request",
               .framing = {},
               .has_request_body = false,
               .ends_with_request = true});
  story.connect();
  story.ask(1, "");
  story.world.run_for(41ms);
  EXPECT_EQ(story.alice.said, Words{"1 answered !"});
  EXPECT_EQ(story.alice.requests.held() + story.bob.requests.held(), 0U);
  EXPECT_EQ(story.alice.open_streams + story.bob.open_streams, 0U);
}

TEST(Requests, of_a_peer_that_ended_after_several_are_all_answered) {
  Story story;
  Stranger stranger(story.alice, story.connect());
  stranger.ask("one");
  stranger.ask("late");
  stranger.ask("three");
  story.alice.streams.write(stranger.key, {}, true);
  story.world.run_for(3s);
  EXPECT_EQ(story.bob.asked, (Words{"one", "late", "three"}));
  EXPECT_FALSE(stranger.is_ended);
  EXPECT_EQ(story.bob.open_streams, 0U);
  EXPECT_EQ(story.bob.requests.held(), 0U);
}

TEST(Requests, a_slow_answer_delays_no_other) {
  Story story;
  story.connect();
  story.ask(1, "late");
  story.ask(2, "quick");
  story.world.run_for(3s);
  EXPECT_EQ(story.alice.said, (Words{"2 answered quick!", "1 answered at last"}));
}

TEST(Requests, every_end_is_named) {
  Story story({.protocol = "/test/request", .framing = {.size_max_bytes = 100}, .timeout = 2s});
  story.connect();
  story.ask(1, "no");
  story.ask(2, "never");
  story.ask(3, std::string(101, 'x'));
  story.world.run_for(5s);
  EXPECT_EQ(story.alice.said, (Words{"1 failed refused", "3 failed refused", "2 failed timeout"}));
}

TEST(Requests, an_unreachable_peer_fails_after_the_dial) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s});
  story.alice.book[story.bob.self] = Network::address_of(99);
  story.ask(1, "hello");
  story.world.run_for(11s);
  EXPECT_EQ(story.alice.said, (Words{"closed handshake_timeout", "1 failed unreachable"}));
}

TEST(Requests, an_unknown_protocol_is_refused_and_named) {
  Story story;
  Network& network = story.network;
  Node carol(network, story.world, 3, {.protocol = "/test/other", .framing = {}});
  carol.book[story.bob.self] = Network::address_of(2);
  carol.requests.request(RequestId{1}, story.bob.self, Bytes::copy("hello"));
  story.world.run_for(1s);
  EXPECT_EQ(carol.said, Words{"1 failed unsupported"});
}

TEST(Requests, a_broken_connection_fails_what_is_under_way) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s});
  const ConnectionId connection = story.connect();
  story.ask(1, "never");
  story.world.run_for(100ms);
  story.alice.transport->close(connection, 0, "");
  story.world.run_for(100ms);
  EXPECT_EQ(story.alice.said, (Words{"closed local", "1 failed unreachable"}));
}

TEST(Requests, leave_no_stream_behind) {
  Story story;
  story.connect();
  for (std::uint64_t id = 1; id <= 50; ++id) story.ask(id, id % 3 == 0 ? "no" : "hello");
  story.world.run_for(2s);
  EXPECT_EQ(story.alice.said.size(), 50U);
  EXPECT_EQ(story.alice.open_streams, 0U);
  EXPECT_EQ(story.bob.open_streams, 0U);
  EXPECT_EQ(story.alice.requests.under_way(), 0U);
}

TEST(Requests, wait_for_a_stream_when_the_peer_has_no_more) {
  Story story({.protocol = "/test/request", .framing = {}, .inbound_per_connection = 5000});
  story.connect();
  for (std::uint64_t id = 1; id <= 3000; ++id) story.ask(id, "hello");
  story.world.run_for(4s);
  EXPECT_EQ(
      std::ranges::count_if(story.alice.said,
                            [](const auto& line) { return line.ends_with("answered hello!"); }),
      3000);
}

TEST(Requests, over_the_limit_fail_as_overloaded) {
  Story story({.protocol = "/test/request", .framing = {}, .under_way_max = 2});
  story.connect();
  for (std::uint64_t id = 1; id <= 3; ++id) story.ask(id, "hello");
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said.front(), "3 failed overloaded");
  EXPECT_EQ(story.alice.said.size(), 3U);
}

TEST(Requests, a_peer_that_opens_too_many_streams_is_refused_the_rest) {
  Story story({.protocol = "/test/request", .framing = {}, .inbound_per_connection = 2});
  story.connect();
  for (std::uint64_t id = 1; id <= 4; ++id) story.ask(id, "late");
  story.world.run_for(3s);
  EXPECT_EQ(std::ranges::count(story.alice.said, "3 failed refused"), 1);
  EXPECT_EQ(std::ranges::count(story.alice.said, "1 answered at last"), 1);
}

TEST(Requests, what_fails_with_its_connection_can_be_asked_again_at_once) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s});
  const ConnectionId connection = story.connect();
  story.ask(1, "never");
  story.world.run_for(100ms);
  story.alice.on_failed = [&](RequestId) { story.ask(2, "hello"); };
  story.alice.transport->close(connection, 0, "");
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, (Words{"closed local", "1 failed unreachable", "2 answered hello!"}));
}

// Both ends close what is idle, and one of them may do so just when the other asks again.
TEST(Requests, that_cross_the_close_of_an_idle_connection_go_over_a_new_one) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s});
  story.connect();
  story.bob.transport->close_all();
  story.ask(1, "hello");
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, (Words{"closed remote", "1 answered hello!"}));
  EXPECT_EQ(story.bob.asked, Words{"hello"});
}

TEST(Requests, whose_second_connection_is_closed_as_well_fail) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s});
  story.connect();
  story.bob.transport->close_all();
  story.ask(1, "never");
  story.world.run_for(90ms);
  ASSERT_EQ(story.alice.pool.size(), 1U) << "the new connection";
  story.bob.transport->close_all();
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, (Words{"closed remote", "closed remote", "1 failed unreachable"}));
  EXPECT_EQ(story.alice.requests.held(), 0U);
}

TEST(Requests, what_waits_for_a_stream_of_a_lost_connection_goes_over_the_next_one) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s}, 1);
  const ConnectionId connection = story.connect();
  story.ask(1, "never");
  story.ask(2, "hello");
  story.alice.requests.request_on(RequestId{3}, connection, Bytes::copy("hello"));
  story.world.run_for(100ms);
  story.alice.transport->close(connection, 0, "");
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.said, (Words{"closed local", "1 failed unreachable", "3 failed unreachable",
                                     "2 answered hello!"}));
  EXPECT_EQ(story.alice.requests.held(), 0U);
}

TEST(Requests, over_a_connection_that_is_gone_fail_at_once) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 60s});
  const ConnectionId connection = story.connect();
  story.alice.transport->close(connection, 0, "");
  story.world.run_for(100ms);
  story.alice.requests.request_on(RequestId{1}, connection, Bytes::copy("hello"));
  EXPECT_EQ(story.alice.said, Words{"closed local"});
  story.world.run_for(1ms);
  EXPECT_EQ(story.alice.said.back(), "1 failed unreachable");
}

TEST(Requests, that_time_out_while_they_wait_leave_nothing_behind) {
  Story story({.protocol = "/test/request", .framing = {}, .timeout = 2s}, 1);
  story.connect();
  for (std::uint64_t id = 1; id <= 5; ++id) story.ask(id, "never");
  story.alice.book[peer_number(9)] = Network::address_of(99);
  story.alice.requests.request(RequestId{6}, peer_number(9), Bytes::copy("hello"));
  story.world.run_for(3s);
  EXPECT_EQ(story.alice.said.size(), 6U);
  EXPECT_EQ(story.alice.requests.held(), 0U);
}

TEST(Requests, a_peer_that_sends_on_behind_an_unanswered_request_is_held_by_its_window) {
  Story story;
  Stranger stranger(story.alice, story.connect());
  stranger.ask("never");
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    const std::size_t room = story.alice.streams.writable(stranger.key);
    sent += room;
    story.alice.streams.write(stranger.key, Bytes(std::vector<std::byte>(room)), false);
    story.world.run_for(100ms);
  }
  EXPECT_LE(sent, 64U * 1024);
}

TEST(Requests, a_peer_that_reads_no_answers_is_given_no_more_of_them) {
  Story story;
  Stranger stranger(story.alice, story.connect());
  stranger.reads = false;
  for (int i = 0; i < 500; ++i) stranger.ask(std::string(1000, 'x'));
  story.world.run_for(1s);
  EXPECT_LE(story.bob.asked.size(), 67U);  // a window of 64 KiB and one more
  stranger.read_on();
  story.world.run_for(5s);
  EXPECT_EQ(story.bob.asked.size(), 500U);
}

TEST(Requests, a_peer_that_never_ends_its_stream_is_reset_though_it_was_answered) {
  Story story({.protocol = "/test/request", .framing = {}, .has_request_body = false});
  Stranger stranger(story.alice, story.connect());
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.asked, Words{""});
  EXPECT_EQ(story.bob.open_streams, 1U);
  story.world.run_for(40s);
  EXPECT_TRUE(stranger.is_ended);
  EXPECT_EQ(story.bob.open_streams, 0U);
  EXPECT_EQ(story.bob.requests.held(), 0U);
}

// Whatever happens to connections and streams, every request ends once and leaves nothing behind.
void live_through(std::uint64_t seed, bool ends_with_request) {
  Story story({.protocol = "/test/request",
               .framing = {.size_max_bytes = 100'000},
               .ends_with_request = ends_with_request,
               .timeout = 3s,
               .under_way_max = 40,
               .inbound_per_connection = 12},
              16, seed);
  Rng rng(seed);
  std::map<std::uint64_t, int> ends;
  const std::vector<std::string> words{"hello", "no", "never", "late", std::string(90'000, 'x')};
  constexpr std::uint64_t requests = 400;
  std::set<std::uint64_t> cancelled;
  for (std::uint64_t id = 1; id <= requests; ++id) {
    story.ask(id, words[static_cast<std::size_t>(rng.below(words.size()))]);
    if (rng.below(20) == 0) {
      const std::uint64_t which = 1 + rng.below(id);
      story.alice.requests.cancel(RequestId{which});
      cancelled.insert(which);
    }
    if (rng.below(40) == 0) story.alice.transport->close_all();
    if (rng.below(40) == 0) story.bob.transport->close_all();
    if (rng.below(40) == 0) story.network.set_cut(1, 2, rng.below(2) == 0);
    story.world.run_for(std::chrono::milliseconds(rng.below(100)));
  }
  story.network.set_cut(1, 2, false);
  story.world.run_for(120s);
  for (const std::string& line : story.alice.said)
    if (line.front() != 'c') ends[std::stoull(line)] += 1;
  for (std::uint64_t id = 1; id <= requests; ++id) {
    EXPECT_LE(ends[id], 1) << "request " << id << " of seed " << seed;
    EXPECT_TRUE(ends[id] == 1 || cancelled.contains(id)) << "request " << id << " of seed " << seed;
  }
  EXPECT_EQ(story.alice.requests.held() + story.bob.requests.held(), 0U) << "seed " << seed;
}

TEST(Requests, end_once_and_leave_nothing_behind_whatever_happens) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) live_through(seed, seed % 2 == 0);
}

}  // namespace
}  // namespace mycel::sim
