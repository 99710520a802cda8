#include "protocol/dht/witness/selection.hpp"

#include <algorithm>
#include <utility>

#include "foundation/wire/key.hpp"

namespace mycel::dht::witness {
namespace {

bool may_be_asked(const Rules& rules, std::uint64_t nodes, const Draw& draw, const Point& drawn,
                  const Candidate& candidate) {
  const auto key = wire::ed25519_key(candidate.peer);
  return key && *key != draw.operation.source && *key != draw.operation.target &&
         candidate.trust >= trust_min && is_eligible(rules, nodes, drawn, candidate.peer);
}

std::size_t weighted_pick(const std::vector<Candidate>& candidates, Rng& rng) {
  std::uint64_t sum = 0;
  for (const Candidate& each : candidates) sum += each.trust.value();
  std::uint64_t ticket = rng.below(sum);
  std::size_t index = 0;
  while (ticket >= candidates[index].trust.value()) ticket -= candidates[index++].trust.value();
  return index;
}

std::vector<Candidate> shuffle_by_trust(std::vector<Candidate> candidates, Rng& rng) {
  std::vector<Candidate> order;
  while (!candidates.empty()) {
    const auto picked =
        candidates.begin() + static_cast<std::ptrdiff_t>(weighted_pick(candidates, rng));
    order.push_back(*picked);
    candidates.erase(picked);
  }
  return order;
}

// The last seat goes to another region when the first seats are all of one.
void seat_two_regions(std::vector<Candidate>& order, std::size_t seats) {
  if (order.size() <= seats) return;
  const auto is_elsewhere = [&](const Candidate& each) {
    return each.region != RegionNumber{} && each.region != order.front().region;
  };
  const auto end_of_seats = order.begin() + static_cast<std::ptrdiff_t>(seats);
  if (std::any_of(order.begin(), end_of_seats, is_elsewhere)) return;
  const auto other = std::find_if(end_of_seats, order.end(), is_elsewhere);
  if (other != order.end()) std::iter_swap(other, end_of_seats - 1);
}

}  // namespace

std::vector<PeerId> order_of_asking(const Rules& rules, std::uint64_t nodes, const Draw& draw,
                                    std::vector<Candidate> candidates, Rng& rng) {
  const Point drawn = draw.drawn_point();
  std::erase_if(candidates, [&](const Candidate& each) {
    return !may_be_asked(rules, nodes, draw, drawn, each);
  });
  std::ranges::sort(candidates, {}, &Candidate::peer);
  const auto again = std::ranges::unique(candidates, {}, &Candidate::peer);
  candidates.erase(again.begin(), again.end());
  std::vector<Candidate> order = shuffle_by_trust(std::move(candidates), rng);
  if (!order.empty()) seat_two_regions(order, rules.witnesses);
  std::vector<PeerId> peers;
  peers.reserve(order.size());
  for (const Candidate& each : order) peers.push_back(each.peer);
  return peers;
}

}  // namespace mycel::dht::witness
