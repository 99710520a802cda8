#pragma once
// One run of a plan: the nodes join; in the safety phase faults begin and end while users work;
// then the faults stop for a core of nodes, and everything must be well in bounded time.
//
// One plan is one run, event for event: the fingerprint says so, and contains no signature.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/faults.hpp"
#include "sim/fleet.hpp"
#include "sim/fleet_faults.hpp"
#include "sim/judge.hpp"
#include "sim/key_order.hpp"
#include "sim/network.hpp"
#include "sim/scenario.hpp"
#include "sim/trace.hpp"
#include "sim/world.hpp"

namespace mycel::sim {

class Workload;

/// Who looks on, and who bends the nodes. All may be empty.
struct Watch {
  std::function<void(const std::string&)> progress;
  Trace trace;
  bool is_full_trace = false;  ///< every delivery too
  /// Before the first node starts: planted bugs come in here.
  std::function<void(Fleet&)> prepare;
};

struct Violation {
  std::string judge;
  Instant at{};
  std::string what;
};

/// What the operations of one kind cost.
struct Figures {
  std::uint64_t count = 0;   ///< that ended, whichever way
  std::uint64_t failed = 0;  ///< under faults that is no violation
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::vector<Duration> durations;  ///< sorted, of those that did not fail
};
/// The value below which `share` of the sorted times lie.
Duration quantile(const std::vector<Duration>& sorted, double share);

struct Outcome {
  std::uint64_t fingerprint = 0;      ///< 0 in the datagram cut, where TLS draws for itself
  std::vector<Violation> violations;  ///< the first few
  Duration simulated{};
  std::uint64_t deliveries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t dials = 0;
  std::uint64_t connections = 0;  ///< open at the end
  /// What one node holds at the end on the heap, on average of those that are up, beside the keys
  /// and values of its records. 0 where nobody counts: in the datagram cut, and under sanitizers.
  std::uint64_t node_bytes = 0;
  std::uint32_t nodes = 0;
  std::uint32_t core = 0;                       ///< nodes that had to be well at the end
  std::map<std::string, std::uint64_t> faults;  ///< by kind, that really happened
  std::map<std::string, std::uint64_t> probes;  ///< rare paths, by their sentence
  std::map<std::string, Figures> figures;       ///< "join", "put", "get", "find", ...
  std::map<std::string, std::uint64_t> counts;  ///< of the datagram cut: packets and messages
};

Outcome run(const Scenario& scenario, const Plan& plan, const Watch& watch = {});

enum class Phase : std::uint8_t { joining, safety, converging, calm };
std::string_view to_text(Phase phase);

/// An operation that a user began. It ends once, or with its node.
using Ticket = std::uint64_t;

/// How it ended.
struct Ending {
  bool is_good = false;
  std::uint64_t messages = 0;
  std::string text = {};  ///< for the trace
};

/// What judges, workloads, faults and liars see of a run.
class Run {
 public:
  Run(const Scenario& scenario, const Plan& plan, const Watch& watch);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  Outcome go();

  World& world() { return world_; }
  Network& network() { return network_; }
  Fleet& fleet() { return fleet_; }
  const Plan& plan() const { return plan_; }
  const Scenario& scenario() const { return scenario_; }
  Instant now() const { return world_.now().instant; }
  Phase phase() const { return phase_; }
  /// All faults are healed and the time to converge has passed.
  bool is_calm() const { return phase_ == Phase::calm; }
  /// When the present phase began.
  Instant phase_since() const { return phase_since_; }
  /// Whether the node must be well at the end; known when the faults have stopped.
  bool is_core(std::uint32_t number) const { return core_.contains(number); }
  const std::set<std::uint32_t>& core() const { return core_; }
  const KeyOrder& core_order() const { return core_order_; }

  void accuse(std::string_view judge, std::string text);
  void tell(const Fact& fact);
  bool is_traced() const { return static_cast<bool>(watch_.trace); }
  void trace(TraceEvent event);

  /// A user of the node begins `operation` ("get"); it must end within `allowed`.
  Ticket begin(std::uint32_t node, std::string_view operation, Duration allowed, std::string what);
  /// False if the node went down meanwhile: whoever asked is dead too, and hears nothing.
  bool end(Ticket ticket, const Ending& ending);

 private:
  struct Doors {
    std::uint32_t wipes = 0;  // of the machine, when it was told
    Addresses addresses;
  };
  struct UnderWay {
    std::uint32_t node = 0;
    std::string operation;
    Instant since{};
    std::string what;
  };

  void enter(Phase phase);
  void prepare();
  void set_up(std::uint32_t number, NodeSetup& setup);
  Addresses doors_of(std::uint32_t number);
  void listen_to(Node& node);
  void on_down(std::uint32_t number, std::string_view how);
  void on_fault(std::size_t index, TraceKind kind);
  void join();
  void keep_busy();
  void plan_step(std::size_t workload, std::uint32_t number, Duration at_least);
  void step(std::size_t workload, std::uint32_t number);
  void converge();
  void examine();
  void drain();
  void run_until(Instant end);
  Outcome conclude();
  std::uint64_t weigh_nodes();

  const Scenario& scenario_;
  const Plan& plan_;
  const Watch& watch_;
  World world_;
  Network network_;
  Fleet fleet_;
  Rng rng_;
  Phase phase_ = Phase::joining;
  Instant phase_since_{};
  bool is_draining_ = false;  // users begin nothing more
  Instant next_watch_{1s};
  std::set<std::uint32_t> core_;
  KeyOrder core_order_;                   // of the same nodes
  std::map<std::uint32_t, Doors> doors_;  // by node
  FleetFaults broken_;
  Faults faults_;
  std::vector<std::unique_ptr<Workload>> workloads_;
  std::vector<std::unique_ptr<Judge>> judges_;
  Ticket last_ticket_ = 0;
  std::map<Ticket, UnderWay> under_way_;
  Outcome outcome_;
};

}  // namespace mycel::sim
