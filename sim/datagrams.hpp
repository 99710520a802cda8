#pragma once
// The datagram cut: sockets of the virtual world between which packets are lost, doubled, delayed,
// reordered and damaged. The network itself is the one of the QUIC tests; here are its nodes, its
// cuts and what may wait in it.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "foundation/model/multiaddr.hpp"

#include "sim/node_timers.hpp"
#include "sim/plan.hpp"
#include "sim/world.hpp"

namespace mycel::sim {

using quic::test::PacketCounts;
using quic::test::PacketSocket;

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
  /// Nothing reaches or leaves the node.
  void set_isolated(std::uint32_t number, bool is_isolated);
  /// By number, on which side of a split a node stands; empty: there is none.
  void set_split(std::vector<bool> sides) { sides_ = std::move(sides); }
  /// The node's address changes, and it does not know: others see it come from the new one, and
  /// find nobody at the old one.
  void move(std::uint32_t number);

  const PacketCounts& counts() const { return packets_.counts; }

 private:
  bool passes(std::uint32_t from, std::uint32_t to) const;
  bool side_of(std::uint32_t number) const { return number < sides_.size() && sides_[number]; }

  quic::test::PacketNetwork packets_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> cuts_;
  std::set<std::uint32_t> isolated_;
  std::vector<bool> sides_;
  std::uint8_t moves_ = 0;
};

/// The socket of a process that can stand still: what comes meanwhile waits in it, as in the
/// system's buffer.
class ProcessSocket final : public ports::Datagrams {
 public:
  ProcessSocket(const World& world, NodeTimers& timers, std::unique_ptr<PacketSocket> socket)
      : world_(world), timers_(timers), socket_(std::move(socket)) {}

  std::size_t send(std::span<const ports::Datagram> batch) override { return socket_->send(batch); }
  void on_receive(Receiver receiver) override;
  void on_writable(std::function<void()> then) override { socket_->on_writable(std::move(then)); }
  ports::Endpoint local() const override { return socket_->local(); }
  /// When the process took the last packet.
  Instant heard_at() const { return heard_at_; }

 private:
  void hold(const ports::Datagram& datagram);
  void pass(std::span<const ports::Datagram> batch);

  const World& world_;
  NodeTimers& timers_;
  std::unique_ptr<PacketSocket> socket_;
  Receiver receiver_;
  std::size_t waiting_bytes_ = 0;
  Instant heard_at_{};
};

}  // namespace mycel::sim
