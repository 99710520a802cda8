// Shared records among whole nodes: a mesh that was split, and liars among those who hold them.

#include <gtest/gtest.h>

#include "foundation/wire/did_key.hpp"

#include "sim/fleet.hpp"

namespace mycel::sim {
namespace {

struct Story {
  explicit Story(std::uint32_t nodes) : fleet(world, network, nodes) {
    fleet.on_setup([](std::uint32_t number, NodeSetup& setup) {
      setup.identify.observed.is_private_allowed = true;
      if (number > 0) setup.join = {Network::address_of(0), Network::address_of(6)};
    });
    for (std::uint32_t i = 0; i < nodes; ++i) {
      fleet.start(i);
      world.run_for(1s);
    }
    world.run_for(30s);
  }

  std::string did(std::uint32_t number) {
    return *NumberedKeys(world, fleet.keys_of(number)).did_of("default");
  }
  agents::SharedName board() { return {did(0), "board"}; }
  parts::SharedPart& of(std::uint32_t number) { return fleet.node(number).wiring().shared(); }

  /// "done", or why not.
  using Change = std::function<void(parts::Then<parts::SharedChanged>)>;
  std::string end_of(const Change& change) {
    std::string end = "never ended";
    change([&](const Result<parts::SharedChanged, parts::Refusal>& result) {
      end = result ? "done" : result.error().reason;
    });
    world.run_for(70s);
    return end;
  }
  std::string create(const std::vector<std::string>& writers) {
    return end_of([&](const auto& then) { of(0).create("", "board", writers, then); });
  }
  std::string write(std::uint32_t number, std::string_view text) {
    return end_of([&](const auto& then) { of(number).set("", board(), Bytes::copy(text), then); });
  }
  /// What the writers of the numbers say, as a node reads it: "first|second".
  std::string read(std::uint32_t number, const std::vector<std::uint32_t>& writers) {
    std::string said = "nothing";
    of(number).get(board(), false, [&](const Result<parts::SharedFound, parts::Refusal>& found) {
      if (!found) return;
      said.clear();
      for (const std::uint32_t writer : writers) {
        const auto key = wire::parse_did(did(writer));
        const agents::Place* place = found->record.place_of(*key);
        if (writer != writers.front()) said += "|";
        if (place != nullptr && place->entry) said += as_text(place->entry->word.value);
      }
    });
    world.run_for(70s);
    return said;
  }

  World world{9};
  Network network{world, {}};
  Fleet fleet;
};

TEST(SharedRecords, halves_of_a_split_mesh_write_apart_and_every_node_reads_both_after_healing) {
  constexpr std::uint32_t nodes = 12;
  Story story(nodes);
  ASSERT_EQ(story.create({story.did(1)}), "done");
  std::vector<bool> side(nodes);
  for (std::uint32_t i = 0; i < nodes; ++i) side[i] = i % 2 == 1;
  story.network.set_split(side);
  story.world.run_for(120s);
  EXPECT_EQ(story.write(0, "even"), "done");
  EXPECT_EQ(story.write(1, "odd"), "done");
  EXPECT_EQ(story.read(4, {0, 1}), "even|");
  EXPECT_EQ(story.read(5, {0, 1}), "|odd");
  story.network.set_split({});
  story.world.run_for(600s);
  for (std::uint32_t i = 0; i < nodes; ++i) EXPECT_EQ(story.read(i, {0, 1}), "even|odd") << i;
}

TEST(SharedRecords, liars_who_replay_an_old_record_hide_nothing_from_a_reader) {
  constexpr std::uint32_t nodes = 8;
  Story story(nodes);
  ASSERT_EQ(story.create({story.did(1)}), "done");
  Bytes old;
  const Bytes key = *agents::shared_key(story.board());
  story.fleet.node(0).wiring().dht().look_up(
      [&](dht::Dht& dht, Now now) { return dht.get(now, key, {.quorum = nodes}); },
      [&](const dht::LookupDone& done) { old = std::get<dht::Value>(done.result).value; });
  story.world.run_for(70s);
  ASSERT_FALSE(old.empty());
  EXPECT_EQ(story.write(1, "new"), "done");
  // All but one holder, and the writer itself is gone.
  for (std::uint32_t liar = 2; liar < nodes - 2; ++liar)
    story.fleet.node(liar).wiring().dht().bend([&](dht::Output& output, Now) {
      for (auto* answers : {&output.answers, &output.early.answers})
        for (dht::Answer& answer : *answers)
          if (answer.message.type == dht::MessageType::get_value && answer.message.record &&
              answer.message.key == key)
            answer.message.record->value = old;
    });
  story.fleet.crash(0);
  story.fleet.crash(1);
  story.world.run_for(60s);
  story.fleet.wipe(nodes - 1);
  story.fleet.start(nodes - 1);
  story.world.run_for(60s);
  EXPECT_EQ(story.read(nodes - 1, {1}), "new");
}

}  // namespace
}  // namespace mycel::sim
