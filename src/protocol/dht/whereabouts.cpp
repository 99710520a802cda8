#include "protocol/dht/whereabouts.hpp"

#include <algorithm>

#include "foundation/crypto/hash.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::dht {
namespace {

constexpr std::byte ip4_code{0x04};
constexpr std::byte ip6_code{0x29};
constexpr std::size_t ip6_network_bytes = 4;  // a /32
constexpr std::size_t ip6_subnet_bytes = 6;   // a /48

bool is_same_network(const PlaceMark& a, const PlaceMark& b) {
  return a[0] == b[0] && a[1] == b[1];
}

}  // namespace

std::optional<PlaceMark> place_of(const Multiaddr& address, bool counts_private) {
  if (!counts_private && (wire::is_loopback(address) || wire::is_private(address)))
    return std::nullopt;
  const ByteView bytes = address.binary();
  PlaceMark mark{};
  if (bytes.size() > mark.size() && bytes[0] == ip4_code) {
    for (std::size_t i = 0; i < mark.size(); ++i)
      mark[i] = std::to_integer<std::uint8_t>(bytes[1 + i]);
    return mark;
  }
  if (bytes.size() > ip6_subnet_bytes && bytes[0] == ip6_code) {
    const crypto::Digest network = crypto::sha256(bytes.subspan(1, ip6_network_bytes));
    const crypto::Digest subnet = crypto::sha256(bytes.subspan(1, ip6_subnet_bytes));
    mark = {std::to_integer<std::uint8_t>(network.bytes[0]),
            std::to_integer<std::uint8_t>(network.bytes[1]),
            std::to_integer<std::uint8_t>(subnet.bytes[0])};
    return mark;
  }
  return std::nullopt;
}

PlaceCount::PlaceCount(std::vector<PlaceMark> newcomer) {
  shared_.reserve(newcomer.size());
  for (const PlaceMark& place : newcomer) shared_.push_back({.place = place});
}

void PlaceCount::count(const std::vector<PlaceMark>& member) {
  for (Shared& shared : shared_) {
    shared.in_subnet += std::ranges::find(member, shared.place) != member.end() ? 1 : 0;
    shared.in_network +=
        std::ranges::any_of(
            member, [&](const PlaceMark& place) { return is_same_network(place, shared.place); })
            ? 1
            : 0;
  }
}

bool PlaceCount::is_within(const PlaceCaps& caps) const {
  const auto is_under = [](std::size_t count, std::size_t cap) { return cap == 0 || count < cap; };
  return std::ranges::all_of(shared_, [&](const Shared& shared) {
    return is_under(shared.in_subnet, caps.subnet_max) &&
           is_under(shared.in_network, caps.network_max);
  });
}

}  // namespace mycel::dht
