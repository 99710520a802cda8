#pragma once
// A whole node over the real QUIC in virtual time: the program's wiring and transport, with a
// simulated socket, disk and clock below them. TLS draws its own randomness, so that two runs of
// one seed differ in bytes; their judges must agree all the same.

#include <cstdint>
#include <memory>

#include "foundation/crypto/ed25519.hpp"

#include "node/wiring.hpp"
#include "runtime/ports/entropy.hpp"
#include "runtime/quic/transport.hpp"

#include "sim/datagrams.hpp"
#include "sim/node.hpp"
#include "sim/store.hpp"

namespace mycel::sim {

class SeededEntropy final : public ports::Entropy {
 public:
  explicit SeededEntropy(Rng rng) : rng_(rng) {}
  void fill(std::span<std::byte> bytes) override { rng_.fill(bytes); }

 private:
  Rng rng_;
};

class DatagramNode {
 public:
  /// `number` says who and where it is; `life` counts its starts, as no two processes draw the same
  /// random numbers. Destroying the node is a crash.
  DatagramNode(World& world, DatagramNetwork& network, const Node::Machine& machine,
               std::uint32_t number, std::uint32_t life, NodeSetup setup);
  DatagramNode(const DatagramNode&) = delete;
  DatagramNode& operator=(const DatagramNode&) = delete;

  static PeerId peer_of(std::uint32_t number);

  Result<void, ports::StoreError> start();
  /// A graceful stop: the peers are told.
  void stop();

  Wiring& wiring() { return *wiring_; }
  const Wiring& wiring() const { return *wiring_; }
  const quic::Transport& transport() const { return transport_; }
  NodeTimers& timers() { return timers_; }
  std::uint32_t number() const { return number_; }
  VirtualStore& store() { return store_; }
  /// When the last packet came.
  Instant heard_at() const { return socket_.heard_at(); }

 private:
  DatagramNode(World& world, DatagramNetwork& network, const Node::Machine& machine,
               std::uint32_t number, NodeSetup setup, Rng rng);

  std::uint32_t number_;
  NodeTimers timers_;
  SeededEntropy entropy_;
  ProcessSocket socket_;
  quic::Transport transport_;
  VirtualStore store_;
  NoNames names_;
  NumberedKeys keys_;
  std::unique_ptr<Wiring> wiring_;
};

}  // namespace mycel::sim
