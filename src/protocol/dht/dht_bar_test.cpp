// Peers that this node wants nothing to do with any more.

#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/dht/dht.hpp"
#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::address_number;
using testing::peer_number;

struct Story {
  PeerInfo info(std::uint64_t number) const {
    return {peer_number(number), {address_number(number)}};
  }
  void meets(std::uint64_t number) {
    dht.on_peer(now, info(number), true);
    answer_all();
  }
  void answer_all() {
    for (Output output; take(output); output.clear())
      for (const Request& request : output.early.requests)
        dht.on_answer(now, request.id, {.type = request.message.type});
  }
  bool take(Output& output) {
    dht.take_output(output);
    return !output.early.requests.empty();
  }

  Now now{Instant{} + 1h, UnixTime{} + 24h};
  Dht dht{{}, peer_number(0), Rng(1), {}};
};

TEST(DhtBar, a_barred_peer_leaves_the_table_and_does_not_come_back) {
  Story story;
  for (std::uint64_t number = 1; number <= 5; ++number) story.meets(number);
  story.dht.bar(story.now, peer_number(3));
  EXPECT_EQ(story.dht.table().size(), 4U);
  story.meets(3);
  EXPECT_FALSE(story.dht.table().contains(peer_number(3)));
}

TEST(DhtBar, an_answer_that_was_under_way_does_not_bring_it_back) {
  Story story;
  story.dht.on_peer(story.now, story.info(3), true);
  story.dht.bar(story.now, peer_number(3));
  story.answer_all();
  EXPECT_TRUE(story.dht.table().empty());
}

TEST(DhtBar, it_is_not_named_to_others_as_a_client_either) {
  Story story;
  story.dht.on_peer(story.now, story.info(3), false);
  story.dht.bar(story.now, peer_number(3));
  story.dht.on_request(story.now, InboundId{1}, peer_number(2),
                       {.type = MessageType::find_node, .key = Bytes::copy(peer_number(3).view())});
  Output output;
  story.dht.take_output(output);
  ASSERT_EQ(output.early.answers.size(), 1U);
  EXPECT_TRUE(output.early.answers.front().message.closer.empty());
}

TEST(DhtBar, a_table_that_is_empty_without_it_seeks_an_entry) {
  Story story;
  story.meets(3);
  story.dht.bar(story.now, peer_number(3));
  Output output;
  story.dht.take_output(output);
  EXPECT_TRUE(std::ranges::any_of(output.events, [](const Event& event) {
    return std::holds_alternative<EntryWanted>(event);
  }));
}

}  // namespace
}  // namespace mycel::dht
