#pragma once
// Who may witness an operation. The source commits to a nonce, the target answers with its own, and
// both together draw a point of the key space; eligible are the few nodes nearest to it. Neither
// side alone can choose the point, and nobody knows it before the second nonce is told.
//
// A node near the point is found by a DHT lookup of the drawn key, whose SHA-256 the point is. A
// verifier does not know who is nearest everywhere, but it can estimate how many nodes there are,
// and so how near the nearest must be: it accepts twice the radius, for estimates differ.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::dht::witness {

/// A point of the key space: SHA-256 of a key, or of a peer's multihash, as in the DHT.
using Point = crypto::Digest;
Point point_of(const PeerId& peer);
/// The leading 64 bits of the XOR distance: enough to tell a few from all.
std::uint64_t leading_distance(const Point& a, const Point& b);
bool is_nearer(const Point& target, const Point& a, const Point& b);

/// Calendar time in steps of ten seconds, counted from 1970. The lists that a witness signs are
/// frozen for one slot.
using Slot = Strong<struct WitnessSlotTag, std::uint64_t>;
inline constexpr Duration slot_length = 10s;
Slot slot_of(UnixTime time);

struct Nonce {
  std::array<std::byte, 32> bytes{};
  friend auto operator<=>(const Nonce&, const Nonce&) = default;
};

/// What a node that keeps `secret` says as its nonce for something that has the name `name`: the
/// same each time, and unknown to everybody else before it is told.
Nonce nonce_from(const Nonce& secret, ByteView name);

/// How many witnesses, and how many of them must agree. Of n = 3f + 1 witnesses f may lie, so
/// 2f + 1 are a quorum: any two quorums share an honest witness.
struct Rules {
  std::size_t witnesses = 7;
  std::size_t quorum = 5;
  /// Older than this, or further ahead: refused. Clocks of honest nodes may differ by so much.
  Duration age_max = 5min;
  Duration ahead_max = 30s;
  /// Liars that a quorum outvotes: f.
  std::size_t liars_max() const { return (witnesses - 1) / 3; }
  /// Whether the two numbers fit together: a quorum is 2f + 1 or more, of at least 3f + 1.
  bool is_sound() const {
    return witnesses >= 4 && quorum <= witnesses && quorum >= witnesses - liars_max();
  }
};

/// How many nodes there are, this one included, by how near the nearest ones are to it.
/// `nearest` are the points that a routing table holds nearest to `self`, nearest first.
std::uint64_t estimated_nodes(const Point& self, const std::vector<Point>& nearest);

/// Whether a node may witness what was drawn: within twice the radius that should hold
/// `rules.witnesses` of `nodes` nodes.
bool is_eligible(const Rules& rules, std::uint64_t nodes, const Point& drawn, const PeerId& node);

}  // namespace mycel::dht::witness
