#pragma once
// A scenario says in ranges what may happen in a run, as TOML; a seed draws from them. Those in
// sim/scenarios are built into the program; any other can be a file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

#include "sim/plan.hpp"

namespace mycel::sim {

template <class T>
struct Range {
  T low{};
  T high{};
};

/// How often a fault of this kind is drawn, and how bad it is. The three ways to count add up.
struct FaultRange {
  FaultKind kind = FaultKind::crash;
  Range<std::uint32_t> count;  ///< in the whole run
  Range<double> per_node;      ///< for every node
  Range<double> per_minute;    ///< for every minute of the safety phase
  Range<Duration> lasts;
  Range<double> amount;  ///< what stands behind the kind; see FaultKind
};

struct LiarRange {
  Range<double> share;  ///< of all nodes
  std::vector<LiarKind> kinds;
};

/// What the nodes' users do while everything else happens.
struct WorkloadSpec {
  std::string name;            ///< one of workload_names()
  Duration every = 5s;         ///< between two operations of one node, on average
  std::uint32_t items = 1;     ///< what each node publishes: records, cards, provided keys
  std::uint32_t quorum = 1;    ///< valid values that a get gathers
  bool is_fixed = false;       ///< what is published never changes
  std::string text = "value";  ///< what values begin with
};

struct Latencies {
  bool is_regional = false;            ///< real round trips between regions; else uniform
  Range<Duration> latency{5ms, 40ms};  ///< one way, of each pair of nodes
  Duration median = 0s;                ///< regional ones scaled to this median; 0: as they are
};

/// What is set for each node, as its operator would, or who embeds it.
struct ConnectionLimits {
  std::uint32_t max = 1024;       ///< `connections.max`
  Duration idle_timeout = 5min;   ///< `connections.idle_timeout`
  std::uint32_t known_peers = 0;  ///< in the address book and the peer cache; 0: as it ships
};

/// Of the datagram cut: what its packets meet, and what its users write.
struct PacketRange {
  Range<Duration> delay{20ms, 20ms};  ///< one way
  Range<Duration> jitter{};           ///< a packet takes up to so much longer
  Range<double> loss;                 ///< shares of all packets, this and the next two
  Range<double> doubled;
  Range<double> damaged;
  Range<std::uint32_t> rate;  ///< bytes a second of each node's link; 0: as many as come
  Duration queue = 400ms;     ///< who would wait longer for the link is dropped
  Range<Duration> mail_every{100ms, 100ms};
  Range<std::uint32_t> mail_size_bytes{1000, 1000};
};

struct Scenario {
  std::string name;
  std::string about;  ///< one sentence
  Range<std::uint32_t> nodes{10, 10};
  Duration join_every = 20ms;
  Duration settle = 40s;  ///< after the last node joined, before users and faults begin
  Range<Duration> safety{60s, 60s};
  Duration converge = 90s;   ///< after the faults have stopped, everything must be well by then
  Duration calm = 30s;       ///< and stays so: judges ask for liveness here
  bool is_swarm = false;     ///< the seed switches whole fault kinds off
  bool is_core_all = true;   ///< every node is healed at the end; else a random core of them
  Duration ping_every = 0s;  ///< 0: nodes do not ping
  std::uint32_t disjoint_paths = 8;  ///< of lookups; as the program ships
  ConnectionLimits connections;
  Latencies topology;
  std::vector<WorkloadSpec> workloads;
  std::vector<FaultRange> faults;  ///< each kind at most once
  LiarRange liars;
  std::vector<std::string> judges;     ///< empty: all
  std::optional<PacketRange> packets;  ///< the datagram cut; none: the links cut
};

/// Nodes of a run in the datagram cut: QUIC in full takes its time.
inline constexpr std::uint32_t datagram_nodes_max = 64;

/// `name` is what errors call it. The error names what is wrong, where, and what is allowed.
Result<Scenario, std::string> parse_scenario(std::string_view toml, std::string_view name);
/// The shipped ones, by name.
std::vector<std::string> scenario_names();
/// A shipped scenario, or a file's.
Result<Scenario, std::string> find_scenario(std::string_view name_or_path);

/// What one run of it does. The same arguments give the same plan, on every machine.
Plan draw(const Scenario& scenario, std::uint64_t seed,
          std::optional<std::uint32_t> nodes = std::nullopt);

}  // namespace mycel::sim
