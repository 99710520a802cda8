#pragma once
// A whole node in the simulated world: the real wiring, links and machines over virtual ports.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "node/wiring.hpp"

#include "sim/network.hpp"
#include "sim/signatures.hpp"
#include "sim/store.hpp"

namespace mycel::sim {

/// Agent keys made from a node's number. Ed25519 signs deterministically, so real signatures do not
/// disturb the fingerprint; schemes that draw randomness need a stand-in here.
class NumberedKeys final : public parts::AgentKeys {
 public:
  NumberedKeys(ports::Timers& timers, std::uint32_t number) : timers_(timers), number_(number) {}
  Result<std::string, std::string> did_of(const std::string& key) override;
  void sign(const std::string& key, const Bytes& bytes, Signed then) override;

 private:
  crypto::Ed25519PrivateKey key_of(const std::string& key) const;
  ports::Timers& timers_;
  std::uint32_t number_;
};

/// No names are known here: every address is a number.
class NoNames final : public ports::Names {
 public:
  explicit NoNames(ports::Timers& timers) : timers_(timers) {}
  void resolve(const Multiaddr& address, Resolved then) override;

 private:
  ports::Timers& timers_;
};

PeerId peer_of_number(std::uint32_t number);

class Node {
 public:
  /// What outlives the process.
  struct Machine {
    Disk& disk;
    const Clock& clock;
  };
  /// `number` says where it is and `whose` keys it has, mostly its own. `life` counts its starts:
  /// every one draws other numbers.
  Node(World& world, Network& network, const Machine& machine, std::uint32_t number,
       std::uint32_t whose, std::uint32_t life, NodeSetup setup);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();
  /// A graceful stop: the peers are told. Destroying the node instead is a crash.
  void stop();

  Wiring& wiring() { return *wiring_; }
  std::uint32_t number() const { return number_; }
  /// The process: its clocks, and whether it stands still.
  NodeTimers& timers() { return timers_; }
  VirtualStore& store() { return store_; }
  VirtualLinks& links() { return *transport_; }
  StandInSignatures& signatures() { return signatures_; }
  /// Hears what the wiring tells, after it was folded.
  std::function<void(std::string_view event, const PeerId& peer)> on_event;

 private:
  World& world_;
  std::uint32_t number_;
  NodeTimers timers_;
  std::unique_ptr<VirtualLinks> transport_;
  VirtualStore store_;
  NoNames names_;
  NumberedKeys keys_;
  StandInSignatures signatures_;
  std::unique_ptr<Wiring> wiring_;
};

}  // namespace mycel::sim
