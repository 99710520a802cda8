// The packet network of the datagram cut: its narrow links, its cuts, and what it counts.

#include "sim/datagrams.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

struct Story {
  explicit Story(const Weather& weather) : network(world, weather) {
    bob->on_receive([this](std::span<const ports::Datagram> batch) {
      for (const ports::Datagram& datagram : batch) {
        arrived_at.push_back(world.now().instant - Instant{});
        texts.emplace_back(as_text(datagram.payload));
      }
    });
  }
  void send(std::string_view text) {
    const ports::Datagram datagram{alice->local(), bob->local(), as_bytes(text)};
    alice->send({&datagram, 1});
  }
  void send_many(int count, std::size_t size_bytes) {
    for (int i = 0; i < count; ++i) send(std::string(size_bytes, 'x'));
  }

  World world{7};
  DatagramNetwork network;
  std::unique_ptr<PacketSocket> alice = network.bind(1);
  std::unique_ptr<PacketSocket> bob = network.bind(2);
  std::vector<Duration> arrived_at;
  std::vector<std::string> texts;
};

/// 100,000 bytes a second; a full bucket holds four packets of a thousand.
Weather narrow() {
  return {.delay = 10ms, .rate_bytes_per_s = 100'000, .burst_bytes = 4'000, .queue_max = 50ms};
}

TEST(DatagramNetwork, a_burst_leaves_at_once_and_the_rest_at_the_rate_of_the_link) {
  Story story(narrow());
  story.send_many(7, 1000);
  story.world.run_for(1s);
  EXPECT_EQ(story.arrived_at, (std::vector<Duration>{10ms, 10ms, 10ms, 10ms, 20ms, 30ms, 40ms}));
}

TEST(DatagramNetwork, who_would_wait_too_long_for_the_link_is_dropped) {
  Story story(narrow());
  story.send_many(100, 1000);
  story.world.run_for(1s);
  EXPECT_EQ(story.arrived_at.size(), 4U + 5U) << "the bucket, and 50 ms of queue";
  EXPECT_EQ(story.network.counts().queue_full, 91U);
  story.world.run_for(1s);
  story.send_many(4, 1000);
  story.world.run_for(10ms);
  EXPECT_EQ(story.arrived_at.size(), 13U) << "the bucket is full again after a silence";
}

TEST(DatagramNetwork, a_link_carries_its_rate_and_no_more) {
  Story story(narrow());
  for (int i = 0; i < 1000; ++i) {
    story.send_many(3, 700);
    story.world.run_for(10ms);
  }
  const std::uint64_t bytes = story.network.counts().delivered_bytes;
  EXPECT_LE(bytes, 10U * 100'000 + 4'000);
  EXPECT_GE(bytes, 10U * 100'000 * 95 / 100);
}

TEST(DatagramNetwork, a_cut_works_one_way_or_both) {
  Story story({.delay = 10ms});
  story.network.set_cut_one_way(2, 1, true);
  story.send("passes");
  story.network.set_cut(1, 2, true);
  story.send("is cut");
  story.network.set_cut(1, 2, false);
  story.send("passes again");
  story.world.run_for(1s);
  EXPECT_EQ(story.texts, (std::vector<std::string>{"passes", "passes again"}));
  EXPECT_EQ(story.network.counts().cut, 1U);
}

TEST(DatagramNetwork, what_is_larger_than_the_way_takes_and_what_finds_nobody_is_counted) {
  Story story({.delay = 10ms, .payload_max_bytes = 1200});
  story.send_many(1, 1201);
  story.send_many(1, 1200);
  story.world.run_for(1s);
  EXPECT_EQ(story.arrived_at.size(), 1U);
  EXPECT_EQ(story.network.counts().oversized, 1U);
  story.bob.reset();
  const ports::Datagram late{story.alice->local(), DatagramNetwork::endpoint_of(2), as_bytes("?")};
  story.alice->send({&late, 1});
  story.world.run_for(1s);
  EXPECT_EQ(story.network.counts().nobody, 1U);
}

TEST(DatagramNetwork, jitter_lets_packets_overtake_and_chance_changes_or_repeats_them) {
  Story story({.delay = 10ms, .jitter = 20ms, .loss = 0.1, .doubled = 0.1, .damaged = 0.1});
  for (int i = 0; i < 1000; ++i) {
    story.send("packet");
    story.world.run_for(1ms);
  }
  story.world.run_for(1s);
  const PacketCounts& counts = story.network.counts();
  EXPECT_NEAR(static_cast<double>(counts.lost), 100, 40);
  EXPECT_NEAR(static_cast<double>(counts.doubled), 90, 40);
  EXPECT_NEAR(static_cast<double>(counts.damaged), 100, 40);
  EXPECT_GT(counts.overtaken, 300U);
  EXPECT_EQ(counts.delivered, 1000 - counts.lost + counts.doubled);
  EXPECT_EQ(std::ranges::count(story.texts, "packet"),
            static_cast<std::ptrdiff_t>(counts.delivered - counts.damaged));
}

}  // namespace
}  // namespace mycel::sim
