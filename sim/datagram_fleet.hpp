#pragma once
// All nodes of a run in the datagram cut, by number, and what goes wrong with them. A disk and a
// clock outlive their node.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/datagram_node.hpp"
#include "sim/datagrams.hpp"
#include "sim/faults.hpp"

namespace mycel::sim {

/// Nodes below it are doors for all others: they keep their addresses.
inline constexpr std::uint32_t datagram_doors = 2;

class DatagramFleet final : public Breakable {
 public:
  DatagramFleet(World& world, DatagramNetwork& network, std::uint32_t count)
      : world_(world), network_(network), rng_(world.fork("fleet")), places_(count) {}

  // Set before the first start; both are called at every one, also after a crash.
  std::function<NodeSetup(std::uint32_t number)> setup_of;
  /// The node runs, or says why it does not.
  std::function<void(DatagramNode& node, const Result<void, ports::StoreError>& started)> on_start;
  /// The node has gone.
  std::function<void(std::uint32_t number, std::string_view how)> on_down;

  void start(std::uint32_t number);
  bool apply(const Fault& fault) override;
  void heal(FaultKind kind, std::uint32_t node, std::uint32_t other) override;

  std::uint32_t size() const { return static_cast<std::uint32_t>(places_.size()); }
  /// None while the node is down.
  DatagramNode* find(std::uint32_t number) { return places_[number].node.get(); }
  /// It is up and does not stand still.
  bool is_running(std::uint32_t number) const {
    return places_[number].node != nullptr && !places_[number].node->timers().is_paused();
  }
  /// How often a power cut or an empty disk may have taken something from some node.
  std::uint32_t disks_harmed() const { return disks_harmed_; }

 private:
  struct Place {
    Disk disk;
    Clock clock;
    std::unique_ptr<DatagramNode> node;
  };
  bool take_down(FaultKind how, std::uint32_t number);
  void make_room(std::uint32_t number);

  World& world_;
  DatagramNetwork& network_;
  Rng rng_;
  std::vector<Place> places_;
  std::uint32_t lives_ = 0;
  std::uint32_t disks_harmed_ = 0;
};

}  // namespace mycel::sim
