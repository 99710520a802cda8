// Whom liars name, and in which order.

#include "sim/attacks/crowd.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "sim/attacks/trial.hpp"

namespace mycel::sim {
namespace {

TEST(Crowd, strict_liars_name_all_accomplices_in_turn_nearest_first) {
  constexpr std::uint64_t liars = 65;
  Crowd crowd(Deceit::strict);
  for (std::uint64_t number = 0; number < liars; ++number)
    crowd.add({.id = id_number(number), .addresses = {}});
  for (std::uint64_t asked_for = 100; asked_for < 110; ++asked_for) {
    const dht::Message question{.type = dht::MessageType::find_node,
                                .key = Bytes::copy(id_number(asked_for).view()),
                                .record = {},
                                .closer = {},
                                .providers = {}};
    const dht::Key target = dht::Key::of(question.key.view());
    std::vector<dht::Distance> named;
    for (const std::size_t expected : {20U, 20U, 20U, 5U}) {
      dht::Message answer{.type = dht::MessageType::find_node};
      crowd.twist(question, answer);
      EXPECT_EQ(answer.closer.size(), expected);
      for (const dht::Peer& peer : answer.closer)
        named.push_back(distance(dht::Key::of(peer.id), target));
    }
    EXPECT_TRUE(std::ranges::is_sorted(named));
    EXPECT_EQ(std::ranges::adjacent_find(named), named.end()) << "somebody was named twice";
  }
}

}  // namespace
}  // namespace mycel::sim
