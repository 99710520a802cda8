#pragma once
// What goes wrong above links: with whole nodes, their disks, clocks and connections.

#include "sim/faults.hpp"
#include "sim/fleet.hpp"
#include "sim/network.hpp"

namespace mycel::sim {

class FleetFaults final : public Breakable {
 public:
  FleetFaults(Fleet& fleet, Network& network) : fleet_(fleet), network_(network) {}
  bool apply(const Fault& fault) override;
  void heal(FaultKind kind, std::uint32_t node, std::uint32_t other) override;

 private:
  void make_room(std::uint32_t number);

  Fleet& fleet_;
  Network& network_;
};

}  // namespace mycel::sim
