#pragma once
// The faults that mean the same in both cuts: of who hears whom, and of disks. Each function says
// whether the fault was of its kind.

#include <cstdint>

#include "sim/faults.hpp"
#include "sim/store.hpp"

namespace mycel::sim {

/// Cuts the way from `node` to `other`, or whichever the kind says, or opens it again.
template <class SomeNetwork>
bool set_ways(SomeNetwork& network, FaultKind kind, std::uint32_t node, std::uint32_t other,
              bool is_cut) {
  switch (kind) {
    case FaultKind::isolate:
      network.set_isolated(node, is_cut);
      return true;
    case FaultKind::cut:
      network.set_cut(node, other, is_cut);
      return true;
    case FaultKind::cut_one_way:
      network.set_cut_one_way(node, other, is_cut);
      return true;
    default:
      return false;
  }
}

template <class SomeNetwork>
bool break_ways(SomeNetwork& network, const Fault& fault, std::uint32_t nodes) {
  if (fault.kind != FaultKind::split)
    return set_ways(network, fault.kind, fault.node, fault.other, true);
  network.set_split(sides_of(fault, nodes));
  return true;
}

template <class SomeNetwork>
bool open_ways(SomeNetwork& network, FaultKind kind, std::uint32_t node, std::uint32_t other) {
  if (kind != FaultKind::split) return set_ways(network, kind, node, other, false);
  network.set_split({});
  return true;
}

bool break_disk(Disk& disk, const Fault& fault);
/// A disk that was full is left to whoever knows whether its node has to start again.
bool mend_disk(Disk& disk, FaultKind kind);

}  // namespace mycel::sim
