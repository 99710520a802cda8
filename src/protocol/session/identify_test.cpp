#include "protocol/session/identify.hpp"

#include <array>
#include <string>
#include <utility>
#include <variant>

#include <gtest/gtest.h>

#include "foundation/crypto/ed25519.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_record.hpp"

namespace mycel::session {
namespace {

Multiaddr at(const std::string& text) {
  const auto address = wire::parse_multiaddr(text);
  EXPECT_TRUE(address) << text;
  return *address;
}

crypto::Ed25519PrivateKey key(std::uint8_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{number};
  return crypto::Ed25519PrivateKey(seed);
}
PeerId peer(std::uint8_t number) {
  return wire::peer_id_of(key(number).public_key());
}
const PeerId self = peer(100);
const PeerId alice = peer(1);
const PeerId bob = peer(2);
constexpr ConnectionId first_connection{1};

Multiaddr home(int who) {
  return at("/ip4/8.8.8." + std::to_string(who) + "/udp/4001/quic-v1");
}
const Multiaddr seen_here = at("/ip4/203.0.113.1/udp/4001/quic-v1");

using Words = std::vector<std::string>;

struct Story {
  Identify identify{{}, self, Rng(1)};
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  std::vector<IdentifyRequest> requests;
  std::vector<IdentifyAnswer> answers;
  std::vector<IdentifyPush> pushes;
  std::vector<Identified> identified;
  Words events;

  static IdentifyMessage about(std::uint8_t who) {
    return {.protocol_version = "ipfs/0.1.0",
            .agent_version = "friend",
            .public_key = Bytes::copy(peer(who).inlined_key()),
            .listen_addresses = {home(who)},
            .protocols = {"/z", std::string(identify_push_protocol), "/a"}};
  }

  void connects(std::uint8_t who, std::uint64_t connection = 1) {
    identify.on_peer_connected(now, ConnectionId{connection}, peer(who), home(who));
    collect();
  }
  void disconnects(std::uint8_t who) {
    identify.on_peer_disconnected(now, peer(who));
    collect();
  }
  void answers_with(const IdentifyMessage& message) {
    identify.on_answer(now, requests.back().id, encode(message));
    collect();
  }
  void fails(RequestFailure failure) {
    identify.on_failure(now, requests.back().id, failure);
    collect();
  }
  void pushes_us(std::uint8_t who, const IdentifyMessage& message) {
    identify.on_push(now, peer(who), encode(message));
    collect();
  }
  IdentifyMessage asks(std::uint8_t who, ConnectionId connection = first_connection) {
    identify.on_request(now, InboundId{7}, connection, peer(who));
    collect();
    return *decode_identify(answers.back().body);
  }
  void listens(Addresses addresses) {
    identify.set_local(now, std::move(addresses), {"/mine"}, {});
    collect();
  }
  void identifies(std::uint8_t who, std::optional<Multiaddr> observed = std::nullopt) {
    connects(who);
    auto message = about(who);
    message.observed = std::move(observed);
    answers_with(message);
  }
  void pass(Duration span) {
    const Instant end = now.instant + span;
    while (identify.next_deadline() <= end) {
      now.instant = std::max(now.instant, identify.next_deadline());
      identify.on_deadline(now);
      collect();
    }
    now.instant = end;
  }
  void collect() {
    IdentifyOutput output;
    identify.take_output(output);
    for (auto& each : output.requests) requests.push_back(each);
    for (auto& each : output.answers) answers.push_back(each);
    for (auto& each : output.pushes) pushes.push_back(each);
    for (auto& each : output.events) std::visit([&](const auto& event) { hear(event); }, each);
  }
  void hear(const Identified& event) {
    identified.push_back(event);
    events.push_back("identified");
  }
  void hear(const Updated&) { events.emplace_back("updated"); }
  void hear(const Unidentified& event) {
    events.push_back("unidentified: " + std::string(to_text(event.failure)));
  }
  void hear(const ObservedAddress& event) {
    events.push_back("seen at " + wire::to_text(event.address));
  }
  void hear(const ObservedAddressLost& event) {
    events.push_back("not seen at " + wire::to_text(event.address));
  }
  Words take_events() { return std::exchange(events, {}); }
};

TEST(Identify, a_connected_peer_is_asked_and_reported) {
  Story story;
  story.connects(1);
  ASSERT_EQ(story.requests.size(), 1U);
  EXPECT_EQ(story.requests[0].peer, alice);
  auto message = Story::about(1);
  message.observed = wire::with_peer(seen_here, self);
  story.answers_with(message);
  ASSERT_EQ(story.identified.size(), 1U);
  const Identified& alice_is = story.identified[0];
  EXPECT_EQ(alice_is.peer, alice);
  EXPECT_EQ(alice_is.identity.agent_version, "friend");
  EXPECT_EQ(alice_is.identity.addresses, Addresses{home(1)});
  EXPECT_EQ(alice_is.observed, seen_here);
  EXPECT_TRUE(alice_is.identity.speaks("/a"));
  EXPECT_FALSE(alice_is.identity.speaks("/b"));
  EXPECT_EQ(*story.identify.identity_of(alice), alice_is.identity);
}

TEST(Identify, a_failure_is_tried_once_more) {
  Story story;
  story.connects(1);
  story.fails(RequestFailure::timeout);
  EXPECT_EQ(story.requests.size(), 1U);
  story.pass(2s);
  EXPECT_EQ(story.requests.size(), 2U);
  story.fails(RequestFailure::refused);
  story.pass(1min);
  EXPECT_EQ(story.requests.size(), 2U);
  EXPECT_EQ(story.take_events(), Words{"unidentified: refused"});
}

TEST(Identify, a_peer_that_does_not_speak_it_is_not_asked_again) {
  Story story;
  story.connects(1);
  story.fails(RequestFailure::unsupported);
  EXPECT_EQ(story.take_events(), Words{"unidentified: unsupported"});
  EXPECT_EQ(story.identify.next_deadline(), never);
}

TEST(Identify, a_new_connection_is_a_new_chance) {
  Story story;
  story.connects(1, 1);
  story.fails(RequestFailure::unsupported);
  story.connects(1, 2);
  EXPECT_EQ(story.requests.size(), 2U);
  EXPECT_EQ(story.requests.back().connection, ConnectionId{2});
}

TEST(Identify, a_message_with_the_key_of_somebody_else_is_refused) {
  Story story;
  story.connects(1);
  story.answers_with(Story::about(2));
  EXPECT_EQ(story.take_events(), Words{"unidentified: malformed"});
  EXPECT_EQ(story.identify.counters().refused, 1U);
}

TEST(Identify, an_answer_that_comes_after_the_connection_ended_is_ignored) {
  Story story;
  story.connects(1);
  story.disconnects(1);
  story.answers_with(Story::about(1));
  EXPECT_EQ(story.take_events(), Words{});
  story.connects(2);
  story.fails(RequestFailure::timeout);
  story.disconnects(2);
  EXPECT_EQ(story.identify.next_deadline(), never);
}

TEST(Identify, tells_who_asks_where_it_sees_them) {
  Story story;
  story.listens({home(100)});
  story.connects(1);
  const auto message = story.asks(1);
  EXPECT_EQ(message.observed, home(1));
  EXPECT_EQ(message.listen_addresses, Addresses{home(100)});
  EXPECT_EQ(message.protocols, std::vector<std::string>{"/mine"});
  EXPECT_TRUE(check_sender(message, self));
  EXPECT_FALSE(story.asks(1, ConnectionId{99}).observed);
}

TEST(Identify, changes_are_gathered_and_pushed_to_those_who_follow) {
  Story story;
  story.identifies(1);
  story.connects(2);
  auto deaf = Story::about(2);
  deaf.protocols = {"/z"};
  story.answers_with(deaf);
  story.listens({home(101)});
  story.pass(500ms);
  story.listens({home(102)});
  EXPECT_EQ(story.pushes.size(), 0U);
  story.pass(500ms);
  ASSERT_EQ(story.pushes.size(), 1U);
  EXPECT_EQ(story.pushes[0].peer, alice);
  EXPECT_EQ(decode_identify(story.pushes[0].body)->listen_addresses, Addresses{home(102)});
  story.listens({home(102)});
  story.pass(10s);
  EXPECT_EQ(story.pushes.size(), 1U);  // nothing changed
}

TEST(Identify, who_asked_before_a_change_and_was_identified_after_it_is_told) {
  Story story;
  story.connects(1);
  story.asks(1);
  story.listens({home(101)});
  story.pass(5s);
  EXPECT_EQ(story.pushes.size(), 0U);  // it is not known yet that it follows pushes
  story.answers_with(Story::about(1));
  story.pass(1s);
  EXPECT_EQ(story.pushes.size(), 1U);
}

TEST(Identify, a_peer_whose_connection_moved_is_told_where_it_is_seen_now) {
  Story story;
  story.listens({home(100)});
  story.identifies(1);
  story.identify.on_peer_connected(story.now, first_connection, alice, seen_here);
  story.collect();
  ASSERT_EQ(story.pushes.size(), 1U);
  EXPECT_EQ(story.pushes[0].peer, alice);
  EXPECT_EQ(decode_identify(story.pushes[0].body)->observed, seen_here);
  story.identify.on_peer_connected(story.now, first_connection, alice, seen_here);
  story.identify.on_peer_connected(story.now, ConnectionId{2}, alice, home(1));
  story.collect();
  EXPECT_EQ(story.pushes.size(), 1U) << "it has not moved, and who connects anew asks by itself";
}

TEST(Identify, a_push_changes_what_it_says_and_nothing_else) {
  Story story;
  story.identifies(1);
  story.take_events();
  story.pushes_us(1, {.protocols = {"/new"}});
  EXPECT_EQ(story.take_events(), Words{"updated"});
  const Identity identity = *story.identify.identity_of(alice);
  EXPECT_EQ(identity.protocols, std::vector<std::string>{"/new"});
  EXPECT_EQ(identity.agent_version, "friend");
  EXPECT_EQ(identity.addresses, Addresses{home(1)});
  story.pushes_us(1, {.protocols = {"/new"}});
  EXPECT_EQ(story.take_events(), Words{});
}

TEST(Identify, a_push_before_the_answer_identifies) {
  Story story;
  story.connects(1);
  story.fails(RequestFailure::timeout);
  story.pushes_us(1, Story::about(1));
  EXPECT_EQ(story.take_events(), Words{"identified"});
  story.pass(1min);
  EXPECT_EQ(story.requests.size(), 1U);
}

TEST(Identify, signed_addresses_are_preferred_and_an_older_record_says_nothing) {
  Story story;
  const auto record = [&](std::uint64_t sequence, const Multiaddr& address) {
    return wire::seal_peer_record(key(1), {alice, sequence, {address}});
  };
  story.connects(1);
  auto message = Story::about(1);
  message.signed_peer_record = record(5, home(11));
  story.answers_with(message);
  EXPECT_TRUE(story.identify.identity_of(alice)->are_addresses_signed);
  EXPECT_EQ(story.identify.identity_of(alice)->addresses, Addresses{home(11)});
  story.pushes_us(1, {.signed_peer_record = record(4, home(12))});
  EXPECT_EQ(story.identify.identity_of(alice)->addresses, Addresses{home(11)});
  story.pushes_us(1, {.signed_peer_record = record(6, home(13))});
  EXPECT_EQ(story.identify.identity_of(alice)->addresses, Addresses{home(13)});
}

TEST(Identify, an_address_counts_when_two_networks_see_it_and_until_they_no_longer_do) {
  Story story;
  story.identifies(1, seen_here);
  EXPECT_EQ(story.take_events(), Words{"identified"});
  story.pass(10min);
  story.identifies(2, wire::with_peer(seen_here, self));
  EXPECT_EQ(story.take_events(),
            (Words{"seen at /ip4/203.0.113.1/udp/4001/quic-v1", "identified"}));
  EXPECT_EQ(story.identify.observed_addresses(), Addresses{seen_here});
  story.pass(20min);
  EXPECT_EQ(story.take_events(), Words{"not seen at /ip4/203.0.113.1/udp/4001/quic-v1"});
}

TEST(Identify, one_network_is_one_voice_whatever_ids_it_has) {
  Story story;
  for (std::uint8_t who = 1; who <= 9; ++who) {
    story.identify.on_peer_connected(story.now, ConnectionId{who}, peer(who),
                                     at("/ip4/8.8.8.8/udp/" + std::to_string(who) + "/quic-v1"));
    story.collect();
    auto message = Story::about(who);
    message.observed = seen_here;
    story.answers_with(message);
  }
  EXPECT_TRUE(story.identify.observed_addresses().empty());
}

TEST(ObservedAddresses, private_ones_count_only_where_that_is_wanted) {
  const Multiaddr inside = at("/ip4/10.0.0.1/udp/4001/quic-v1");
  std::vector<ObservedAddresses::Change> changes;
  ObservedAddresses outside;
  ObservedAddresses lan({.is_private_allowed = true});
  for (int who = 1; who <= 2; ++who) {
    outside.report(Instant{}, inside, home(who), changes);
    lan.report(Instant{}, inside, home(who), changes);
  }
  EXPECT_TRUE(outside.addresses().empty());
  EXPECT_EQ(lan.addresses(), Addresses{inside});
}

TEST(ObservedAddresses, a_flood_of_addresses_does_not_displace_those_that_count) {
  ObservedAddresses observed({.candidates_max = 8});
  std::vector<ObservedAddresses::Change> changes;
  observed.report(Instant{}, seen_here, home(1), changes);
  observed.report(Instant{}, seen_here, home(2), changes);
  for (int port = 1; port <= 1000; ++port)
    observed.report(Instant{}, at("/ip4/203.0.113.1/udp/" + std::to_string(port) + "/quic-v1"),
                    home(port % 200), changes);
  EXPECT_LE(observed.candidates(), 8U);
  EXPECT_EQ(observed.addresses(), Addresses{seen_here});
  for (int minute = 1; observed.next_deadline() != never; ++minute) {
    ASSERT_LT(minute, 100);
    observed.on_deadline(Instant{} + minute * 1min, changes);
  }
  EXPECT_EQ(observed.candidates(), 0U);
}

TEST(ObservedAddresses, an_address_that_many_see_stays_seen) {
  ObservedAddresses observed({.voters_per_candidate_max = 4});
  std::vector<ObservedAddresses::Change> changes;
  for (int who = 1; who <= 100; ++who)
    observed.report(Instant{} + who * 1min, seen_here, home(who), changes);
  EXPECT_EQ(changes.size(), 1U);
}

}  // namespace
}  // namespace mycel::session
