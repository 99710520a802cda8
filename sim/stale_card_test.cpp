// What a reader knows to be out of date does not stay in its cache.

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "protocol/agents/signed_card.hpp"

#include "sim/fleet.hpp"

namespace mycel::sim {
namespace {

/// As many nodes hold the records as a reader asks to agree, one client publishes a card, and
/// another, which holds nothing, reads it.
struct Story {
  static constexpr std::uint32_t holders = 5, publisher = 5, reader = 6;

  Story() {
    fleet.on_setup([](std::uint32_t number, NodeSetup& setup) {
      setup.identify.observed.is_private_allowed = true;
      setup.dht.config.is_server = number < holders;
      if (number > 0) setup.join = {Network::address_of(0)};
    });
    for (std::uint32_t number = 0; number < fleet.size(); ++number) fleet.start(number);
    for (std::uint32_t number = 0; number < holders; ++number)
      fleet.node(number).wiring().dht().bend([this](dht::Output& output, Now) { watch(output); });
    world.run_for(10s);
  }

  void publish(const std::string& edition) {
    const std::string document =
        R"({"name":"Weather","description":"Forecasts.","version":")" + edition +
        R"(","url":"https://agent.example.org/a2a","skills":[{"id":"f","name":"Forecast",)" +
        R"("description":"Forecasts.","tags":["test"]}]})";
    fleet.node(publisher).wiring().cards().publish(document, [this](const auto& result) {
      if (result) did = result->did;
    });
    world.run_for(20s);
  }

  /// The edition that the reader finds, perhaps in its cache, or why it takes none.
  std::string resolve() {
    std::string found = "nothing";
    fleet.node(reader).wiring().cards().resolve(
        did, {.may_be_cached = true}, [&](const Result<parts::CardFound, parts::Refusal>& result) {
          found = result ? result->card.card().version : result.error().reason;
        });
    world.run_for(20s);
    return found;
  }

  /// Every value that the holder names goes through here: it answers with `instead`, if that is
  /// set.
  void watch(dht::Output& output) {
    for (dht::Answer& answer : output.early.answers) {
      if (!answer.message.record) continue;
      if (instead) answer.message.record->value = *instead;
      shown = answer.message.record->value;
    }
  }

  World world{7};
  Network network{world, {}};
  Fleet fleet{world, network, reader + 1};
  std::string did;
  Bytes shown;
  std::optional<Bytes> instead;
};

// Holders that were away may bring an older edition, and its finder must not meet it again in its
// cache when they have caught up.
TEST(StaleCard, an_edition_that_is_known_to_be_old_leaves_the_cache_of_its_finder) {
  Story story;
  story.publish("1");
  ASSERT_EQ(story.resolve(), "1");
  const Bytes first = story.shown;
  story.publish("2");
  story.world.run_for(31s);
  ASSERT_EQ(story.resolve(), "2");
  story.world.run_for(31s);  // what was found is forgotten, though not which edition it was
  story.instead = first;
  EXPECT_EQ(story.resolve(), "older_than_known");
  story.instead.reset();
  EXPECT_EQ(story.resolve(), "2");
}

}  // namespace
}  // namespace mycel::sim
