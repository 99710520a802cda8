// Stories of a node that starts again.

#include <gtest/gtest.h>

#include "protocol/connect/connector_story_test.hpp"

namespace mycel::connect {
namespace {

TEST(Connector, a_restarted_node_finds_its_peers_again) {
  Story story;
  story.know(alice, {home(1)});
  story.want(alice);
  story.dial_succeeds();
  story.pass(1min);
  ASSERT_EQ(story.disk.size(), 1U);

  Story restarted;
  for (const auto& [key, value] : story.disk)
    EXPECT_TRUE(restarted.connector.load_peer(restarted.now, key, value));
  EXPECT_EQ(restarted.connector.remembered_peers(10), (std::vector<PeerInfo>{{alice, {home(1)}}}));
  restarted.want(alice);
  EXPECT_EQ(restarted.dialled(), Addresses{home(1)});
}

TEST(Connector, the_first_node_of_a_mesh_finds_its_peers_again_although_it_dialled_nobody) {
  Story story;
  story.connector.on_listening({home(100)});
  story.connector.on_connected(
      story.now, ConnectionId{7},
      {.peer = alice, .remote = home(1), .direction = Direction::inbound, .dial = std::nullopt});
  story.connector.add_addresses(story.now, {alice, {home(1)}}, Source::identified);
  story.connector.add_addresses(story.now, {bob, {home(2)}}, Source::learned);  // not connected
  story.pass(3s);

  Story restarted;
  for (const auto& [key, value] : story.disk)
    EXPECT_TRUE(restarted.connector.load_peer(restarted.now, key, value));
  EXPECT_EQ(restarted.connector.remembered_peers(10), (std::vector<PeerInfo>{{alice, {home(1)}}}));
  restarted.want(alice);
  EXPECT_EQ(restarted.dialled(), Addresses{home(1)});
}

}  // namespace
}  // namespace mycel::connect
