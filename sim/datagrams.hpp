#pragma once
// The datagram cut: sockets of the virtual world between which packets are lost, doubled, delayed,
// reordered and damaged. The network itself is the one of the QUIC tests; here are its nodes, its
// cuts and what may wait in it.

#include <cstdint>
#include <memory>
#include <set>
#include <utility>

#include "foundation/model/multiaddr.hpp"

#include "runtime/quic/test_packets.hpp"

#include "sim/world.hpp"

namespace mycel::sim {

using quic::test::PacketCounts;
using quic::test::PacketSocket;
using quic::test::Weather;

class DatagramNetwork {
 public:
  DatagramNetwork(World& world, const Weather& weather);

  /// Where node `number` listens: 10.1.x.y, UDP port 4150.
  static ports::Endpoint endpoint_of(std::uint32_t number);
  static Multiaddr address_of(std::uint32_t number);
  /// The socket of a node. Destroying it is a crash: what arrives later reaches nobody.
  std::unique_ptr<PacketSocket> bind(std::uint32_t number);

  void set_weather(const Weather& weather) { packets_.weather = weather; }
  /// Nothing passes from `from` to `to`.
  void set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut);
  void set_cut(std::uint32_t a, std::uint32_t b, bool is_cut);

  const PacketCounts& counts() const { return packets_.counts; }

 private:
  quic::test::PacketNetwork packets_;
  std::set<std::pair<ports::Endpoint, ports::Endpoint>> cuts_;
};

}  // namespace mycel::sim
