#pragma once
// What one run does, in full: a scenario's ranges after a seed has drawn from them. A plan is plain
// data, so that it can be printed, drawn, made smaller and run again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/time.hpp"

#include "runtime/quic/test_packets.hpp"

namespace mycel::sim {

/// `amount` means what stands behind a kind; without a word it has none.
enum class FaultKind : std::uint8_t {
  crash,        // the process dies; the disk keeps what was synced; it starts again at the end
  wipe,         // the same, and the disk is empty when it starts again
  stop,         // a graceful stop; it starts again at the end
  pause,        // the process stands still (SIGSTOP): timers late, messages wait
  isolate,      // nothing reaches the node and nothing leaves it
  cut,          // nothing passes between `node` and `other`
  cut_one_way,  // nothing passes from `node` to `other`
  split,        // the nodes below `amount` (a share of all) and the rest hear nothing of each other
  slow_link,    // between `node` and `other`: bytes a second
  stall_link,   // between `node` and `other`: what is sent waits, and all comes at the end
  reset,        // the connections between `node` and `other` break at once
  move,         // the node's address changes
  nat,          // the node stands behind a NAT: 0 cone, 1 address-restricted, 2 symmetric
  clock_drift,  // parts in a million by which the node's monotonic clock is fast
  clock_step,   // seconds by which the node's calendar clock jumps
  disk_full,    // every commit fails
  disk_slow,    // every commit takes this many times as long
  disk_unsynced,  // "synced" commits are only buffered: power loss takes them
  disk_torn,      // a crash in this time leaves half of the last batch
};
inline constexpr std::size_t fault_kind_count = 19;
/// The kind as scenarios write it: "cut_one_way".
std::string_view to_text(FaultKind kind);
/// Those that happen to packets there are the weather's.
bool is_in_datagram_cut(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::crash;
  Duration at{};     ///< since the safety phase began
  Duration lasts{};  ///< then it is healed; a reset has no length
  std::uint32_t node = 0;
  std::uint32_t other = 0;  ///< the far end, for faults of a link
  double amount = 0;
};

/// An honest machine and a function on its output.
enum class LiarKind : std::uint8_t {
  withhold,    // answers nothing of what it was asked to keep
  equivocate,  // tells different peers different things
  delay,       // answers as late as is allowed
  replay,      // answers with what was true before
  forge,       // answers with records that nobody signed
  flood,       // sends many times what it should
  collude,     // answers with its accomplices only
  grind,       // its id lies near the victim's key
  twin,        // a second node with the same keys
  mixed,       // now one of these, now another
  truncate,    // cuts short what it signs as a witness
};
inline constexpr std::size_t liar_kind_count = 11;
std::string_view to_text(LiarKind kind);

struct Liar {
  std::uint32_t node = 0;
  LiarKind kind = LiarKind::withhold;
  std::uint32_t victim = 0;  ///< of a grinder: whose key it sits on
};

using quic::test::Weather;

/// Of the datagram cut: what packets meet while faults are allowed, and what users write all the
/// time. Before and after it the way takes as long, and that is all.
struct Packets {
  Weather weather;
  Duration mail_every{};  ///< each node writes to another one
  std::uint32_t mail_size_bytes = 0;
};

struct Plan {
  std::string scenario;
  std::uint64_t seed = 1;
  std::uint32_t nodes = 10;
  Duration safety{};          ///< after the nodes have joined: faults are allowed
  Duration converge{};        ///< after all faults are healed: everything must be well by then
  bool is_core_all = true;    ///< every node must be well at the end, not only a core of them
  std::vector<Fault> faults;  ///< by time; the index is a fault's name
  std::vector<Liar> liars;
  std::optional<Packets> packets;  ///< the datagram cut; none: the links cut
};

}  // namespace mycel::sim
