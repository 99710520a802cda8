#include "protocol/connect/address_book.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

PeerId peer(std::uint16_t number) {
  std::array<std::byte, 34> multihash{};
  multihash[0] = std::byte{0x12};
  multihash[1] = std::byte{32};
  multihash[2] = static_cast<std::byte>(number >> 8);
  multihash[3] = static_cast<std::byte>(number);
  return *PeerId::from_multihash(multihash);
}

Multiaddr at(const std::string& text) {
  const auto address = wire::parse_multiaddr(text);
  EXPECT_TRUE(address) << text;
  return *address;
}

Multiaddr quic(int number) {
  return at("/ip4/192.0.2." + std::to_string(number) + "/udp/4001/quic-v1");
}

constexpr Instant start{};

struct Story {
  AddressBook book{{.peers_max = 4, .addresses_per_peer_max = 3}};

  std::size_t say(Instant now, int who, Addresses addresses, Source source = Source::learned) {
    return book.add(now, peer(static_cast<std::uint16_t>(who)), addresses, source);
  }
  Addresses known(Instant now, int who) const {
    Addresses addresses;
    for (const auto& each : book.addresses_of(now, peer(static_cast<std::uint16_t>(who))))
      addresses.push_back(each.address);
    return addresses;
  }
};

TEST(AddressBook, an_address_is_kept_without_the_peer_that_it_names) {
  Story story;
  story.say(start, 1, {wire::with_peer(quic(1), peer(1))});
  EXPECT_EQ(story.known(start, 1), Addresses{quic(1)});
}

TEST(AddressBook, an_address_of_another_peer_is_not_believed) {
  Story story;
  EXPECT_EQ(story.say(start, 1, {wire::with_peer(quic(1), peer(2))}), 0U);
  EXPECT_EQ(story.book.size(), 0U);
}

TEST(AddressBook, what_cannot_be_dialled_is_not_kept) {
  Story story;
  EXPECT_EQ(story.say(start, 1, {at("/ip4/192.0.2.1/tcp/4001")}), 0U);
  EXPECT_EQ(story.say(start, 1, {at("/dns4/example.org/udp/4001/quic-v1")}), 1U);
}

TEST(AddressBook, hearsay_expires_and_what_a_person_configured_does_not) {
  Story story;
  story.say(start, 1, {quic(1)});
  story.say(start, 2, {quic(2)}, Source::configured);
  EXPECT_EQ(story.known(start + 31min, 1), Addresses{});
  EXPECT_EQ(story.known(start + 24h, 2), Addresses{quic(2)});
}

TEST(AddressBook, a_full_peer_gives_up_the_address_that_expires_first) {
  Story story;
  story.say(start, 1, {quic(1)}, Source::configured);
  story.say(start + 1s, 1, {quic(2)});
  story.say(start + 2s, 1, {quic(3)});
  story.say(start + 3s, 1, {quic(4)});
  EXPECT_EQ(story.known(start + 3s, 1), (Addresses{quic(1), quic(3), quic(4)}));
}

TEST(AddressBook, a_full_book_gives_up_the_peer_that_expires_first_but_never_the_newcomer) {
  Story story;
  for (int who = 1; who <= 4; ++who) story.say(start + 1s * who, who, {quic(who)});
  story.book.on_answered(start + 5s, peer(1), quic(1));
  story.say(start + 6s, 5, {quic(5)});
  EXPECT_EQ(story.book.size(), 4U);
  EXPECT_EQ(story.known(start + 6s, 1), Addresses{quic(1)});
  EXPECT_EQ(story.known(start + 6s, 2), Addresses{});
  EXPECT_EQ(story.known(start + 6s, 5), Addresses{quic(5)});
}

TEST(AddressBook, a_held_peer_outlives_its_addresses_time_and_the_pressure_of_others) {
  Story story;
  story.say(start, 1, {quic(1)});
  story.book.hold(start, peer(1), true);
  for (int who = 2; who <= 9; ++who) story.say(start + 2h, who, {quic(who)});
  EXPECT_EQ(story.known(start + 3h, 1), Addresses{quic(1)});
  story.book.hold(start + 3h, peer(1), false);
  EXPECT_EQ(story.known(start + 3h + 29min, 1), Addresses{quic(1)});
  EXPECT_EQ(story.known(start + 3h + 31min, 1), Addresses{});
}

TEST(AddressBook, peers_that_are_held_leave_room_for_those_to_be_dialled) {
  Story story;
  for (int i = 1; i <= 6; ++i) {
    story.say(start, i, {quic(i)});
    story.book.hold(start, peer(static_cast<std::uint16_t>(i)), true);
  }
  for (int i = 7; i <= 10; ++i) story.say(start, i, {quic(i)});
  for (int i = 7; i <= 10; ++i) EXPECT_EQ(story.known(start, i), Addresses{quic(i)}) << i;
  story.say(start, 11, {quic(11)});
  EXPECT_EQ(story.book.size(), 10U);
}

TEST(AddressBook, peers_that_are_let_go_together_do_not_overfill_the_book) {
  Story story;
  for (int who = 1; who <= 10; ++who) {
    story.say(start + std::chrono::seconds(who), who, {quic(who)});
    story.book.hold(start + 20s, peer(static_cast<std::uint16_t>(who)), true);
  }
  EXPECT_EQ(story.book.size(), 10U);
  for (int who = 1; who <= 10; ++who)
    story.book.hold(start + 30s, peer(static_cast<std::uint16_t>(who)), false);
  EXPECT_EQ(story.book.size(), 4U);
  EXPECT_TRUE(story.known(start + 30s, 1).empty());
  EXPECT_EQ(story.known(start + 30s, 10), Addresses{quic(10)});
}

TEST(AddressBook, repeating_a_dead_address_does_not_keep_it_alive) {
  Story story;
  story.say(start, 1, {quic(1)});
  story.book.on_failed(start, peer(1), quic(1), start + 10s);
  story.say(start + 5min, 1, {quic(1)});
  EXPECT_EQ(story.book.find(peer(1), quic(1))->failures, 1U);
  EXPECT_EQ(story.known(start + 11min, 1), Addresses{});
}

TEST(AddressBook, an_answer_clears_the_failures) {
  Story story;
  story.say(start, 1, {quic(1)});
  story.book.on_failed(start, peer(1), quic(1), start + 10s);
  story.book.on_answered(start + 1s, peer(1), quic(1));
  const auto known = story.book.find(peer(1), quic(1));
  EXPECT_EQ(known->failures, 0U);
  EXPECT_EQ(known->answered, start + 1s);
  EXPECT_EQ(known->source, Source::connected);
}

}  // namespace
}  // namespace mycel::connect
