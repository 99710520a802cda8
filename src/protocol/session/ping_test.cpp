#include "protocol/session/ping.hpp"

#include <array>
#include <string>
#include <utility>
#include <variant>

#include <gtest/gtest.h>

namespace mycel::session {
namespace {

PeerId peer(std::uint8_t number) {
  std::array<std::byte, 34> multihash{};
  multihash[0] = std::byte{0x12};
  multihash[1] = std::byte{32};
  multihash[2] = std::byte{number};
  return *PeerId::from_multihash(multihash);
}
const PeerId alice = peer(1);
const PeerId bob = peer(2);

using Words = std::vector<std::string>;

struct Story {
  explicit Story(PingConfig config = {}) : ping(config, Rng(1)) {}

  Ping ping;
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  std::vector<PingRequest> requests;
  std::vector<PingAnswer> answers;
  std::vector<InboundId> refusals;
  Words events;

  void connects(const PeerId& who) {
    ping.on_peer_connected(now, who);
    collect();
  }
  OperationId wants(const PeerId& who) {
    const OperationId operation = ping.ping(now, who);
    collect();
    return operation;
  }
  void comes_back() {
    const PingRequest request = take_request();
    ping.on_answer(now, request.id, request.payload);
    collect();
  }
  void fails(RequestFailure failure) {
    ping.on_failure(now, take_request().id, failure);
    collect();
  }
  PingRequest take_request() {
    const PingRequest request = requests.at(0);
    requests.erase(requests.begin());
    return request;
  }
  void pass(Duration span) {
    const Instant end = now.instant + span;
    while (ping.next_deadline() <= end) {
      now.instant = std::max(now.instant, ping.next_deadline());
      ping.on_deadline(now);
      collect();
    }
    now.instant = end;
  }
  void collect() {
    PingOutput output;
    ping.take_output(output);
    for (auto& each : output.requests) requests.push_back(each);
    for (auto& each : output.answers) answers.push_back(each);
    for (auto& each : output.refusals) refusals.push_back(each);
    for (auto& each : output.events) std::visit([&](const auto& event) { hear(event); }, each);
  }
  void hear(const PingSucceeded& event) {
    events.push_back(std::to_string(event.operation.value()) + ": " +
                     std::to_string(milliseconds(event.round_trip)) + " ms");
  }
  void hear(const PingFailed& event) {
    events.push_back(std::to_string(event.operation.value()) + ": " +
                     std::string(to_text(event.failure)));
  }
  void hear(const PeerSilent& event) {
    events.push_back("silent after " + std::to_string(event.misses));
  }
  Words take_events() { return std::exchange(events, {}); }
};

TEST(Ping, measures_the_round_trip) {
  Story story;
  story.wants(alice);
  ASSERT_EQ(story.requests.size(), 1U);
  EXPECT_EQ(story.requests[0].payload.size(), ping_size_bytes);
  story.pass(40ms);
  story.comes_back();
  EXPECT_EQ(story.take_events(), Words{"1: 40 ms"});
}

TEST(Ping, pings_that_are_wanted_meanwhile_share_one) {
  Story story;
  for (int i = 0; i < 17; ++i) story.wants(alice);
  EXPECT_EQ(story.requests.size(), 1U);
  EXPECT_EQ(story.take_events(), Words{"17: overloaded"});
  story.comes_back();
  EXPECT_EQ(story.take_events().size(), 16U);
}

TEST(Ping, every_ping_is_different) {
  Story story;
  story.wants(alice);
  story.wants(bob);
  EXPECT_NE(story.requests[0].payload, story.requests[1].payload);
}

TEST(Ping, what_comes_back_changed_is_no_answer) {
  Story story;
  story.wants(alice);
  story.ping.on_answer(story.now, story.take_request().id,
                       as_bytes("thirty-two bytes, but not ours.."));
  story.collect();
  EXPECT_EQ(story.take_events(), Words{"1: malformed"});
}

TEST(Ping, connected_peers_are_pinged_about_every_thirty_seconds) {
  Story story;
  story.connects(alice);
  story.pass(23s);
  EXPECT_EQ(story.requests.size(), 0U);
  story.pass(13s);
  EXPECT_EQ(story.requests.size(), 1U);
  story.pass(20ms);
  story.comes_back();
  EXPECT_GE(story.ping.round_trip(alice), 20ms);
  for (int i = 0; i < 100; ++i) {
    story.pass(30s);
    while (!story.requests.empty()) story.comes_back();
  }
  EXPECT_GE(story.ping.counters().sent, 80U);
  EXPECT_LE(story.ping.counters().sent, 125U);
}

TEST(Ping, a_silent_peer_is_reported_once_until_it_answers) {
  Story story;
  story.connects(alice);
  const auto miss = [&] {
    while (story.requests.empty()) story.pass(1s);
    story.fails(RequestFailure::timeout);
  };
  for (int i = 0; i < 3; ++i) miss();
  EXPECT_EQ(story.take_events(), Words{"silent after 3"});
  for (int i = 0; i < 5; ++i) miss();
  EXPECT_EQ(story.take_events(), Words{});
  while (story.requests.empty()) story.pass(1s);
  story.comes_back();
  for (int i = 0; i < 3; ++i) miss();
  EXPECT_EQ(story.take_events(), Words{"silent after 3"});
}

TEST(Ping, a_peer_that_does_not_speak_it_is_not_silent) {
  Story story;
  story.connects(alice);
  story.pass(36s);
  story.fails(RequestFailure::unsupported);
  EXPECT_EQ(story.ping.next_deadline(), never);
  EXPECT_EQ(story.take_events(), Words{});
}

TEST(Ping, our_own_limits_are_not_held_against_a_peer) {
  Story story({.misses_max = 1});
  story.connects(alice);
  story.pass(36s);
  story.fails(RequestFailure::overloaded);
  EXPECT_EQ(story.take_events(), Words{});
}

TEST(Ping, a_disconnected_peer_is_left_alone) {
  Story story;
  story.connects(alice);
  story.ping.on_peer_disconnected(story.now, alice);
  EXPECT_EQ(story.ping.next_deadline(), never);
  EXPECT_EQ(story.ping.round_trip(alice), std::nullopt);
}

TEST(Ping, echoes_thirty_two_bytes_and_nothing_else) {
  Story story;
  const Bytes payload = Bytes::copy("thirty-two bytes, and not less..");
  story.ping.on_request(story.now, InboundId{1}, payload);
  story.ping.on_request(story.now, InboundId{2}, Bytes::copy("short"));
  story.collect();
  ASSERT_EQ(story.answers.size(), 1U);
  EXPECT_EQ(story.answers[0].payload, payload);
  EXPECT_EQ(story.refusals, std::vector{InboundId{2}});
}

TEST(Ping, can_be_switched_off) {
  Story story({.every = 0s});
  story.connects(alice);
  EXPECT_EQ(story.ping.next_deadline(), never);
}

}  // namespace
}  // namespace mycel::session
