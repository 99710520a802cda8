#include "sim/liars/forgery.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "foundation/wire/key.hpp"

#include "sim/network.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t noise_bytes = 40;
// Ids drawn for one invented peer: it beats a network of about so many nodes.
constexpr int draws = 64;

std::vector<std::byte> copy_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Bytes random_bytes(std::size_t size, Rng& rng) {
  std::vector<std::byte> bytes(size);
  rng.fill(bytes);
  return Bytes(std::move(bytes));
}

Multiaddr invented_address(Rng& rng) {
  constexpr std::uint32_t nobodys_land = 0xff0000;
  return Network::address_of(nobodys_land + static_cast<std::uint32_t>(rng.below(0xff00)));
}

dht::Peer random_peer(Rng& rng) {
  crypto::Ed25519PublicKey key;
  rng.fill(key.bytes);
  return {.id = wire::peer_id_of(key), .addresses = {invented_address(rng)}};
}

dht::Peer invented_peer(const dht::Key& target, Rng& rng) {
  std::optional<std::pair<dht::Distance, dht::Peer>> best;
  for (int draw = 0; draw < draws; ++draw) {
    dht::Peer peer = random_peer(rng);
    const dht::Distance where = distance(dht::Key::of(peer.id), target);
    if (!best || where < best->first) best = {where, std::move(peer)};
  }
  return std::move(best->second);
}

dht::Record forged_record(const Bytes& key, const Bytes& honest, const Bytes& other, Rng& rng) {
  const bool has_model = !honest.empty();
  enum Trick : std::uint8_t { noise, changed, cut, greater, longer, foreign, ways };
  const auto trick = static_cast<Trick>(has_model ? rng.below(ways) : rng.below(2) * foreign);
  std::vector<std::byte> value = copy_of(honest);
  switch (trick) {
    case changed:
      value[static_cast<std::size_t>(rng.below(value.size()))] ^= std::byte{1};
      break;
    case cut:
      value.resize(value.size() / 2);
      break;
    case greater:
      value[static_cast<std::size_t>(rng.below(value.size()))] = std::byte{0xff};
      break;
    case longer:
      value.push_back(std::byte{'9'});
      break;
    case foreign:
      if (!other.empty() && other != honest) return {key, other, std::nullopt};
      [[fallthrough]];
    default:
      value.resize(noise_bytes);
      rng.fill(value);
  }
  return {key, Bytes(std::move(value)), std::nullopt};
}

}  // namespace mycel::sim
