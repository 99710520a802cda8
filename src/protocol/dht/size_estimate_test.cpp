#include "protocol/dht/size_estimate.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

namespace mycel::dht {
namespace {

PeerInfo drawn_peer(Rng& rng) {
  std::array<std::byte, 34> multihash{};
  rng.fill(multihash);
  multihash[0] = std::byte{0x12};
  multihash[1] = std::byte{0x20};
  return {*PeerId::from_multihash(multihash), {}};
}

/// A network of nodes with drawn ids, and what an exhaustive lookup in it would find.
class Network {
 public:
  explicit Network(std::size_t nodes) {
    for (std::size_t i = 0; i < nodes; ++i) peers_.push_back(drawn_peer(rng_));
  }
  Key drawn_key() {
    Key key;
    for (auto& word : key.words) word = rng_.next();
    return key;
  }
  std::vector<PeerInfo> nearest(const Key& target, std::size_t count = 20) const {
    auto peers = peers_;
    const auto middle = peers.begin() + static_cast<std::ptrdiff_t>(std::min(count, peers.size()));
    std::partial_sort(peers.begin(), middle, peers.end(), [&](const auto& a, const auto& b) {
      return distance(Key::of(a.id), target) < distance(Key::of(b.id), target);
    });
    peers.erase(middle, peers.end());
    return peers;
  }
  /// The attacker draws ids until `count` of them stand nearer to `target` than anybody.
  void crowd(const Key& target, std::size_t count) {
    const Distance nearest_honest = distance(Key::of(nearest(target, 1)[0].id), target);
    for (std::size_t ground = 0; ground < count;) {
      const PeerInfo peer = drawn_peer(rng_);
      if (distance(Key::of(peer.id), target) >= nearest_honest) continue;
      peers_.push_back(peer);
      ground += 1;
    }
  }

 private:
  Rng rng_{7};
  std::vector<PeerInfo> peers_;
};

TEST(SizeEstimate, says_nothing_before_it_saw_enough_neighbourhoods) {
  Network network(100);
  SizeEstimate estimate;
  EXPECT_EQ(estimate.nodes(), std::nullopt);
  for (int lookup = 0; lookup < 4; ++lookup) {
    EXPECT_EQ(estimate.nodes(), std::nullopt);
    const Key key = network.drawn_key();
    estimate.on_neighbourhood(key, network.nearest(key));
  }
  EXPECT_NE(estimate.nodes(), std::nullopt);
}

TEST(SizeEstimate, is_within_a_third_of_the_truth_from_a_hundred_to_ten_thousand_nodes) {
  for (const std::size_t nodes : {100UL, 1000UL, 10000UL}) {
    Network network(nodes);
    SizeEstimate estimate;
    for (int lookup = 0; lookup < 16; ++lookup) {
      const Key key = network.drawn_key();
      estimate.on_neighbourhood(key, network.nearest(key));
    }
    EXPECT_GT(*estimate.nodes(), nodes * 2 / 3);
    EXPECT_LT(*estimate.nodes(), nodes * 4 / 3);
  }
}

TEST(SizeEstimate, is_not_moved_by_a_few_crowded_neighbourhoods) {
  Network network(1000);
  SizeEstimate estimate;
  for (int lookup = 0; lookup < 16; ++lookup) {
    const Key key = network.drawn_key();
    if (lookup % 4 == 0) network.crowd(key, 20);
    estimate.on_neighbourhood(key, network.nearest(key));
  }
  EXPECT_GT(*estimate.nodes(), 500);
  EXPECT_LT(*estimate.nodes(), 2000);
}

TEST(SizeEstimate, a_neighbourhood_of_honest_nodes_is_not_crowded) {
  Network network(1000);
  for (int lookup = 0; lookup < 300; ++lookup) {
    const Key key = network.drawn_key();
    EXPECT_FALSE(is_crowded(key, network.nearest(key), 1000));
  }
}

TEST(SizeEstimate, twenty_ids_ground_nearer_than_any_honest_one_are_a_crowd) {
  Network network(1000);
  const Key key = network.drawn_key();
  network.crowd(key, 20);
  EXPECT_TRUE(is_crowded(key, network.nearest(key), 1000));
}

TEST(SizeEstimate, the_radius_for_twenty_holds_about_twenty) {
  Network network(10000);
  std::size_t within = 0;
  for (int draw = 0; draw < 50; ++draw) {
    const Key key = network.drawn_key();
    const Distance radius = radius_for(20, 10000);
    for (const PeerInfo& peer : network.nearest(key, 60))
      within += distance(Key::of(peer.id), key) <= radius ? 1 : 0;
  }
  EXPECT_GT(within, 50 * 18);
  EXPECT_LT(within, 50 * 22);
}

TEST(SizeEstimate, a_network_smaller_than_the_count_lies_within_any_radius) {
  EXPECT_EQ(radius_for(20, 20).words[0], ~0ULL);
  EXPECT_EQ(radius_for(20, 1).words[0], ~0ULL);
}

TEST(SizeEstimate, a_third_of_all_nodes_stands_too_sparsely_and_all_of_them_hardly_ever) {
  Network all(3000);
  Network liars(1000);
  int sparse = 0;
  int wrongly = 0;
  for (int i = 0; i < 200; ++i) {
    const Key key = all.drawn_key();
    sparse += is_sparse(key, liars.nearest(key), 3000) ? 1 : 0;
    wrongly += is_sparse(key, all.nearest(key), 3000) ? 1 : 0;
  }
  EXPECT_GE(sparse, 190);
  EXPECT_LE(wrongly, 12);
  EXPECT_TRUE(is_sparse(all.drawn_key(), {}, 3000));
}

TEST(SizeEstimate, is_told_although_half_of_the_lookups_met_liars_only) {
  Network all(3000);
  Network liars(1000);
  SizeEstimate estimate;
  EXPECT_FALSE(estimate.nodes_if_half_were_led_astray());
  for (int i = 0; i < 16; ++i) {
    const Key key = all.drawn_key();
    estimate.on_neighbourhood(key, i % 2 == 0 ? all.nearest(key) : liars.nearest(key));
  }
  EXPECT_GE(*estimate.nodes_if_half_were_led_astray(), 2000);
  EXPECT_LE(*estimate.nodes_if_half_were_led_astray(), 4000);
}

}  // namespace
}  // namespace mycel::dht
