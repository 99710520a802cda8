#pragma once
// A second look at a place that is crowded. Disjoint paths do not help against an attacker whose
// ids stand nearer to a key than any honest node's: every path ends among them. So where many more
// nodes stand than chance allows, replicas are stored and looked for in the whole region that
// should hold them, and the region is searched by lookups for other points in it, at which the
// attacker's ids are not the nearest.
// Source: "Region-based DHT queries against Sybils" (arXiv 2505.01139).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"

#include "protocol/dht/key.hpp"
#include "protocol/dht/lookup.hpp"

namespace mycel::dht {

struct RegionConfig {
  bool is_enabled = true;
  /// Nodes of a region that are asked or told; an attacker who brings more is sampled with the
  /// rest.
  std::size_t nodes_max = 256;
};

/// A lookup for one point of the region; only its path to the neighbours there is of interest.
struct Sweep {
  Bytes key;  ///< as it stands on the wire: its hash is the point
  Lookup lookup;
};

struct Region {
  Distance radius{};
  Instant began{};
  std::vector<Sweep> sweeps;
  std::vector<PeerInfo> members;  ///< that answered; known once the sweeps are over
  bool is_swept = false;
  std::size_t waiting = 0;  ///< members asked for what they hold
};

/// The sweeps that one region takes, each in a part of its own.
inline constexpr std::size_t sweeps_per_region = 4;

/// Keys whose points lie one in each quarter of the region of `radius` around `target`. Deep
/// regions are met only roughly: a key is found by drawing, and draws are bounded.
std::vector<Bytes> keys_in_region(const Key& target, const Distance& radius, Rng& rng);

}  // namespace mycel::dht
