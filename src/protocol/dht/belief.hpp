#pragma once
// Whom a lookup's outcome belies. Liars who lead a lookup astray name their accomplices and hide
// everybody else. As long as nothing else is known, that cannot be told from the truth; once the
// neighbourhood of the key has been found it can:
//
//   one of the nearest that names at least half of the others is borne out;
//   one that names many peers, and none of those who were borne out, is belied;
//   so is one farther away that names four of the belied neighbours, and none of those.
//
// Whoever lies and does name one of them leads nobody astray: that one knows the others. A node
// that has just started knows few, but whoever knows it has talked to it. An answer is not signed,
// so this proves nothing to others and costs a peer nothing but its place among those that are
// asked first and named to others.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::dht {

/// What stands for a peer among a few hundred: the end of its multihash, where ids differ.
std::uint64_t tail_of(const PeerId& peer);

/// A peer that answered, and the tails of those whom it named.
struct Testimony {
  PeerInfo peer;
  std::vector<std::uint64_t> named;
};

struct Belief {
  std::vector<PeerInfo> borne_out;
  std::vector<PeerId> belied;
};

/// `testimonies` are those of a lookup that found the neighbourhood of its key, nearest first; the
/// first `k` are that neighbourhood. Of few peers nothing can be told.
Belief weigh(const std::vector<Testimony>& testimonies, std::size_t k);

}  // namespace mycel::dht
