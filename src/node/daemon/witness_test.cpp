// Witnesses among whole nodes: real keys, real packets on loopback, a store each.

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "protocol/dht/witness/findings.hpp"

#include "node/daemon/daemon.hpp"
#include "runtime/os/temporary_directory.hpp"

namespace mycel::daemon {
namespace {

namespace witness = dht::witness;
using Proven = Result<witness::Verified<witness::Proof>, parts::Refusal>;

struct Mesh {
  explicit Mesh(std::size_t size) {
    while (nodes.size() < size) nodes.push_back(start(nodes.size()));
    wait([&] { return std::ranges::all_of(nodes, [&](auto& node) { return knows_all(*node); }); });
  }

  std::unique_ptr<Daemon> start(std::size_t number) {
    config::Config config;
    config.node.data_dir = folder.file(std::to_string(number));
    config.node.listen = {*wire::parse_multiaddr("/ip4/127.0.0.1/udp/0/quic-v1")};
    if (!nodes.empty()) config.node.join = nodes.front()->addresses_with_peer();
    auto daemon = Daemon::start(loop, config, nullptr);
    check(static_cast<bool>(daemon), "a node starts");
    return *std::move(daemon);
  }
  bool knows_all(Daemon& node) const {
    return node.wiring().dht().dht().table().size() + 1 >= nodes.size();
  }
  void wait(const std::function<bool()>& until, Duration patience = 40s) {
    const Instant end = loop.now().instant + patience;
    while (!until() && loop.now().instant < end) loop.run_for(50ms);
    check(until(), "it comes true in time");
  }
  void wait_for_next_slot() {
    const auto slot = witness::slot_of(loop.now().unix);
    wait([&] { return witness::slot_of(loop.now().unix) > slot; });
  }
  Proven collect(std::size_t source, std::size_t target) {
    std::optional<Proven> proven;
    nodes[source]->wiring().witness()->collect(
        {.target = nodes[target]->wiring().self(), .key = crypto::sha256(as_bytes("a key"))},
        [&](const Proven& result) { proven = result; });
    wait([&] { return proven.has_value(); });
    return *proven;
  }
  std::uint64_t sum_of(std::string_view name) const {
    std::uint64_t sum = 0;
    for (const auto& node : nodes)
      node->each_counter([&](const CounterName& each, std::uint64_t value) {
        if (each.name == name) sum += value;
      });
    return sum;
  }

  os::TemporaryDirectory folder;
  os::Loop loop;
  std::vector<std::unique_ptr<Daemon>> nodes;
};

TEST(WitnessesOfNodes, a_quorum_attests_over_the_wire) {
  Mesh mesh(8);
  mesh.wait_for_next_slot();
  const auto before = mesh.loop.now().instant;
  const auto proven = mesh.collect(0, 1);
  ASSERT_TRUE(proven) << proven.error().text;
  RecordProperty("milliseconds", static_cast<int>(milliseconds(mesh.loop.now().instant - before)));
  EXPECT_GE((*proven)->parts.size(), 5U);
  std::set<witness::PeerKey> signers;
  for (const auto& part : (*proven)->parts) signers.insert(part.attestation.content.signer);
  for (const std::size_t side : {0U, 1U})
    EXPECT_FALSE(signers.contains(*wire::ed25519_key(mesh.nodes[side]->wiring().self())));
  const auto found = witness::findings_of({}, *proven);
  ASSERT_TRUE(found.source.endpoint);
  EXPECT_EQ(found.source.endpoint->ip[0], std::byte{127});
  EXPECT_EQ(mesh.sum_of("witness_proofs_accepted_total"), 1U);
  EXPECT_GE(mesh.sum_of("witness_attestations_signed_total"), 5U);
  EXPECT_EQ(mesh.sum_of("witness_equivocations_total"), 0U);
}

/// Tells everybody another list, and that the source is somewhere else; signed with its real key.
void make_liar(Daemon& node) {
  node.wiring().witness()->bend([&node, told = std::uint8_t{0}](witness::Output& output,
                                                                Now) mutable {
    for (witness::Answer& answer : output.answers) {
      auto message = witness::decode(answer.body);
      auto* response = message ? std::get_if<witness::Response>(&*message) : nullptr;
      auto* word =
          response == nullptr ? nullptr : std::get_if<witness::SignedAttestation>(&response->word);
      if (word == nullptr) continue;
      word->content.source.endpoint = witness::Endpoint{.ip = {std::byte{203}}, .port = 7};
      word->content.neighbours.resize(++told % word->content.neighbours.size());
      word->body = encode(word->content);
      word->signature = node.keystore().attestation_key()->sign(word->body, {});
      answer.body = encode(*message);
    }
  });
}

TEST(WitnessesOfNodes, one_that_lies_is_outvoted_convicted_by_all_and_asked_no_more) {
  Mesh mesh(9);
  constexpr std::size_t liar = 4;
  const PeerId liar_id = mesh.nodes[liar]->wiring().self();
  make_liar(*mesh.nodes[liar]);
  const auto knows = [&](std::size_t number) {
    return mesh.nodes[number]->wiring().trust()->machine().is_convicted(liar_id);
  };
  // Two sources in one slot: their proofs meet at the target, which sees both stories.
  mesh.wait_for_next_slot();
  std::vector<Proven> proven;
  for (const std::size_t source : {0U, 2U})
    mesh.nodes[source]->wiring().witness()->collect(
        {.target = mesh.nodes[1]->wiring().self(), .key = crypto::sha256(as_bytes("a key"))},
        [&](const Proven& result) { proven.push_back(result); });
  mesh.wait([&] { return proven.size() == 2; });
  for (const Proven& each : proven) {
    ASSERT_TRUE(each) << each.error().text;
    const auto endpoint = witness::findings_of({}, *each).source.endpoint;
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->ip[0], std::byte{127});
  }
  mesh.wait([&] {
    for (std::size_t number = 0; number < mesh.nodes.size(); ++number)
      if (number != liar && !knows(number)) return false;
    return true;
  });
  // The conviction is an event of its own: the table hears of it in its turn, and then for good.
  const auto are_rid_of_it = [&] {
    for (std::size_t number = 0; number < mesh.nodes.size(); ++number)
      if (number != liar && mesh.nodes[number]->wiring().dht().dht().table().contains(liar_id))
        return false;
    return true;
  };
  mesh.wait(are_rid_of_it);
  EXPECT_TRUE(are_rid_of_it());
  mesh.wait_for_next_slot();
  const auto again = mesh.collect(0, 1);
  ASSERT_TRUE(again) << again.error().text;
  for (const auto& part : (*again)->parts)
    EXPECT_NE(wire::peer_id_of(part.attestation.content.signer), liar_id);
  EXPECT_TRUE(are_rid_of_it());
  // It is on the disk: nobody has to tell the node after a restart.
  mesh.nodes[5].reset();
  mesh.nodes[5] = mesh.start(5);
  mesh.loop.run_for(100ms);
  EXPECT_TRUE(knows(5));
  EXPECT_FALSE(knows(liar));
}

}  // namespace
}  // namespace mycel::daemon
