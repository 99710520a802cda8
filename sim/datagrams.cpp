#include "sim/datagrams.hpp"

#include <memory>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::sim {

DatagramNetwork::DatagramNetwork(World& world, const Weather& weather)
    : packets_(world, world.fork("datagrams")) {
  packets_.weather = weather;
  packets_.filter = [this](const ports::Datagram& packet) {
    return cuts_.empty() || !cuts_.contains({packet.local, packet.remote});
  };
}

ports::Endpoint DatagramNetwork::endpoint_of(std::uint32_t number) {
  ports::Endpoint at;
  at.address = {10, 1, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  at.port = 4150;
  return at;
}

Multiaddr DatagramNetwork::address_of(std::uint32_t number) {
  const ports::Endpoint at = endpoint_of(number);
  return wire::quic_multiaddr({false, at.address, at.port, 0});
}

std::unique_ptr<PacketSocket> DatagramNetwork::bind(std::uint32_t number) {
  return std::make_unique<PacketSocket>(packets_, endpoint_of(number));
}

void DatagramNetwork::set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut) {
  const std::pair way{endpoint_of(from), endpoint_of(to)};
  if (is_cut)
    cuts_.insert(way);
  else
    cuts_.erase(way);
}

void DatagramNetwork::set_cut(std::uint32_t a, std::uint32_t b, bool is_cut) {
  set_cut_one_way(a, b, is_cut);
  set_cut_one_way(b, a, is_cut);
}

}  // namespace mycel::sim
