// The three shapes of a link over the virtual network: what a protocol may rely on.

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "foundation/wire/multistream.hpp"

#include "node/links/channels.hpp"
#include "node/links/requests.hpp"
#include "node/links/transfers.hpp"

#include "sim/network.hpp"

namespace mycel::sim {
namespace {

using links::ChannelId;
using links::StreamEnd;
using links::TransferFailure;
using links::TransferId;
using Words = std::vector<std::string>;

PeerId peer_number(std::uint8_t number) {
  std::vector<std::byte> multihash(38, std::byte{number});
  multihash[0] = std::byte{0x00};
  multihash[1] = std::byte{36};
  return *PeerId::from_multihash(multihash);
}

std::string text_of(const Bytes& bytes) {
  return std::string(as_text(bytes));
}

/// A node that has one of each link shape and writes down what it hears.
struct Node final : links::ConnectionObserver,
                    links::ConnectionSource,
                    links::RequestsObserver,
                    links::ChannelsObserver,
                    links::TransfersObserver {
  Node(Network& network, World& world, std::uint32_t number, links::RequestsConfig requests_config)
      : self(peer_number(static_cast<std::uint8_t>(number))),
        timers(world),
        events(timers),
        transport(network.attach(number, self)),
        streams(*transport, timers, *this),
        requests(std::move(requests_config), streams, *this, timers, events, *this),
        channels({.protocol = "/test/channel", .framing = {}, .queue_max_bytes = 4096}, streams,
                 events, *this),
        transfers({.protocol = "/test/transfer", .silence_max = 5s}, streams, timers, *this) {}

  // Connections.
  void on_connected(ConnectionId id, const ports::Connected& what) override {
    pool[what.peer] = id;
    requests.on_reachable(what.peer, id);
  }
  void on_closed(ConnectionId id, const ports::Closed& why) override {
    said.push_back("closed " + std::string(ports::to_text(why.reason)));
    std::erase_if(pool, [&](const auto& entry) { return entry.second == id; });
    for (const auto& [peer, address] : book) requests.on_unreachable(peer);
  }
  void on_path(ConnectionId, const ports::PathChanged&) override {}
  void on_streams(ConnectionId, std::size_t open) override { open_streams = open; }
  std::optional<ConnectionId> want(const PeerId& peer) override {
    const auto entry = pool.find(peer);
    if (entry != pool.end()) return entry->second;
    transport->dial(book.at(peer), peer);
    return std::nullopt;
  }

  // Requests: "late" is answered after a second, "no" is refused, "never" is left alone.
  void on_answer(RequestId id, Bytes body) override {
    said.push_back(std::to_string(id.value()) + " answered " + text_of(body));
  }
  void on_failure(RequestId id, RequestFailure why) override {
    said.push_back(std::to_string(id.value()) + " failed " + std::string(to_text(why)));
    if (on_failed) on_failed(id);
  }
  void on_request(links::InboundRequest request) override {
    const std::string body = text_of(request.body);
    asked.push_back(body);
    if (body == "never") return;
    if (body == "no") return requests.refuse(request.id);
    if (body == "late") {
      timers.call_at(timers.now().instant + 1s,
                     [this, id = request.id] { requests.answer(id, Bytes::copy("at last")); });
      return;
    }
    requests.answer(request.id, Bytes::copy(body + "!"));
  }

  // Channels: messages wait until somebody takes them.
  void on_channel(ChannelId id, ConnectionId, const links::StreamPeer&) override { channel = id; }
  void on_message(ChannelId id, Bytes body) override {
    said.push_back(text_of(body.slice(0, 16)));
    if (takes_messages) channels.next(id);
  }
  void on_credit(ChannelId) override { said.push_back("credit"); }
  void on_ended(ChannelId, StreamEnd) override { said.push_back("channel ended"); }

  // Transfers of one text.
  struct Text final : links::TransferSource {
    explicit Text(Bytes bytes) : content(std::move(bytes)) {}
    std::uint64_t size() const override { return content.size(); }
    Bytes read(std::uint64_t offset, std::size_t count) override {
      return content.slice(static_cast<std::size_t>(offset), count);
    }
    Bytes content;
  };
  std::unique_ptr<links::TransferSource> on_wanted(const links::StreamPeer&,
                                                   const Bytes& name) override {
    if (text_of(name) != "book") return nullptr;
    return std::make_unique<Text>(book_text);
  }
  void on_chunk(TransferId id, std::uint64_t offset, Bytes data) override {
    EXPECT_EQ(offset, received.size() + resumed_at);
    append(received, data);
    if (takes_chunks) transfers.consume(id, data.size());
  }
  void on_complete(TransferId, std::uint64_t size) override {
    said.push_back("complete " + std::to_string(size));
  }
  void on_broken(TransferId, std::uint64_t offset, TransferFailure why) override {
    broken_at = offset;
    said.push_back("broken " + std::to_string(static_cast<int>(why)));
  }

  PeerId self;
  NodeTimers timers;
  drive::EventQueue events;
  std::unique_ptr<VirtualLinks> transport;
  links::Switch streams;
  std::map<PeerId, Multiaddr> book;
  std::map<PeerId, ConnectionId> pool;
  links::Requests requests;
  links::Channels channels;
  links::Transfers transfers;
  Words said;
  Words asked;
  std::function<void(RequestId)> on_failed;
  std::size_t open_streams = 0;
  ChannelId channel;
  bool takes_messages = true;
  bool takes_chunks = true;
  Bytes book_text;
  std::vector<std::byte> received;
  std::uint64_t resumed_at = 0;
  std::uint64_t broken_at = 0;
};

/// A peer that does as it likes: one stream, whose bytes are told apart by nobody.
struct Stranger final : links::StreamOwner {
  Stranger(Node& at, ConnectionId connection) : node(at) {
    key = node.streams.open(connection, "/test/request", *this).value();
  }
  void on_inbound(ports::StreamKey, std::string_view, const links::StreamPeer&) override {}
  void on_data(ports::StreamKey, Bytes data, bool) override {
    if (reads) return node.streams.consume(key, data.size());
    unread += data.size();
  }
  void on_writable(ports::StreamKey) override {}
  void on_end(ports::StreamKey, StreamEnd) override { is_ended = true; }
  void on_streams_available(ConnectionId) override {}
  void ask(std::string_view text) {
    node.streams.write(key, links::Framing{}.frame(Bytes::copy(text)), false);
  }
  void read_on() {
    reads = true;
    node.streams.consume(key, std::exchange(unread, 0));
  }

  Node& node;
  ports::StreamKey key;
  bool reads = true;
  bool is_ended = false;
  std::size_t unread = 0;
};

struct Story {
  explicit Story(links::RequestsConfig config = {.protocol = "/test/request", .framing = {}},
                 std::size_t streams_max = 1024, std::uint64_t seed = 7)
      : world(seed),
        network(world, {.latency_min = 20ms,
                        .latency_max = 20ms,
                        .stream_window_bytes = 64 * 1024,
                        .streams_max = streams_max}),
        alice(network, world, 1, config),
        bob(network, world, 2, config) {
    alice.book[bob.self] = Network::address_of(2);
    bob.book[alice.self] = Network::address_of(1);
  }
  void ask(std::uint64_t id, std::string_view text) {
    alice.requests.request(RequestId{id}, bob.self, Bytes::copy(text));
  }
  ConnectionId connect() {
    alice.want(bob.self);
    world.run_for(1s);
    return alice.pool.at(bob.self);
  }

  World world;
  Network network;
  Node alice, bob;
};

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
void live_through(std::uint64_t seed) {
  Story story({.protocol = "/test/request",
               .framing = {.size_max_bytes = 100'000},
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
  for (std::uint64_t seed = 1; seed <= 20; ++seed) live_through(seed);
}

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
