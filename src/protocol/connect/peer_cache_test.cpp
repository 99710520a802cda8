#include "protocol/connect/peer_cache.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

PeerId peer(std::uint8_t number) {
  std::array<std::byte, 34> multihash{};
  multihash[0] = std::byte{0x12};
  multihash[1] = std::byte{32};
  multihash[2] = std::byte{number};
  return *PeerId::from_multihash(multihash);
}

Multiaddr quic(int number) {
  return *wire::parse_multiaddr("/ip4/192.0.2." + std::to_string(number) + "/udp/4001/quic-v1");
}

struct Story {
  PeerCache cache{{.peers_max = 3}};
  Now now{Instant{}, UnixTime{} + 1000h};
  std::map<Bytes, Bytes> disk;
  std::map<Bytes, Bytes> durable;  // what a power cut leaves
  std::size_t writes = 0;
  std::size_t syncs = 0;

  void pass(Duration span) {
    now = {now.instant + span, now.unix + span};
    StoreBatch batch;
    const Durability durability = cache.on_deadline(now, batch);
    for (const StoreWrite& write : batch) {
      writes += 1;
      EXPECT_EQ(write.table, Table::peers);
      if (write.value) {
        disk[write.key] = *write.value;
      } else {
        disk.erase(write.key);
      }
    }
    if (durability == Durability::buffered) return;
    durable = disk;
    syncs += 1;
  }
  PeerCache restarted() {
    PeerCache again({.peers_max = 3});
    for (const auto& [key, value] : disk) EXPECT_TRUE(again.load(now, key, value));
    return again;
  }
};

std::vector<PeerId> who(const std::vector<PeerInfo>& peers) {
  std::vector<PeerId> ids;
  for (const PeerInfo& each : peers) ids.push_back(each.id);
  return ids;
}

TEST(PeerCache, a_restarted_node_knows_who_answered_and_where) {
  Story story;
  story.cache.on_answered(story.now, peer(1), quic(1));
  story.pass(1s);
  story.cache.on_answered(story.now, peer(2), quic(2));
  story.cache.on_answered(story.now, peer(2), quic(3));
  story.pass(30s);
  EXPECT_EQ(story.restarted().peers(10),
            (std::vector<PeerInfo>{{peer(2), {quic(3), quic(2)}}, {peer(1), {quic(1)}}}));
}

TEST(PeerCache, is_not_written_for_every_answer) {
  Story story;
  for (int i = 0; i < 100; ++i) {
    story.cache.on_answered(story.now, peer(1), quic(1));
    story.pass(20s);
  }
  EXPECT_EQ(story.writes, 2U);  // and once more to sync it
  for (int i = 0; i < 200; ++i) {
    story.cache.on_answered(story.now, peer(1), quic(1));
    story.pass(20s);
  }
  EXPECT_EQ(story.writes, 4U);  // an hour has passed once
}

TEST(PeerCache, forgets_whom_it_has_not_seen_for_longest_also_on_disk) {
  Story story;
  for (std::uint8_t who = 1; who <= 4; ++who) {
    story.cache.on_answered(story.now, peer(who), quic(who));
    story.pass(40s);
  }
  EXPECT_EQ(story.cache.size(), 3U);
  story.pass(40s);
  EXPECT_EQ(story.disk.size(), 3U);
  EXPECT_FALSE(story.disk.contains(Bytes::copy(peer(1).view())));
}

TEST(PeerCache, the_first_peer_is_written_at_once) {
  Story story;
  story.cache.on_answered(story.now, peer(1), quic(1));
  story.pass({});
  EXPECT_EQ(story.disk.size(), 1U);
  story.cache.on_answered(story.now, peer(2), quic(2));
  story.pass({});
  EXPECT_EQ(story.disk.size(), 1U);
  story.pass(50ms);
  EXPECT_EQ(story.disk.size(), 2U);
}

TEST(PeerCache, remembers_who_only_came_to_us_and_where_they_say_they_are) {
  Story story;
  story.cache.on_told(story.now, peer(1), {quic(1)});
  story.pass(2s);
  const PeerCache again = story.restarted();
  EXPECT_EQ(again.peers(10), (std::vector<PeerInfo>{{peer(1), {quic(1)}}}));
  EXPECT_TRUE(again.is_hearsay(peer(1)));
}

TEST(PeerCache, what_answered_is_worth_more_than_what_was_said) {
  Story story;
  story.cache.on_told(story.now, peer(1), {quic(1)});
  story.cache.on_answered(story.now, peer(1), quic(2));
  story.cache.on_told(story.now, peer(1), {quic(3)});
  story.pass(2s);
  const PeerCache again = story.restarted();
  EXPECT_EQ(again.peers(10), (std::vector<PeerInfo>{{peer(1), {quic(2), quic(1)}}}));
  EXPECT_FALSE(again.is_hearsay(peer(1)));
}

TEST(PeerCache, strangers_who_knock_drive_out_nobody_who_answered) {
  Story story;
  story.cache.on_answered(story.now, peer(1), quic(1));
  story.cache.on_answered(story.now, peer(2), quic(2));
  for (std::uint8_t stranger = 10; stranger < 30; ++stranger) {
    story.pass(10s);
    story.cache.on_told(story.now, peer(stranger), {quic(stranger)});
  }
  EXPECT_EQ(who(story.cache.peers(10)), (std::vector{peer(2), peer(1), peer(29)}));
  story.pass(10s);
  EXPECT_EQ(story.disk.size(), 3U);
}

TEST(PeerCache, of_those_who_only_knocked_the_last_few_are_kept) {
  PeerCache cache({.peers_max = 100, .hearsay_max = 2});
  Now now{Instant{}, UnixTime{} + 1000h};
  for (std::uint8_t stranger = 1; stranger <= 9; ++stranger) {
    now = {now.instant + 1s, now.unix + 1s};
    cache.on_told(now, peer(stranger), {quic(stranger)});
  }
  EXPECT_EQ(who(cache.peers(10)), (std::vector{peer(9), peer(8)}));
}

TEST(PeerCache, an_address_where_somebody_else_lives_is_erased) {
  Story story;
  story.cache.on_answered(story.now, peer(1), quic(1));
  story.pass(30s);
  story.cache.forget(story.now, peer(1), quic(1));
  story.pass(30s);
  EXPECT_TRUE(story.disk.empty());
  EXPECT_EQ(story.cache.next_deadline(), never);
}

TEST(PeerCache, what_cannot_be_read_is_erased) {
  Story story;
  const Bytes key = Bytes::copy(peer(1).view());
  story.disk[key] = Bytes::copy("nonsense");
  EXPECT_FALSE(story.cache.load(story.now, key, story.disk[key]));
  story.pass(30s);
  EXPECT_TRUE(story.disk.empty());
}

TEST(PeerCache, an_entry_without_an_address_or_with_too_many_is_refused) {
  EXPECT_EQ(decode_cached_peer(encode({})).error(), wire::Fault::missing_field);
  CachedPeer crowded;
  for (int i = 1; i <= 5; ++i) crowded.addresses.push_back(quic(i));
  EXPECT_EQ(decode_cached_peer(encode(crowded)).error(), wire::Fault::too_large);
}

TEST(PeerCache, what_was_learned_survives_a_power_cut_a_few_seconds_later) {
  Story story;
  story.cache.on_answered(story.now, peer(1), quic(1));
  story.pass(100ms);
  story.cache.on_told(story.now, peer(2), {quic(2)});
  story.pass(100ms);
  EXPECT_TRUE(story.durable.empty());
  story.pass(5s);
  EXPECT_EQ(story.durable, story.disk);
  EXPECT_EQ(story.durable.size(), 2U);
}

TEST(PeerCache, it_syncs_once_a_minute_at_most_and_never_when_nothing_changed) {
  Story story;
  for (std::uint8_t i = 0; i < 120; ++i) {
    story.cache.on_answered(story.now, peer(i % 3), quic(i));
    story.pass(1s);
  }
  EXPECT_GE(story.syncs, 1U);
  EXPECT_LE(story.syncs, 3U);
  story.pass(1min);
  const std::size_t syncs = story.syncs;
  for (int i = 0; i < 100; ++i) story.pass(1min);
  EXPECT_EQ(story.syncs, syncs);
  EXPECT_EQ(story.cache.next_deadline(), never);
}

}  // namespace
}  // namespace mycel::connect
