#include "protocol/dht/table.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::address_number;
using testing::address_of;
using testing::peer_number;
using Taken = RoutingTable::Taken;
using Which = RoutingTable::Which;

constexpr Instant start = Instant(1h);

PeerInfo info(std::uint64_t number) {
  return {peer_number(number), {address_number(number)}};
}

/// Numbers of peers that fall into the farthest bucket of peer 0.
std::vector<std::uint64_t> far_peers(std::size_t count) {
  std::vector<std::uint64_t> numbers;
  const Key self = Key::of(peer_number(0));
  for (std::uint64_t i = 1; numbers.size() < count; ++i)
    if (shared_prefix_bits(Key::of(peer_number(i)), self) == 0) numbers.push_back(i);
  return numbers;
}

/// A table whose farthest bucket is full and split off.
struct FullTable {
  explicit FullTable(TableConfig config = {}) : table(config, peer_number(0)) {
    for (std::uint64_t i = 1; i <= 400; ++i) table.on_answered(start, info(i));
    std::set<PeerId> in_bucket;
    for (const PeerId& peer : table.bucket(0)) in_bucket.insert(peer);
    for (const std::uint64_t number : far_peers(200))
      (in_bucket.contains(peer_number(number)) ? inside : outside).push_back(number);
  }
  RoutingTable table;
  std::vector<std::uint64_t> inside;
  std::vector<std::uint64_t> outside;  // known to nobody, or waiting
};

TEST(RoutingTable, does_not_hold_its_own_node) {
  RoutingTable table({}, peer_number(0));
  EXPECT_EQ(table.on_answered(start, info(0)), Taken::refused);
  EXPECT_TRUE(table.empty());
}

TEST(RoutingTable, does_not_hold_an_id_that_no_key_has) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  const std::vector<std::byte> no_key{std::byte{0}, std::byte{1}, std::byte{'x'}};
  const PeerId nobody = *PeerId::from_multihash(no_key);
  EXPECT_EQ(table.on_answered(start, {nobody, {address_number(2)}}), Taken::refused);
  EXPECT_FALSE(table.contains(nobody));
  EXPECT_FALSE(table.remove(nobody));
  EXPECT_FALSE(table.on_failed(nobody));
  EXPECT_EQ(table.nearest(Key::of(nobody), 20, Which::all, &nobody).size(), 1U);
}

TEST(RoutingTable, unfolds_one_bucket_after_another) {
  RoutingTable table({}, peer_number(0));
  for (std::uint64_t i = 1; i <= 20; ++i)
    EXPECT_EQ(table.on_answered(start, info(i)), Taken::added);
  EXPECT_EQ(table.bucket_count(), 1);
  table.on_answered(start, info(21));
  EXPECT_GE(table.bucket_count(), 2);
}

TEST(RoutingTable, no_bucket_is_overfull_and_every_peer_is_in_the_right_one) {
  const FullTable full;
  const RoutingTable& table = full.table;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < table.bucket_count(); ++i) {
    const auto peers = table.bucket(i);
    sum += peers.size();
    EXPECT_LE(peers.size(), 20);
    for (const PeerId& peer : peers) {
      const unsigned shared = shared_prefix_bits(Key::of(peer), table.self_key());
      EXPECT_EQ(std::min<std::size_t>(shared, table.bucket_count() - 1), i);
    }
  }
  EXPECT_EQ(sum, table.size());
}

TEST(RoutingTable, nearest_is_what_a_full_sort_gives) {
  const FullTable full;
  for (int i = 0; i < 50; ++i) {
    const Key target = Key::of(as_bytes("target " + std::to_string(i)));
    std::vector<PeerId> naive = full.table.peers();
    std::ranges::sort(naive, {},
                      [&](const PeerId& peer) { return distance(Key::of(peer), target); });
    naive.resize(20);
    std::vector<PeerId> nearest;
    for (const PeerInfo& peer : full.table.nearest(target, 20, Which::all))
      nearest.push_back(peer.id);
    EXPECT_EQ(nearest, naive);
  }
}

TEST(RoutingTable, nearest_leaves_out_whom_it_is_told) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  table.on_answered(start, info(2));
  const PeerId asker = peer_number(1);
  const auto nearest = table.nearest(Key::of(asker), 20, Which::all, &asker);
  EXPECT_EQ(nearest, std::vector<PeerInfo>{info(2)});
}

TEST(RoutingTable, old_peers_that_answer_stay_and_new_ones_wait) {
  FullTable full;
  EXPECT_EQ(full.table.on_answered(start, info(full.outside[0])), Taken::reserved);
  EXPECT_FALSE(full.table.contains(peer_number(full.outside[0])));
}

TEST(RoutingTable, a_silent_peer_gives_its_place_to_the_last_that_waits) {
  FullTable full;
  full.table.on_answered(start, info(full.outside[0]));
  full.table.on_answered(start, info(full.outside[1]));
  const PeerId silent = peer_number(full.inside[3]);
  EXPECT_EQ(full.table.on_failed(silent)->id, silent);
  EXPECT_FALSE(full.table.contains(silent));
  EXPECT_TRUE(full.table.contains(peer_number(full.outside[1])));
}

TEST(RoutingTable, a_belied_peer_is_neither_named_nor_asked_first_until_it_is_borne_out) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  table.on_belied(peer_number(1));
  EXPECT_TRUE(table.nearest(Key{}, 20, Which::answering).empty());
  EXPECT_TRUE(table.nearest(Key{}, 20, Which::believed).empty());
  EXPECT_TRUE(table.peers(Which::believed).empty());
  EXPECT_EQ(table.nearest(Key{}, 20, Which::all).size(), 1) << "a last resort";
  table.on_answered(start, info(1));
  EXPECT_TRUE(table.nearest(Key{}, 20, Which::believed).empty()) << "an answer is no proof";
  table.on_borne_out(start, info(1));
  EXPECT_EQ(table.nearest(Key{}, 20, Which::answering).size(), 1);
}

TEST(RoutingTable, in_a_full_bucket_one_that_was_borne_out_replaces_one_that_was_belied) {
  FullTable full;
  const PeerId liar = peer_number(full.inside[3]);
  full.table.on_borne_out(start, info(full.outside[0]));
  EXPECT_FALSE(full.table.contains(peer_number(full.outside[0]))) << "nobody had to go";
  full.table.on_belied(liar);
  full.table.on_borne_out(start, info(full.outside[1]));
  EXPECT_FALSE(full.table.contains(liar));
  EXPECT_TRUE(full.table.contains(peer_number(full.outside[1])));
  EXPECT_EQ(full.table.bucket(0).size(), 20);
}

TEST(RoutingTable, without_successor_a_peer_leaves_after_two_failures_and_is_not_named_meanwhile) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  EXPECT_FALSE(table.on_failed(peer_number(1)));
  EXPECT_TRUE(table.contains(peer_number(1)));
  EXPECT_TRUE(table.nearest(Key{}, 20, Which::answering).empty());
  EXPECT_EQ(table.nearest(Key{}, 20, Which::all).size(), 1);
  EXPECT_TRUE(table.on_failed(peer_number(1)));
  EXPECT_TRUE(table.empty());
}

TEST(RoutingTable, an_answer_wipes_out_a_failure) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  table.on_failed(peer_number(1));
  EXPECT_EQ(table.on_answered(start, info(1)), Taken::refreshed);
  EXPECT_FALSE(table.on_failed(peer_number(1)));
  EXPECT_TRUE(table.contains(peer_number(1)));
}

TEST(RoutingTable, the_longest_silent_come_first) {
  RoutingTable table({}, peer_number(0));
  for (std::uint64_t i = 1; i <= 4; ++i) table.on_answered(start + i * 1min, info(i));
  table.on_answered(start + 10min, info(1));
  EXPECT_EQ(table.silent_since(start + 9min, 2),
            (std::vector<PeerId>{peer_number(2), peer_number(3)}));
}

TEST(RoutingTable, hearsay_does_not_replace_addresses_and_the_peer_itself_does) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  table.on_answered(start, {peer_number(1), {address_number(666)}});
  EXPECT_EQ(table.find(peer_number(1)), info(1));
  table.set_addresses(peer_number(1), {address_number(2), address_number(3)});
  EXPECT_EQ(table.find(peer_number(1))->addresses,
            (Addresses{address_number(2), address_number(3)}));
}

TEST(RoutingTable, keeps_four_addresses_a_peer) {
  RoutingTable table({}, peer_number(0));
  PeerInfo peer{peer_number(1), {}};
  for (std::uint64_t i = 0; i < 9; ++i) peer.addresses.push_back(address_number(i));
  table.on_answered(start, peer);
  peer.addresses.resize(4);
  EXPECT_EQ(table.find(peer_number(1)), peer);
}

TEST(RoutingTable, one_subnet_cannot_fill_a_bucket_or_the_table) {
  const auto from = [](std::uint64_t number, std::array<std::uint8_t, 4> ip) {
    return PeerInfo{peer_number(number), {address_of(ip)}};
  };
  RoutingTable table({.per_bucket = {.subnet_max = 2}, .per_table = {.subnet_max = 3}},
                     peer_number(0));
  const auto far = far_peers(4);
  EXPECT_EQ(table.on_answered(start, from(far[0], {60, 1, 1, 1})), Taken::added);
  EXPECT_EQ(table.on_answered(start, from(far[1], {60, 1, 1, 2})), Taken::added);
  EXPECT_EQ(table.on_answered(start, from(far[2], {60, 1, 1, 3})), Taken::refused);
  EXPECT_EQ(table.on_answered(start, from(far[2], {60, 1, 2, 3})), Taken::added);
  // Private addresses are many machines' everywhere.
  EXPECT_EQ(table.on_answered(start, from(far[3], {192, 168, 1, 1})), Taken::added);
  EXPECT_EQ(table.size(), 4);
}

TEST(RoutingTable, one_network_cannot_fill_a_bucket_by_renting_many_subnets_of_it) {
  RoutingTable table({.per_bucket = {.subnet_max = 2, .network_max = 3}}, peer_number(0));
  const auto far = far_peers(5);
  const auto comes = [&](std::uint64_t number, std::array<std::uint8_t, 4> ip) {
    return table.on_answered(start, {peer_number(number), {address_of(ip)}});
  };
  for (std::uint8_t i = 0; i < 3; ++i)
    EXPECT_EQ(comes(far[i], {60, 1, i, 1}), Taken::added) << "a subnet of its own";
  EXPECT_EQ(comes(far[3], {60, 1, 3, 1}), Taken::refused);
  EXPECT_EQ(comes(far[4], {60, 2, 3, 1}), Taken::added);
}

TEST(RoutingTable, of_the_nearest_found_a_place_is_told_no_more_than_a_bucket_may_hold) {
  const RoutingTable table({.per_bucket = {.subnet_max = 2, .network_max = 3}}, peer_number(0));
  std::vector<PeerInfo> found;
  for (std::uint8_t i = 0; i < 4; ++i)
    found.push_back({peer_number(1U + i), {address_of({60, 1, 1, i})}});
  for (std::uint8_t i = 0; i < 2; ++i)
    found.push_back({peer_number(5U + i), {address_of({60, 1, 2, i})}});
  for (std::uint8_t i = 0; i < 4; ++i)
    found.push_back({peer_number(7U + i), {address_of({192, 168, 1, i})}});
  const auto chosen = table.of_many_places(found, 6);
  std::vector<PeerId> ids;
  for (const PeerInfo& peer : chosen) ids.push_back(peer.id);
  EXPECT_EQ(ids, (std::vector{peer_number(1), peer_number(2), peer_number(5), peer_number(7),
                              peer_number(8), peer_number(9)}))
      << "two of the subnet, three of the network, and of private addresses as many as wanted";
  EXPECT_EQ(RoutingTable({}, peer_number(0)).of_many_places(found, 6).size(), 6);
  EXPECT_EQ(RoutingTable({}, peer_number(0)).of_many_places(found, 6).back(), found[5]);
}

TEST(RoutingTable, subnets_and_networks_of_ipv6_are_told_apart) {
  const auto place = [](const char* text) {
    return *place_of(*wire::parse_multiaddr(text), false);
  };
  const PlaceMark one = place("/ip6/2001:4860:1:1::1/udp/1/quic-v1");
  const PlaceMark same_subnet = place("/ip6/2001:4860:1:2::9/udp/1/quic-v1");
  const PlaceMark same_network = place("/ip6/2001:4860:2:1::1/udp/1/quic-v1");
  const PlaceMark other = place("/ip6/2a00:1450:1:1::1/udp/1/quic-v1");
  const auto fits = [&](const PlaceMark& newcomer, PlaceCaps caps) {
    PlaceCount among({newcomer});
    among.count({one});
    return among.is_within(caps);
  };
  EXPECT_FALSE(fits(same_subnet, {.subnet_max = 1}));
  EXPECT_TRUE(fits(same_network, {.subnet_max = 1}));
  EXPECT_FALSE(fits(same_network, {.network_max = 1}));
  EXPECT_TRUE(fits(other, {.subnet_max = 1, .network_max = 1}));
}

TEST(RoutingTable, where_a_peer_is_seen_counts_and_not_where_it_says_that_it_is) {
  std::map<PeerId, Multiaddr> seen;
  RoutingTable table({.per_bucket = {.subnet_max = 2},
                      .per_table = {.subnet_max = 2},
                      .seen_at = [&](const PeerId& peer) -> std::optional<Multiaddr> {
                        const auto at = seen.find(peer);
                        return at == seen.end() ? std::nullopt : std::optional(at->second);
                      }},
                     peer_number(0));
  const auto far = far_peers(5);
  std::uint8_t last = 0;
  const auto comes = [&](std::uint64_t number, Multiaddr from, Addresses says) {
    seen.insert_or_assign(peer_number(number), std::move(from));
    return table.on_answered(start, {peer_number(number), std::move(says)});
  };
  const auto rented = [&] { return address_of({60, 1, 1, ++last}); };
  EXPECT_EQ(comes(far[0], rented(), {address_of({61, 1, 1, 1})}), Taken::added);
  EXPECT_EQ(comes(far[1], rented(), {}), Taken::added);
  EXPECT_EQ(comes(far[2], rented(), {address_of({62, 1, 1, 1})}), Taken::refused);
  EXPECT_EQ(comes(far[2], rented(), {address_of({192, 168, 1, 1})}), Taken::refused);
  EXPECT_EQ(comes(far[3], address_of({63, 1, 1, 1}), {address_of({60, 1, 1, 9})}), Taken::added)
      << "nobody can use up a subnet that it is not in";
  EXPECT_EQ(comes(far[4], address_of({10, 0, 0, 1}), {}), Taken::added) << "a private mesh";
}

TEST(RoutingTable, a_peer_that_no_longer_serves_leaves_at_once) {
  RoutingTable table({}, peer_number(0));
  table.on_answered(start, info(1));
  EXPECT_TRUE(table.remove(peer_number(1)));
  EXPECT_FALSE(table.remove(peer_number(1)));
  EXPECT_TRUE(table.empty());
}

TEST(CompactAddresses, survive_copies_and_moves_inside_and_in_a_block) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    Addresses addresses;
    for (std::size_t i = 0; i < count; ++i) addresses.push_back(address_number(i));
    CompactAddresses first(addresses);
    const CompactAddresses copy = first;
    CompactAddresses moved = std::move(first);
    EXPECT_EQ(copy.list(), addresses);
    EXPECT_EQ(moved.list(), addresses);
    moved = copy;
    EXPECT_EQ(moved.list(), addresses);
    EXPECT_EQ(moved.empty(), count == 0);
  }
}

}  // namespace
}  // namespace mycel::dht
