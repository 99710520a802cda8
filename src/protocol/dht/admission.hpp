#pragma once
// Whose word the DHT takes at all: two options of a network against identities that cost nothing.
// Who is not admitted may connect and ask, but enters no routing table, and what it answers counts
// for nothing in a lookup.
//
// Costly ids are S/Kademlia's static puzzle: SHA-256 of a peer's point must begin with so many zero
// bits. The point itself must not, or all nodes would crowd into one corner of the ring; hashing it
// once more costs the same and leaves the points where chance puts them. An id of c bits takes 2^c
// keys on average; choosing one's place among them costs that much more for every try.
// Certified ids are those of members: whoever owns the table knows how a member proves itself.
// Source: S/Kademlia (Baumgart 2007) §4.1.

#include <cstdint>
#include <functional>

#include "foundation/model/peer_id.hpp"

namespace mycel::dht {

/// 2^32 keys take a core some hours: more would keep honest nodes out.
inline constexpr unsigned id_difficulty_max = 32;

/// Leading zero bits of the SHA-256 of a peer's point.
unsigned id_cost(const PeerId& peer);

struct Admission {
  unsigned id_difficulty = 0;  ///< least id_cost(); 0 admits every id
  /// Whether a peer has shown a certificate of the network; empty: none is asked for.
  std::function<bool(const PeerId&)> is_certified = {};

  /// Whether an id could ever be admitted, for peers of whom only the id is known.
  bool is_costly_enough(const PeerId& peer) const {
    return id_difficulty == 0 || id_cost(peer) >= id_difficulty;
  }
  bool admits(const PeerId& peer) const {
    return is_costly_enough(peer) && (!is_certified || is_certified(peer));
  }
};

}  // namespace mycel::dht
