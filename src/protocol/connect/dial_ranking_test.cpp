#include "protocol/connect/dial_ranking.hpp"

#include <string>

#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

Multiaddr at(const std::string& text) {
  const auto address = wire::parse_multiaddr(text);
  EXPECT_TRUE(address) << text;
  return *address;
}

KnownAddress known(const std::string& text, Source source = Source::learned) {
  return {.address = at(text), .source = source, .expires = Instant{} + 1h};
}

constexpr Instant now = Instant{} + 1min;

OwnAddresses listening(const std::vector<std::string>& texts) {
  Addresses addresses;
  for (const auto& text : texts) addresses.push_back(at(text));
  return OwnAddresses(addresses);
}

const OwnAddresses everywhere =
    listening({"/ip4/0.0.0.0/udp/4001/quic-v1", "/ip6/::/udp/4001/quic-v1"});

std::vector<std::string> order(const std::vector<KnownAddress>& addresses,
                               const OwnAddresses& own = everywhere) {
  std::vector<std::string> texts;
  for (const RankedAddress& each : rank(now, addresses, own))
    texts.push_back(wire::to_text(each.address));
  return texts;
}

using Texts = std::vector<std::string>;
const std::string global4 = "/ip4/8.8.8.1/udp/4001/quic-v1";
const std::string other4 = "/ip4/8.8.8.2/udp/4001/quic-v1";
const std::string global6 = "/ip6/2600::1/udp/4001/quic-v1";
const std::string other6 = "/ip6/2600::2/udp/4001/quic-v1";
const std::string private4 = "/ip4/10.0.0.1/udp/4001/quic-v1";
const std::string loopback4 = "/ip4/127.0.0.1/udp/4002/quic-v1";

TEST(DialRanking, families_take_turns_and_ipv6_begins) {
  EXPECT_EQ(order({known(global4), known(other4), known(global6), known(other6)}),
            (Texts{global6, global4, other6, other4}));
}

TEST(DialRanking, what_answered_last_comes_first) {
  auto answered = known(other4);
  answered.answered = now - 10s;
  auto answered_before = known(other6);
  answered_before.answered = now - 20s;
  EXPECT_EQ(order({known(global6), answered_before, answered, known(private4)}),
            (Texts{other4, other6, private4, global6}));
}

TEST(DialRanking, what_is_near_comes_before_what_is_far_and_gives_a_shorter_head_start) {
  const std::vector<KnownAddress> addresses{known(global4), known(private4), known(global6)};
  EXPECT_EQ(
      rank(now, addresses, everywhere),
      (std::vector<RankedAddress>{
          {at(private4), 0ms}, {at(global6), private_stagger}, {at(global4), public_stagger}}));
}

TEST(DialRanking, another_machines_loopback_and_private_addresses_are_left_alone) {
  const auto own = listening({"/ip4/8.8.4.4/udp/4001/quic-v1"});
  EXPECT_EQ(order({known(loopback4), known(private4), known(global4)}, own), Texts{global4});
  EXPECT_EQ(order({known("/ip6/fd00::1/udp/4001/quic-v1"), known(private4)},
                  listening({"/ip4/10.9.9.9/udp/4001/quic-v1"})),
            Texts{private4});
}

TEST(DialRanking, a_person_may_send_us_anywhere) {
  EXPECT_EQ(order({known(loopback4, Source::configured)}, OwnAddresses()), Texts{loopback4});
}

TEST(DialRanking, our_own_addresses_are_not_dialled) {
  const auto own = listening({"/ip4/0.0.0.0/udp/4002/quic-v1", global4});
  EXPECT_EQ(order({known(loopback4), known(global4), known(other4)}, own), Texts{other4});
}

TEST(DialRanking, addresses_that_no_packet_can_be_sent_to_are_dropped) {
  for (const char* text :
       {"/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/8.8.8.8/udp/0/quic-v1", "/ip6/::/udp/4001/quic-v1",
        "/ip4/224.0.0.1/udp/4001/quic-v1", "/ip4/255.255.255.255/udp/4001/quic-v1",
        "/ip6/ff02::1/udp/4001/quic-v1", "/ip6/fe80::1/udp/4001/quic-v1", "/ip4/8.8.8.8/tcp/4001",
        "/dns4/example.org/udp/4001/quic-v1"})
    EXPECT_EQ(order({known(text)}), Texts{}) << text;
}

TEST(DialRanking, an_address_in_back_off_waits_while_there_is_another) {
  auto resting = known(global4);
  resting.retry_at = now + 10s;
  EXPECT_EQ(order({resting, known(other4)}), Texts{other4});
  EXPECT_EQ(order({resting}), Texts{global4});
  EXPECT_EQ(rank(now, std::vector{resting, known(other4)}, everywhere, true).size(), 2U);
}

TEST(DialRanking, what_failed_comes_after_what_did_not) {
  auto failed = known(global4);
  failed.failures = 1;
  EXPECT_EQ(order({failed, known(other4)}), (Texts{other4, global4}));
}

}  // namespace
}  // namespace mycel::connect
