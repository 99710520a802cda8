#pragma once
// How many nodes the network has, told from how densely they stand around looked-up keys: ids are
// uniform, so the i-th nearest of N stands at about i/(N+1) of the whole space.
// Source: "Kademlia size estimation" (Steiner 2007 §3) and the least-squares fit of go-libp2p's
// netsize; the median over lookups keeps one crowded neighbourhood from deciding.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "foundation/model/multiaddr.hpp"

#include "protocol/dht/key.hpp"

namespace mycel::dht {

/// The number of nodes that the distances of one neighbourhood speak of; none when there are fewer
/// than `neighbours_min`. `nearest` are peers that answered, nearest to `target` first.
std::optional<std::uint64_t> nodes_around(const Key& target, const std::vector<PeerInfo>& nearest);

class SizeEstimate {
 public:
  static constexpr std::size_t neighbours_min = 5;

  void on_neighbourhood(const Key& target, const std::vector<PeerInfo>& nearest);
  /// The median over the last neighbourhoods; none before enough of them were seen. It lags behind
  /// growth, and nobody who crowds one place can raise it.
  std::optional<std::uint64_t> nodes() const { return quantile(2); }
  /// The upper quartile instead: half of the lookups may have met a crowd of liars only, who stand
  /// less densely than all nodes together, and it still tells how many there are.
  std::optional<std::uint64_t> nodes_if_half_were_led_astray() const;

 private:
  static constexpr std::size_t samples_max = 16;  // few, so that growth is soon seen
  static constexpr std::size_t samples_min = 4;

  std::optional<std::uint64_t> quantile(std::size_t quarters) const;

  std::array<std::uint64_t, samples_max> samples_{};
  std::size_t seen_ = 0;
};

/// The distance within which `count` of `nodes` nodes are to be expected.
Distance radius_for(std::size_t count, std::uint64_t nodes);
/// Whether these peers stand too near to `target` to be there by chance: in a network of `nodes`
/// at most a quarter as many are to be expected so near. For twenty peers and a true number that
/// happens once in three million lookups, and once in three hundred when the number is half the
/// truth.
bool is_crowded(const Key& target, const std::vector<PeerInfo>& nearest, std::uint64_t nodes);
/// Whether these peers, the nearest to `target` that were found, stand so far from it that nearer
/// ones must have been missed: in a network of `nodes` at least half as many again are to be
/// expected so near. For twenty peers and a true number that happens in two of a hundred lookups.
bool is_sparse(const Key& target, const std::vector<PeerInfo>& nearest, std::uint64_t nodes);

}  // namespace mycel::dht
