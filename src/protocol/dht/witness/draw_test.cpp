#include "protocol/dht/witness/draw.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/dht/witness/selection.hpp"
#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {
namespace {

PeerId made_up_peer(std::uint64_t mesh, std::size_t number) {
  PeerKey key;
  key.bytes = crypto::sha256(as_bytes(std::to_string(mesh) + "/" + std::to_string(number))).bytes;
  return wire::peer_id_of(key);
}

std::vector<Point> mesh_of(std::uint64_t mesh, std::size_t size) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < size; ++i) points.push_back(point_of(made_up_peer(mesh, i)));
  return points;
}

std::uint64_t estimate_by(const Point& self, const std::vector<Point>& mesh) {
  std::vector<Point> others = mesh;
  std::erase(others, self);
  return estimated_nodes(self, nearest_of(self, others));
}

TEST(WitnessDraw, slots_are_ten_seconds) {
  EXPECT_EQ(slot_of(UnixTime{} + 9999ms), Slot{0});
  EXPECT_EQ(slot_of(UnixTime{} + 10s), Slot{1});
  EXPECT_EQ(slot_of(UnixTime{} - 1h), Slot{0});
}

TEST(WitnessDraw, a_node_that_knows_few_knows_all) {
  const auto mesh = mesh_of(1, 12);
  EXPECT_EQ(estimate_by(mesh[0], mesh), 12U);
}

// A quarter is one standard deviation of what twenty neighbours can tell.
TEST(WitnessDraw, estimates_are_within_a_factor_of_two_of_each_other) {
  const auto mesh = mesh_of(2, 3000);
  std::size_t good = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::uint64_t nodes = estimate_by(mesh[i], mesh);
    if (nodes > 1500 && nodes < 6000) good += 1;
  }
  EXPECT_GE(good, 98U);
}

TEST(WitnessDraw, few_are_eligible_and_the_nearest_are_among_them) {
  const Rules rules;
  const auto mesh = mesh_of(3, 2000);
  std::size_t eligible = 0;
  std::size_t with_quorum = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    const Point drawn = crypto::sha256(as_bytes(std::to_string(i)));
    std::size_t here = 0;
    for (std::size_t node = 0; node < mesh.size(); ++node)
      here += is_eligible(rules, 2000, drawn, made_up_peer(3, node)) ? 1U : 0U;
    eligible += here;
    with_quorum += here >= rules.quorum ? 1U : 0U;
  }
  EXPECT_GT(eligible, 1250U);  // fourteen each time
  EXPECT_LT(eligible, 1550U);
  EXPECT_GE(with_quorum, 98U);
}

TEST(WitnessDraw, each_input_moves_the_point) {
  const Case at;
  const Draw draw = at.draw;
  std::set<Point> points{draw.drawn_point()};
  Draw other = draw;
  other.operation.key = crypto::sha256(as_bytes("another"));
  points.insert(other.drawn_point());
  other = draw;
  other.operation.time = other.operation.time + slot_length;
  points.insert(other.drawn_point());
  other = draw;
  other.source_nonce = nonce(3);
  points.insert(other.drawn_point());
  other = draw;
  other.challenge.nonce = nonce(4);
  points.insert(other.drawn_point());
  EXPECT_EQ(points.size(), 5U);
}

std::vector<Candidate> candidates_of(const Case& at) {
  std::vector<Candidate> candidates;
  for (std::uint32_t number = 0; number < at.nodes; ++number)
    candidates.push_back({.peer = identity(number).id});
  return candidates;
}

TEST(WitnessSelection, leaves_out_both_sides_the_far_and_the_distrusted) {
  const Case at;
  auto candidates = candidates_of(at);
  const auto eligible = at.eligible();
  candidates[eligible[0]].trust = Trust{299};
  candidates[eligible[1]].trust = Trust{300};
  candidates.push_back(candidates[eligible[2]]);
  candidates.push_back({*PeerId::from_multihash(Bytes::copy("\x12\x20" + std::string(32, 'x')))});
  Rng rng(1);
  const auto order = order_of_asking(at.rules, at.nodes, at.draw, candidates, rng);
  std::set<PeerId> expected;
  for (const auto number : eligible) expected.insert(identity(number).id);
  expected.erase(identity(eligible[0]).id);
  EXPECT_EQ(std::set<PeerId>(order.begin(), order.end()), expected);
  EXPECT_EQ(order.size(), expected.size());
}

TEST(WitnessSelection, the_more_trusted_are_asked_more_often) {
  const Case at;
  auto candidates = candidates_of(at);
  const auto eligible = at.eligible();
  ASSERT_GT(eligible.size(), 4U);
  for (auto& each : candidates) each.trust = Trust{300};
  candidates[eligible[0]].trust = Trust{900};
  Rng rng(1);
  int first = 0;
  for (int i = 0; i < 500; ++i) {
    const auto order = order_of_asking(at.rules, at.nodes, at.draw, candidates, rng);
    first += order.front() == identity(eligible[0]).id ? 1 : 0;
  }
  const double expected = 500.0 * 3 / (2.0 + static_cast<double>(eligible.size()));
  EXPECT_GT(first, expected / 2);
  EXPECT_LT(first, expected * 2);
}

RC_GTEST_PROP(WitnessSelectionProperty, two_regions_are_seated_when_two_are_known, ()) {
  const Case at;
  auto candidates = candidates_of(at);
  const auto eligible = at.eligible();
  RC_PRE(eligible.size() > at.rules.witnesses);
  for (auto& each : candidates) each.region = RegionNumber{1};
  const auto lonely = eligible[*rc::gen::inRange<std::size_t>(0, eligible.size())];
  candidates[lonely].region = RegionNumber{2};
  Rng rng(*rc::gen::arbitrary<std::uint64_t>());
  const auto order = order_of_asking(at.rules, at.nodes, at.draw, candidates, rng);
  const auto seats = order.begin() + static_cast<std::ptrdiff_t>(at.rules.witnesses);
  RC_ASSERT(std::find(order.begin(), seats, identity(lonely).id) != seats);
}

}  // namespace
}  // namespace mycel::dht::witness
