// The gate that new connections wait at, over the virtual network: what waits, what does not, and
// what becomes of it.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "node/links/requests.hpp"

#include "sim/network.hpp"
#include "sim/node.hpp"

namespace mycel::sim {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view entrance = "/test/entrance";
constexpr std::string_view open_to_all = "/test/open";
constexpr std::string_view inside = "/test/inside";

std::string text_of(const Bytes& bytes) {
  return std::string(as_text(bytes));
}

/// Speaks one protocol: answers everything at once, and writes down what it hears.
struct Speaker final : links::RequestsObserver {
  Speaker(std::string_view protocol, links::Switch& streams, links::ConnectionSource& source,
          ports::Timers& timers, drive::EventQueue& events)
      : requests({.protocol = std::string(protocol), .framing = {}, .timeout = 5s}, streams, source,
                 timers, events, *this) {}
  void on_answer(RequestId, Bytes body) override { said.push_back("answered " + text_of(body)); }
  void on_failure(RequestId, RequestFailure why) override {
    said.push_back("failed " + std::string(to_text(why)));
  }
  void on_request(links::InboundRequest request) override {
    heard.push_back(text_of(request.body.slice(0, 8)));
    requests.answer(request.id, Bytes::copy("yes"));
  }
  links::Requests requests;
  Words said;
  Words heard;
};

/// A node behind a gate whose keeper decides when it is told to.
struct Guarded final : links::ConnectionObserver, links::ConnectionSource, links::Gatekeeper {
  Guarded(World& world, Network& network, std::uint32_t number)
      : self(peer_of_number(number)),
        timers(world),
        events(timers),
        transport(network.attach(number, self)),
        streams(*transport, timers, *this),
        hello(entrance, streams, *this, timers, events),
        open(open_to_all, streams, *this, timers, events),
        closed(inside, streams, *this, timers, events) {}

  void guard() { streams.guard({std::string(entrance), {std::string(open_to_all)}}, *this); }
  void connect(std::uint32_t number) { transport->dial(Network::address_of(number), std::nullopt); }

  // Gatekeeper and ConnectionObserver: both hear of the same things.
  void on_connected(ConnectionId id, const ports::Connected&) override { connection = id; }
  void on_closed(ConnectionId, const ports::Closed&) override { connection.reset(); }
  void on_plain(ConnectionId) override { plain += 1; }
  void on_path(ConnectionId, const ports::PathChanged&) override {}
  void on_streams(ConnectionId, std::size_t) override {}
  std::optional<ConnectionId> want(const PeerId&) override { return connection; }

  PeerId self;
  NodeTimers timers;
  drive::EventQueue events;
  std::unique_ptr<VirtualLinks> transport;
  links::Switch streams;
  Speaker hello, open, closed;
  std::optional<ConnectionId> connection;
  int plain = 0;
};

struct Story {
  Story() : network(world, {.latency_min = 20ms, .latency_max = 20ms}) {
    bob.guard();
    alice.connect(2);
    world.run_for(41ms);
  }
  void ask(Speaker& speaker, const std::string& text) {
    speaker.requests.request_on(RequestId{++last_request}, *alice.connection, Bytes::copy(text));
  }
  void admit(links::Access access) { bob.streams.admit(*bob.connection, access); }

  World world{11};
  Network network;
  Guarded alice{world, network, 1};
  Guarded bob{world, network, 2};
  std::uint64_t last_request = 0;
};

TEST(Gate, what_a_peer_asks_waits_until_it_is_let_in) {
  Story story;
  story.ask(story.alice.hello, "hello");
  story.ask(story.alice.closed, "question");
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.hello.heard, Words{"hello"}) << "the entrance never waits";
  EXPECT_EQ(story.bob.closed.heard, Words{});
  story.admit(links::Access::full);
  story.world.run_for(41ms);
  EXPECT_EQ(story.bob.closed.heard, Words{"question"});
  EXPECT_EQ(story.alice.closed.said, Words{"answered yes"});
  EXPECT_EQ(story.bob.plain, 0);
  EXPECT_EQ(story.bob.streams.counters().streams_parked, 1U);
}

TEST(Gate, several_streams_wait_and_all_go_on) {
  Story story;
  story.ask(story.alice.hello, "hello");
  for (int i = 0; i < 20; ++i) story.ask(story.alice.closed, "q" + std::to_string(i));
  story.world.run_for(1s);
  story.admit(links::Access::full);
  story.world.run_for(41ms);
  EXPECT_EQ(story.alice.closed.said, Words(20, "answered yes"));
}

TEST(Gate, with_limited_access_only_what_is_open_to_all_goes_on) {
  Story story;
  story.ask(story.alice.hello, "hello");
  story.ask(story.alice.closed, "question");
  story.ask(story.alice.open, "who");
  story.world.run_for(1s);
  EXPECT_EQ(story.bob.open.heard, Words{});
  story.admit(links::Access::limited);
  story.world.run_for(41ms);
  EXPECT_EQ(story.bob.open.heard, Words{"who"});
  EXPECT_EQ(story.alice.open.said, Words{"answered yes"});
  EXPECT_EQ(story.alice.closed.said, Words{"failed unsupported"});
  story.ask(story.alice.closed, "again");
  story.world.run_for(41ms);
  EXPECT_EQ(story.alice.closed.said, (Words{"failed unsupported", "failed unsupported"}));
  EXPECT_EQ(story.bob.closed.heard, Words{});
}

TEST(Gate, who_begins_with_something_else_is_told_to_the_keeper_at_once) {
  Story story;
  story.ask(story.alice.closed, "question");
  story.world.run_for(21ms);
  EXPECT_EQ(story.bob.plain, 1);
  EXPECT_EQ(story.bob.closed.heard, Words{}) << "what it gets is for the keeper to say";
}

TEST(Gate, who_begins_with_what_nobody_here_speaks_need_not_wait_either) {
  Story story;
  Speaker foreign("/test/foreign", story.alice.streams, story.alice, story.alice.timers,
                  story.alice.events);
  story.ask(foreign, "question");
  story.world.run_for(41ms);
  EXPECT_EQ(foreign.said, Words{"failed unsupported"});
  EXPECT_EQ(story.bob.plain, 1);
}

TEST(Gate, a_second_stream_says_nothing_of_who_dialled) {
  Story story;
  story.ask(story.alice.hello, "hello");
  story.world.run_for(1s);
  story.ask(story.alice.closed, "question");
  story.world.run_for(21ms);
  EXPECT_EQ(story.bob.plain, 0);
}

TEST(Gate, no_more_than_16_KiB_wait_and_what_does_not_fit_is_reset) {
  Story story;
  story.ask(story.alice.hello, "hello");
  story.ask(story.alice.closed, std::string(10 * 1024, 'a'));
  story.ask(story.alice.closed, std::string(10 * 1024, 'b'));
  story.ask(story.alice.closed, std::string(5 * 1024, 'c'));
  story.world.run_for(1s);
  EXPECT_EQ(story.alice.closed.said, Words{"failed refused"});
  story.admit(links::Access::full);
  story.world.run_for(41ms);
  EXPECT_EQ(story.bob.closed.heard, (Words{"aaaaaaaa", "cccccccc"}));
  EXPECT_EQ(story.alice.closed.said, (Words{"failed refused", "answered yes", "answered yes"}));
  EXPECT_EQ(story.bob.streams.counters().streams_over_parking, 1U);
}

TEST(Gate, a_stream_that_is_given_up_while_it_waits_makes_room_for_another) {
  Story story;
  story.ask(story.alice.hello, "hello");
  story.ask(story.alice.closed, std::string(15 * 1024, 'a'));
  story.world.run_for(100ms);
  story.alice.closed.requests.cancel(RequestId{2});
  story.world.run_for(100ms);
  story.ask(story.alice.closed, std::string(15 * 1024, 'b'));
  story.world.run_for(100ms);
  story.admit(links::Access::full);
  story.world.run_for(41ms);
  EXPECT_EQ(story.bob.closed.heard, Words{"bbbbbbbb"});
}

TEST(Gate, a_connection_that_ends_while_it_waits_leaves_nothing_behind) {
  Story story;
  story.ask(story.alice.hello, "hello");
  story.ask(story.alice.closed, "question");
  story.world.run_for(100ms);
  const ConnectionId gone = *story.bob.connection;
  story.alice.transport->close(*story.alice.connection, 0, "");
  story.world.run_for(100ms);
  story.bob.streams.admit(gone, links::Access::full);
  story.world.run_for(100ms);
  EXPECT_EQ(story.bob.closed.heard, Words{});
  EXPECT_EQ(story.bob.closed.requests.held(), 0U);
}

}  // namespace
}  // namespace mycel::sim
