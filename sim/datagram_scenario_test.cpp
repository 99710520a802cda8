// Whole nodes over the real QUIC, in every weather that ships.

#include "sim/datagram_scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/datagram_node.hpp"

namespace mycel::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;

class InWeather : public testing::TestWithParam<std::string_view> {};

TEST_P(InWeather, messages_arrive_whole_and_in_order_and_all_nodes_meet_again) {
  const auto scenario = datagram_scenario(GetParam(), 1);
  ASSERT_TRUE(scenario);
  const DatagramOutcome outcome = run_datagrams(*scenario, {});
  SCOPED_TRACE(to_text(outcome));
  for (const std::string& violation : outcome.violations) ADD_FAILURE() << violation;
  EXPECT_EQ(outcome.mail.lost, 0U);
  EXPECT_GE(outcome.mail.acknowledged, 300U);
  EXPECT_GE(outcome.gets_after, 20U);
  EXPECT_EQ(outcome.kills, scenario->kills);
}

INSTANTIATE_TEST_SUITE_P(DatagramScenario, InWeather, testing::ValuesIn(datagram_conditions()),
                         [](const auto& each) { return std::string(each.param); });

// What the weather is made of does happen, and the judges see it when it is not cured.

TEST(DatagramScenario, every_kind_of_bad_weather_really_meets_the_packets) {
  auto chaos = *datagram_scenario("chaos", 2);
  chaos.lasts = 10s;
  chaos.kills = 1;
  const DatagramOutcome outcome = run_datagrams(chaos, {});
  SCOPED_TRACE(to_text(outcome));
  EXPECT_GT(outcome.packets.lost, outcome.packets.sent / 10);
  EXPECT_GT(outcome.packets.doubled, 0U);
  EXPECT_GT(outcome.packets.damaged, 0U);
  EXPECT_GT(outcome.packets.overtaken, 0U);
  EXPECT_GT(outcome.packets.nobody, 0U);
  EXPECT_GT(outcome.mail.retries, 0U);
}

TEST(DatagramScenario, a_link_that_carries_nothing_more_is_a_violation) {
  auto scenario = *datagram_scenario("quiet", 3);
  scenario.lasts = 5s;
  scenario.weather_after.loss = 1;
  const DatagramOutcome outcome = run_datagrams(scenario, {});
  SCOPED_TRACE(to_text(outcome));
  EXPECT_THAT(outcome.violations, Contains(HasSubstr("20 ways are silent")));
}

TEST(DatagramNode, refuses_to_start_from_a_damaged_disk) {
  World world(1);
  DatagramNetwork network(world, {});
  Disk disk;
  disk.set_damaged(true);
  DatagramNode node(world, network, disk, 0, 0, {});
  const auto started = node.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().text.find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace mycel::sim
