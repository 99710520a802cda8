#include "protocol/dht/witness/draw.hpp"

#include <algorithm>

#include "protocol/dht/witness/fixed_bytes.hpp"

namespace mycel::dht::witness {
namespace {

/// Estimates differ between two nodes; with 20 neighbours one is off by a quarter, rarely by half.
constexpr std::uint64_t tolerance = 2;
/// With fewer neighbours than a full list a table knows everybody.
constexpr std::size_t neighbours_min = 20;

}  // namespace

Point point_of(const PeerId& peer) {
  return crypto::sha256(peer.view());
}

std::uint64_t leading_distance(const Point& a, const Point& b) {
  std::uint64_t distance = 0;
  for (std::size_t i = 0; i < 8; ++i)
    distance = distance << 8 | std::to_integer<unsigned>(a.bytes[i] ^ b.bytes[i]);
  return distance;
}

bool is_nearer(const Point& target, const Point& a, const Point& b) {
  for (std::size_t i = 0; i < target.bytes.size(); ++i) {
    const std::byte to_a = target.bytes[i] ^ a.bytes[i];
    const std::byte to_b = target.bytes[i] ^ b.bytes[i];
    if (to_a != to_b) return to_a < to_b;
  }
  return false;
}

Slot slot_of(UnixTime time) {
  const auto since = std::max<std::int64_t>(0, time.time_since_epoch().count());
  return Slot{static_cast<std::uint64_t>(since / milliseconds(slot_length))};
}

Nonce nonce_from(const Nonce& secret, ByteView name) {
  FixedWriter writer(tag_size_bytes + secret.bytes.size() + name.size());
  writer.tag("mycel-witness-nonce-1").bytes(secret.bytes).bytes(name);
  return {crypto::sha256(writer.take()).bytes};
}

// The j-th nearest of N nodes stands where j / N of the space are: N is (j - 1) / its distance,
// without bias. A crowd of identities around one node makes it estimate too many nodes, hence too
// small a radius: it refuses more, and never accepts more.
std::uint64_t estimated_nodes(const Point& self, const std::vector<Point>& nearest) {
  if (nearest.size() < neighbours_min) return nearest.size() + 1;
  const std::uint64_t farthest =
      std::max<std::uint64_t>(1, leading_distance(self, nearest[neighbours_min - 1]));
  const std::uint64_t spacing = std::max<std::uint64_t>(1, farthest / (neighbours_min - 1));
  return std::max<std::uint64_t>(neighbours_min + 1, UINT64_MAX / spacing);
}

bool is_eligible(const Rules& rules, std::uint64_t nodes, const Point& drawn, const PeerId& node) {
  const std::uint64_t places = tolerance * rules.witnesses;
  if (nodes <= places) return true;
  const std::uint64_t radius = UINT64_MAX / nodes * places;
  return leading_distance(drawn, point_of(node)) <= radius;
}

}  // namespace mycel::dht::witness
