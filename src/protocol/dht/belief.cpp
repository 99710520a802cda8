#include "protocol/dht/belief.hpp"

#include <algorithm>
#include <cstring>

namespace mycel::dht {
namespace {

// Among fewer, half of them is a handful that anybody may happen to know or not.
constexpr std::size_t neighbours_min = 10;
// As many belied neighbours, and no other, somebody far away does not name by chance.
constexpr std::size_t belied_named_min = 4;

std::size_t named_among(const Testimony& testimony, const std::vector<std::uint64_t>& tails) {
  return static_cast<std::size_t>(std::ranges::count_if(testimony.named, [&](std::uint64_t tail) {
    return std::ranges::find(tails, tail) != tails.end();
  }));
}

}  // namespace

// 0 for one that is shorter than a hash.
std::uint64_t tail_of(const PeerId& peer) {
  std::uint64_t tail = 0;
  const ByteView bytes = peer.view();
  if (bytes.size() >= sizeof tail)
    std::memcpy(&tail, bytes.data() + bytes.size() - sizeof tail, sizeof tail);
  return tail;
}

Belief weigh(const std::vector<Testimony>& testimonies, std::size_t k) {
  Belief belief;
  const std::size_t near = std::min(testimonies.size(), k);
  if (near < neighbours_min) return belief;
  std::vector<std::uint64_t> neighbours;
  neighbours.reserve(near);
  for (std::size_t i = 0; i < near; ++i) neighbours.push_back(tail_of(testimonies[i].peer.id));
  std::vector<std::uint64_t> good;
  std::vector<std::uint64_t> bad;
  for (std::size_t i = 0; i < near; ++i) {
    if (2 * named_among(testimonies[i], neighbours) < near - 1) continue;
    good.push_back(neighbours[i]);
    belief.borne_out.push_back(testimonies[i].peer);
  }
  for (std::size_t i = 0; i < near; ++i) {
    const Testimony& each = testimonies[i];
    if (named_among(each, good) > 0 || each.named.size() < k / 2) continue;
    bad.push_back(neighbours[i]);
    belief.belied.push_back(each.peer.id);
  }
  for (std::size_t i = near; i < testimonies.size(); ++i) {
    const Testimony& each = testimonies[i];
    if (named_among(each, good) == 0 && named_among(each, bad) >= belied_named_min)
      belief.belied.push_back(each.peer.id);
  }
  return belief;
}

}  // namespace mycel::dht
