#include "protocol/dht/size_estimate.hpp"

#include <algorithm>

namespace mycel::dht {
namespace {

// Fewer peers than these crowd no place: their distances scatter too widely.
constexpr std::size_t crowd_min = 8;

/// The first 48 bits of a distance: more than a network has nodes, and sums of them fit a word.
std::uint64_t head_of(const Key& target, const PeerId& peer) {
  return distance(Key::of(peer), target).words[0] >> 16;
}
constexpr unsigned head_bits = 48;

}  // namespace

// The slope of distance over rank is the space that one node has to itself: sum(i*d) / sum(i*i).
std::optional<std::uint64_t> nodes_around(const Key& target, const std::vector<PeerInfo>& nearest) {
  if (nearest.size() < SizeEstimate::neighbours_min) return std::nullopt;
  const std::size_t count = std::min<std::size_t>(nearest.size(), 64);
  std::uint64_t squares = 0;
  std::uint64_t products = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t rank = i + 1;
    squares += rank * rank;
    products += rank * head_of(target, nearest[i].id);
  }
  // 64 squares sum to less than 2^17: the head gives up bits that would leave the word.
  constexpr unsigned spare_bits = 4;
  products = std::max<std::uint64_t>(products >> spare_bits, 1);
  return std::max<std::uint64_t>((squares << (head_bits - spare_bits)) / products, 1);
}

void SizeEstimate::on_neighbourhood(const Key& target, const std::vector<PeerInfo>& nearest) {
  const auto nodes = nodes_around(target, nearest);
  if (nodes) samples_[seen_++ % samples_max] = *nodes;
}

std::optional<std::uint64_t> SizeEstimate::nodes_if_half_were_led_astray() const {
  const auto upper = quantile(3);
  if (!upper) return std::nullopt;
  return *upper - *upper / 8;  // of twenty neighbours' samples the quartile is so much too high
}

std::optional<std::uint64_t> SizeEstimate::quantile(std::size_t quarters) const {
  if (seen_ < samples_min) return std::nullopt;
  auto sorted = samples_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(seen_, samples_max));
  const auto wanted =
      sorted.begin() + (end - sorted.begin()) * static_cast<std::ptrdiff_t>(quarters) / 4;
  std::nth_element(sorted.begin(), wanted, end);
  return *wanted;
}

Distance radius_for(std::size_t count, std::uint64_t nodes) {
  if (nodes <= count) return {{~0ULL, ~0ULL, ~0ULL, ~0ULL}};
  return {{(~0ULL / nodes) * count, ~0ULL, ~0ULL, ~0ULL}};
}

bool is_crowded(const Key& target, const std::vector<PeerInfo>& nearest, std::uint64_t nodes) {
  if (nearest.size() < crowd_min) return false;
  const std::size_t expected = nearest.size() / 4;
  return distance(Key::of(nearest.back().id), target) < radius_for(expected, nodes);
}

bool is_sparse(const Key& target, const std::vector<PeerInfo>& nearest, std::uint64_t nodes) {
  if (nearest.empty()) return true;
  const std::size_t expected = nearest.size() * 3 / 2;
  if (nodes <= expected) return false;
  return distance(Key::of(nearest.back().id), target) > radius_for(expected, nodes);
}

}  // namespace mycel::dht
