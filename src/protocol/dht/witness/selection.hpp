#pragma once
// Whom the source asks, of those who are eligible: more trusted ones are more likely, and two
// regions take part when two are known.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/base/rng.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/dht/witness/message.hpp"

namespace mycel::dht::witness {

/// Where a node is; 0 is not known.
using RegionNumber = Strong<struct WitnessRegionTag, std::uint32_t>;
/// Thousandths: 0 is not at all.
using Trust = Strong<struct WitnessTrustTag, std::uint16_t>;
inline constexpr Trust trust_neutral{500};
/// Less trusted nodes are not asked.
inline constexpr Trust trust_min{300};

struct Candidate {
  PeerId peer;
  Trust trust = trust_neutral;
  RegionNumber region;
};

/// The eligible of `candidates` in the order in which to ask them, the first `rules.witnesses` of
/// at least two regions if there are two. Without the source, the target, nodes that are trusted
/// too little, and nodes whose id is no Ed25519 key.
std::vector<PeerId> order_of_asking(const Rules& rules, std::uint64_t nodes, const Draw& draw,
                                    std::vector<Candidate> candidates, Rng& rng);

}  // namespace mycel::dht::witness
