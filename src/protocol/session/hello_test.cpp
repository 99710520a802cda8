#include "protocol/session/hello.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/key.hpp"

namespace mycel::session {
namespace {

using Words = std::vector<std::string>;

crypto::Ed25519PrivateKey key(std::uint8_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{number};
  return crypto::Ed25519PrivateKey(seed);
}
PeerId peer(std::uint8_t number) {
  return wire::peer_id_of(key(number).public_key());
}
const PeerId dialler = peer(1);
const PeerId acceptor = peer(2);
const crypto::Ed25519PrivateKey authority = key(50);
constexpr ConnectionId link{7};  // both ends call it the same here
constexpr UnixTime today{CalendarClock::duration{1'767'225'600'000}};

Bytes certificate(const PeerId& who, const std::string& network = "forest",
                  UnixTime expires = today + 24h, const crypto::Ed25519PrivateKey& by = authority) {
  return seal_certificate(by, {network, who, expires});
}

/// A member of the closed network "forest".
HelloConfig member(const PeerId& who) {
  HelloConfig config{.network = "forest", .strangers = StrangerPolicy::refuse};
  config.authority = authority.public_key();
  config.certificate = certificate(who);
  return config;
}

/// One end of a connection.
struct End {
  End(HelloConfig config, const PeerId& self) : hello(std::move(config), self) {}

  void collect() {
    HelloOutput output;
    hello.take_output(output);
    for (auto& request : output.requests) requests.push_back(request);
    for (auto& answer : output.answers) answers.push_back(answer);
    for (auto& close : output.closes) closes.push_back(close);
    refusals += output.refusals.size();
    for (const auto& event : output.events) events.push_back(told(event));
  }
  std::string told(const HelloEvent& event) {
    if (const auto* welcomed = std::get_if<Welcomed>(&event))
      return std::string(to_text(welcomed->standing)) + (welcomed->is_limited ? ", limited" : "");
    const auto& refused = std::get<Refused>(event);
    text = refused.text;
    return (refused.is_by_peer ? "refused by peer: " : "refuses: ") +
           std::string(to_text(refused.reason));
  }

  Hello hello;
  std::vector<HelloRequest> requests;
  std::vector<HelloAnswer> answers;
  std::vector<HelloClose> closes;
  std::size_t refusals = 0;
  Words events;
  std::string text;
};

/// Two nodes and one connection between them, which carries what they say at once.
struct Story {
  explicit Story(HelloConfig dials = {}, HelloConfig answers = {})
      : one(std::move(dials), dialler), other(std::move(answers), acceptor) {}

  void connect() {
    one.hello.on_connected(now, link, acceptor, Direction::outbound);
    other.hello.on_connected(now, link, dialler, Direction::inbound);
    one.collect();
    other.collect();
  }
  void meet() {
    connect();
    other.hello.on_message(now, InboundId{1}, link, one.requests.at(0).body);
    other.collect();
    if (!other.answers.empty()) one.hello.on_answer(now, one.requests[0].id, other.answers[0].body);
    one.collect();
    carry_close(one, other);
    carry_close(other, one);
  }
  void carry_close(End& from, End& to) const {
    if (from.closes.empty()) return;
    to.hello.on_closed(now, link, from.closes[0].code, from.closes[0].text);
    to.collect();
  }
  void pass(Duration span) {
    now.instant += span;
    now.unix = now.unix + span;
    for (End* end : {&one, &other}) {
      end->hello.on_deadline(now);
      end->collect();
    }
  }

  Now now{Instant{} + 1h, today};
  End one;
  End other;
};

TEST(Hello, two_nodes_of_an_open_network_are_peers_after_one_exchange) {
  Story story;
  story.meet();
  EXPECT_EQ(story.one.events, Words{"peer"});
  EXPECT_EQ(story.other.events, Words{"peer"});
  EXPECT_EQ(story.one.hello.next_deadline(), never);
}

TEST(Hello, an_older_peer_is_spoken_to_in_its_version_and_with_the_features_of_both) {
  Story story({.version = {1, 4, 0}, .features = {"zstd", "cards", "paths"}},
              {.version = {1, 2, 9}, .features = {"cards", "zstd", "radio"}});
  story.meet();
  for (const End* end : {&story.one, &story.other}) {
    const Session* session = end->hello.session(link);
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(to_text(session->common), "1.2.9");
    EXPECT_EQ(end->hello.shared_features(*session), (Words{"cards", "zstd"}));
  }
}

TEST(Hello, a_newer_major_version_is_fine_when_its_minimum_is_ours) {
  Story story({.version = {1, 0, 0}}, {.version = {3, 0, 0}, .minimum = {1, 0, 0}});
  story.meet();
  EXPECT_EQ(to_text(story.one.hello.session(link)->common), "1.0.0");
  EXPECT_EQ(to_text(story.other.hello.session(link)->common), "1.0.0");
}

TEST(Hello, a_peer_below_the_minimum_is_refused_and_both_sides_read_both_versions) {
  Story story({.version = {1, 9, 0}}, {.version = {2, 1, 0}, .minimum = {2, 0, 0}});
  story.meet();
  EXPECT_EQ(story.other.events, Words{"refuses: version_mismatch"});
  EXPECT_EQ(story.one.events, Words{"refused by peer: version_mismatch"});
  EXPECT_EQ(story.one.text,
            "version_mismatch: the refusing side speaks 2.1.0 (minimum 2.0.0), the refused side "
            "1.9.0 (minimum 1.0.0)");
  EXPECT_EQ(story.one.hello.counters().version_mismatches, 1U);
  EXPECT_EQ(story.other.hello.counters().version_mismatches, 1U);
  EXPECT_TRUE(story.other.answers.empty()) << "who is refused learns no more than why";
}

TEST(Hello, a_node_refuses_an_answer_that_is_below_its_own_minimum) {
  Story story({.version = {2, 0, 0}, .minimum = {2, 0, 0}}, {.version = {1, 0, 0}});
  story.connect();
  story.one.hello.on_answer(story.now, story.one.requests[0].id,
                            encode(HelloMessage{.version = {1, 0, 0},
                                                .minimum = {1, 0, 0},
                                                .network = "mycel",
                                                .features = {},
                                                .extensions = {},
                                                .certificate = {},
                                                .join_proof = {}}));
  story.one.collect();
  EXPECT_EQ(story.one.events, Words{"refuses: version_mismatch"});
  EXPECT_EQ(story.one.closes.at(0).code, close_code(HelloRefusal::version_mismatch));
}

TEST(Hello, a_peer_of_another_network_is_refused_by_name) {
  Story story({.network = "meadow"}, {.network = "forest"});
  story.meet();
  EXPECT_EQ(story.one.events, Words{"refused by peer: other_network"});
  EXPECT_NE(story.one.text.find("forest, the refused side of meadow"), std::string::npos)
      << story.one.text;
}

TEST(Hello, extensions_that_nobody_knows_change_nothing) {
  Story story({.extensions = {{"org.example.weather", Bytes::copy("rain")}}}, {});
  story.meet();
  EXPECT_EQ(story.other.events, Words{"peer"});
}

TEST(Hello, members_of_a_closed_network_know_each_other_by_their_certificates) {
  Story story(member(dialler), member(acceptor));
  story.meet();
  EXPECT_EQ(story.one.events, Words{"member"});
  EXPECT_EQ(story.other.events, Words{"member"});
}

struct Forgery {
  std::string what;
  Bytes shown;
  std::string refusal;
};

TEST(Hello, a_certificate_that_proves_nothing_is_refused_by_name) {
  Bytes tampered = certificate(dialler);
  std::vector<std::byte> bytes(tampered.begin(), tampered.end());
  bytes.back() ^= std::byte{1};
  const std::vector<Forgery> forgeries = {
      {"forged", Bytes(std::move(bytes)), "certificate_invalid"},
      {"no certificate at all", Bytes::copy("let me in"), "certificate_invalid"},
      {"expired", certificate(dialler, "forest", today), "certificate_expired"},
      {"of another peer", certificate(peer(9)), "certificate_misplaced"},
      {"of its own making", certificate(dialler, "forest", today + 24h, key(1)),
       "certificate_foreign"},
      {"from another network of the same authority", certificate(dialler, "meadow"),
       "certificate_misplaced"}};
  for (const Forgery& forgery : forgeries) {
    HelloConfig liar = member(dialler);
    liar.certificate = forgery.shown;
    Story story(liar, member(acceptor));
    story.meet();
    EXPECT_EQ(story.other.events, Words{"refuses: " + forgery.refusal}) << forgery.what;
    EXPECT_EQ(story.one.events, Words{"refused by peer: " + forgery.refusal}) << forgery.what;
  }
}

TEST(Hello, a_dialled_node_cannot_lie_about_its_membership_either) {
  HelloConfig liar = member(acceptor);
  liar.certificate = certificate(peer(9));
  Story story(member(dialler), liar);
  story.meet();
  EXPECT_EQ(story.one.events, Words{"refuses: certificate_misplaced"});
}

TEST(Hello, a_membership_ends_with_its_certificate_although_the_connection_lasts) {
  HelloConfig brief = member(dialler);
  brief.certificate = certificate(dialler, "forest", today + 30h);
  HelloConfig lasting = member(acceptor);
  lasting.certificate = certificate(acceptor, "forest", today + 90h);
  Story story(brief, lasting);
  story.meet();
  story.pass(25h);
  EXPECT_EQ(story.other.events, Words{"member"});
  story.pass(5h);
  EXPECT_EQ(story.other.events, (Words{"member", "refuses: certificate_expired"}));
  EXPECT_EQ(story.one.events, Words{"member"});
}

TEST(Hello, strangers_get_what_the_policy_says) {
  const std::vector<std::pair<StrangerPolicy, std::string>> policies = {
      {StrangerPolicy::welcome, "stranger"},
      {StrangerPolicy::limited, "stranger, limited"},
      {StrangerPolicy::refuse, "refuses: stranger"}};
  for (const auto& [policy, outcome] : policies) {
    Story story({.strangers = policy}, {.strangers = policy});
    story.connect();
    story.one.hello.on_failure(story.now, story.one.requests[0].id, RequestFailure::unsupported);
    story.other.hello.on_plain(story.now, link);
    story.one.collect();
    story.other.collect();
    EXPECT_EQ(story.one.events, Words{outcome});
    EXPECT_EQ(story.other.events, Words{outcome});
  }
}

TEST(Hello, who_has_no_certificate_is_a_stranger_in_a_closed_network) {
  HelloConfig bare = member(dialler);
  bare.certificate = {};
  HelloConfig open_minded = member(acceptor);
  open_minded.strangers = StrangerPolicy::limited;
  Story story(bare, open_minded);
  story.meet();
  EXPECT_EQ(story.other.events, Words{"stranger, limited"});
  EXPECT_EQ(to_text(story.other.hello.session(link)->common), "1.0.0");
}

TEST(Hello, a_silent_peer_is_a_stranger_when_its_time_is_over) {
  Story story({}, {.strangers = StrangerPolicy::limited});
  story.connect();
  story.pass(5s - 1ns);
  EXPECT_EQ(story.other.events, Words{});
  story.pass(1ns);
  EXPECT_EQ(story.other.events, Words{"stranger, limited"});
  // A hello that comes after all is too late to change that.
  story.other.hello.on_message(story.now, InboundId{1}, link, story.one.requests[0].body);
  story.other.collect();
  EXPECT_EQ(story.other.refusals, 1U);
  EXPECT_EQ(story.other.events, Words{"stranger, limited"});
}

TEST(Hello, a_second_hello_on_a_connection_is_refused) {
  Story story;
  story.meet();
  story.other.hello.on_message(story.now, InboundId{2}, link, story.one.requests[0].body);
  story.other.collect();
  EXPECT_EQ(story.other.refusals, 1U);
  EXPECT_EQ(story.other.answers.size(), 1U);
  EXPECT_EQ(story.other.hello.counters().repeated, 1U);
}

TEST(Hello, only_who_dialled_says_hello_first) {
  Story story;
  story.connect();
  story.one.hello.on_message(story.now, InboundId{2}, link, story.one.requests[0].body);
  story.one.collect();
  EXPECT_EQ(story.one.refusals, 1U);
  EXPECT_EQ(story.one.events, Words{});
}

TEST(Hello, two_that_dial_each_other_at_once_settle_both_connections) {
  Story story;
  story.meet();
  constexpr ConnectionId back{8};
  story.other.hello.on_connected(story.now, back, dialler, Direction::outbound);
  story.one.hello.on_connected(story.now, back, acceptor, Direction::inbound);
  story.other.collect();
  story.one.hello.on_message(story.now, InboundId{5}, back, story.other.requests.at(0).body);
  story.one.collect();
  story.other.hello.on_answer(story.now, story.other.requests[0].id, story.one.answers.at(0).body);
  story.other.collect();
  EXPECT_EQ(story.one.events, (Words{"peer", "peer"}));
  EXPECT_EQ(story.other.events, (Words{"peer", "peer"}));
}

TEST(Hello, a_join_token_is_asked_for_and_never_told) {
  const std::string token = "correct horse battery staple";
  Story story({.join_token = token}, {.join_token = token});
  story.meet();
  EXPECT_EQ(story.one.events, Words{"peer"});
  EXPECT_EQ(story.other.events, Words{"peer"});
  EXPECT_EQ(as_text(story.one.requests[0].body).find(token), std::string_view::npos);
}

TEST(Hello, without_the_join_token_nobody_is_let_in) {
  for (const std::string guess : {"", "hunter2"}) {
    Story story({.join_token = guess}, {.join_token = "correct horse"});
    story.meet();
    EXPECT_EQ(story.other.events, Words{"refuses: join_token"});
  }
}

TEST(Hello, the_proof_of_a_token_is_of_no_use_to_whom_it_was_shown) {
  const std::string token = "correct horse";
  Story story({.join_token = token}, {.join_token = token});
  story.connect();
  // The dialled node shows what it was shown as its own proof.
  story.one.hello.on_answer(story.now, story.one.requests[0].id, story.one.requests[0].body);
  story.one.collect();
  EXPECT_EQ(story.one.events, Words{"refuses: join_token"});
}

TEST(Hello, bytes_that_are_no_hello_are_refused) {
  Story story;
  story.connect();
  story.other.hello.on_message(story.now, InboundId{1}, link, as_bytes("GET / HTTP/1.1"));
  story.other.collect();
  EXPECT_EQ(story.other.events, Words{"refuses: malformed"});
}

TEST(Hello, more_connections_than_sessions_are_closed_with_the_limit_that_they_met) {
  Story story({}, {.sessions_max = 1});
  story.meet();
  story.other.hello.on_connected(story.now, ConnectionId{8}, dialler, Direction::inbound);
  story.other.collect();
  ASSERT_EQ(story.other.closes.size(), 1U);
  EXPECT_EQ(story.other.closes[0].text, "the limit of 1 sessions is reached");
}

TEST(Hello, what_a_peer_says_while_it_refuses_cannot_harm_a_terminal) {
  Story story;
  story.connect();
  story.one.hello.on_closed(story.now, link, close_code(HelloRefusal::stranger), "\x1b[2Jgo away");
  story.one.collect();
  EXPECT_EQ(story.one.text, "?[2Jgo away");
}

TEST(Hello, a_connection_that_ends_leaves_nothing_behind) {
  Story story(member(dialler), member(acceptor));
  story.meet();
  story.one.hello.on_closed(story.now, link, 0, "");
  story.one.collect();
  EXPECT_EQ(story.one.hello.session(link), nullptr);
  EXPECT_EQ(story.one.hello.next_deadline(), never);
  EXPECT_EQ(story.one.events, Words{"member"});
}

}  // namespace
}  // namespace mycel::session
