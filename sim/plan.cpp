#include "sim/plan.hpp"

#include <array>

namespace mycel::sim {

std::string_view to_text(FaultKind kind) {
  static constexpr std::array<std::string_view, fault_kind_count> words{
      "crash",      "wipe",      "stop",       "pause",         "isolate",  "cut", "cut_one_way",
      "split",      "slow_link", "stall_link", "reset",         "move",     "nat", "clock_drift",
      "clock_step", "disk_full", "disk_slow",  "disk_unsynced", "disk_torn"};
  return words[static_cast<std::size_t>(kind)];
}

bool is_in_datagram_cut(FaultKind kind) {
  return kind != FaultKind::slow_link && kind != FaultKind::stall_link &&
         kind != FaultKind::reset && kind != FaultKind::nat;
}

std::string_view to_text(LiarKind kind) {
  static constexpr std::array<std::string_view, liar_kind_count> words{
      "withhold", "equivocate", "delay", "replay", "forge",   "flood",
      "collude",  "grind",      "twin",  "mixed",  "truncate"};
  return words[static_cast<std::size_t>(kind)];
}

}  // namespace mycel::sim
