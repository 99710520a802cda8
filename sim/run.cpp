#include "sim/run.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "foundation/base/probe.hpp"

#include "sim/datagram_run.hpp"
#include "sim/heap.hpp"
#include "sim/liars/liars.hpp"
#include "sim/sealed_value.hpp"
#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t violations_max = 20;  ///< more of them tell nobody more
constexpr std::uint32_t doors_max = 3;
constexpr std::uint32_t first_doors = 64;  ///< nodes that everybody knows of
constexpr std::uint64_t phase_fact = 33, fault_fact = 34, user_fact = 35;
/// Longer than any operation is allowed to take: after it, all of them have ended.
constexpr Duration drain_max = 5min;

thread_local std::map<std::string, std::uint64_t>* probes_heard = nullptr;

void hear_probe(std::string_view what) {
  if (probes_heard != nullptr) (*probes_heard)[std::string(what)] += 1;
}

/// Folds a fact's words. What a node signed never comes in here: a value is what was signed.
struct Fold {
  Fingerprint& print;
  void operator()(const Published& fact) const { fold(fact.node, fact.key, fact.value); }
  void operator()(const Acknowledged& fact) const {
    fold(fact.node, fact.key, fact.value);
    print.fold(fact.replicas);
  }
  void operator()(const Delivered& fact) const { fold(fact.node, fact.key, fact.value); }
  void operator()(const NotFound& fact) const { fold(fact.node, fact.key, {}); }
  void operator()(const FoundNearest& fact) const {
    fold(fact.node, fact.key, {});
    for (const PeerId& peer : fact.peers) print.fold(peer.view());
  }
  void operator()(const Reached& fact) const {
    print.fold(std::uint64_t{fact.node} << 32 | fact.other);
    print.fold(fact.is_reached ? 1 : 0);
  }
  void operator()(const Visited& fact) const {
    print.fold(std::uint64_t{fact.node} << 32 | fact.other);
    print.fold(fact.is_in ? 1 : 0);
  }
  void operator()(const Began& fact) const { print.fold(fact.ticket); }
  void operator()(const Ended& fact) const { print.fold(fact.ticket); }
  void operator()(const WentDown& fact) const { print.fold(fact.node); }
  void operator()(const Proven& fact) const {
    print.fold(fact.node);
    for (const auto& part : fact.proof->parts) print.fold(part.attestation.content.signer.view());
  }
  void operator()(const Convicted& fact) const {
    print.fold(fact.node);
    print.fold(fact.peer.view());
  }
  void operator()(const Flagged& fact) const {
    print.fold(fact.node);
    print.fold(fact.peer.view());
  }
  void fold(std::uint32_t node, const Bytes& key, const Bytes& value) const {
    print.fold(node);
    print.fold(key.view());
    print.fold(value.view());
  }
};

/// Judges begin with whom they accuse: "node 3 did not ...".
std::optional<std::uint32_t> accused_in(std::string_view text) {
  constexpr std::string_view word = "node ";
  if (!text.starts_with(word)) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data() + word.size(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

NetworkConfig network_of(const Latencies& latencies) {
  NetworkConfig config{.latency_min = latencies.latency.low, .latency_max = latencies.latency.high};
  if (latencies.is_regional) config.topology.emplace();
  if (latencies.is_regional && latencies.median > 0s)
    config.topology->round_trip_median = latencies.median;
  return config;
}

}  // namespace

Duration quantile(const std::vector<Duration>& sorted, double share) {
  if (sorted.empty()) return {};
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

std::string_view to_text(Phase phase) {
  switch (phase) {
    case Phase::joining:
      return "joining";
    case Phase::safety:
      return "safety";
    case Phase::converging:
      return "converging";
    case Phase::calm:
      return "calm";
  }
  return "";
}

Run::Run(const Scenario& scenario, const Plan& plan, const Watch& watch)
    : scenario_(scenario),
      plan_(plan),
      watch_(watch),
      world_(plan.seed),
      network_(world_, network_of(scenario.topology)),
      fleet_(world_, network_, plan.nodes),
      rng_(world_.fork("run")),
      broken_(fleet_, network_),
      faults_(world_, plan, broken_,
              [this](std::size_t index, TraceKind kind) { on_fault(index, kind); }) {
  for (const WorkloadSpec& spec : scenario.workloads)
    workloads_.push_back(make_workload(spec, world_.fork("workload " + spec.name)));
  for (const std::string& name : scenario.judges.empty() ? judge_names() : scenario.judges)
    judges_.push_back(make_judge(name));
}

Run::~Run() = default;

Outcome Run::go() {
  prepare();
  enter(Phase::joining);
  join();
  enter(Phase::safety);
  keep_busy();
  faults_.schedule(now());
  run_until(now() + plan_.safety);
  enter(Phase::converging);
  converge();
  run_until(now() + plan_.converge);
  enter(Phase::calm);
  examine();
  run_until(now() + scenario_.calm);
  drain();
  return conclude();
}

void Run::enter(Phase phase) {
  phase_ = phase;
  phase_since_ = now();
  world_.note(phase_fact);
  world_.fingerprint().fold(to_text(phase));
  if (watch_.progress) watch_.progress(std::string(to_text(phase)));
  if (is_traced()) trace({.kind = TraceKind::phase, .text = std::string(to_text(phase))});
}

void Run::prepare() {
  fleet_.on_setup([this](std::uint32_t number, NodeSetup& setup) { set_up(number, setup); });
  for (const auto& workload : workloads_)
    fleet_.on_setup([&workload = *workload](std::uint32_t number, NodeSetup& setup) {
      workload.on_setup(number, setup);
    });
  fleet_.on_made([this](Node& node) { listen_to(node); });
  fleet_.on_down([this](std::uint32_t number, std::string_view how) { on_down(number, how); });
  // Where a record of the victim belongs is where a grinder wants to sit.
  make_liars(world_, fleet_, plan_.liars,
             [](std::uint32_t victim) { return sealed_key(victim, 0); });
  network_.trace_to(watch_.trace, watch_.is_full_trace);
  if (watch_.prepare) watch_.prepare(fleet_);
}

void Run::set_up(std::uint32_t number, NodeSetup& setup) {
  setup.identify.observed.is_private_allowed = true;
  setup.ping.every = scenario_.ping_every;
  setup.dht.config.lookup.disjoint_paths = scenario_.disjoint_paths;
  const ConnectionLimits& limits = scenario_.connections;
  setup.connect.pool.limit_to(limits.max, limits.idle_timeout);
  if (limits.known_peers > 0) {
    setup.connect.addresses.peers_max = limits.known_peers;
    setup.connect.cache.peers_max = limits.known_peers / 4;
  }
  setup.join = doors_of(number);
}

// The doors that the operator knows: nodes that came before it; the first one begins alone. Where
// they stand is asked when a machine is set up, and again when it is set up anew: one that has
// forgotten everything, and whose doors have all moved, could never come back.
Addresses Run::doors_of(std::uint32_t number) {
  if (number == 0 && fleet_.starts(number) <= 1) return {};
  Doors& doors = doors_[number];
  if (!doors.addresses.empty() && doors.wipes == fleet_.wipes(number)) return doors.addresses;
  doors = {.wipes = fleet_.wipes(number), .addresses = {}};
  Rng rng = world_.fork("doors of " + std::to_string(number));
  const std::uint32_t known = std::min(number == 0 ? plan_.nodes : number, first_doors);
  for (std::uint32_t i = 0; i < doors_max; ++i) {
    const auto door = static_cast<std::uint32_t>(rng.below(known));
    const Multiaddr address = network_.address(door);
    if (door != number && std::ranges::find(doors.addresses, address) == doors.addresses.end())
      doors.addresses.push_back(address);
  }
  return doors.addresses;
}

void Run::listen_to(Node& node) {
  const std::uint32_t number = node.number();
  if (is_traced()) trace({.kind = TraceKind::node_up, .node = number});
  node.wiring().on_proof = [this, number](const auto& proof) { tell(Proven{number, proof}); };
  node.on_event = [this, number, since = now()](std::string_view event, const PeerId& peer) {
    if (event == "convicted") tell(Convicted{number, peer});
    if (event == "inconsistent") tell(Flagged{number, peer});
    if (event != "joined") return;
    Figures& figures = outcome_.figures["join"];
    figures.count += 1;
    figures.durations.push_back(now() - since);
  };
}

void Run::on_down(std::uint32_t number, std::string_view how) {
  std::erase_if(under_way_, [&](const auto& one) { return one.second.node == number; });
  tell(WentDown{number});
  if (is_traced()) trace({.kind = TraceKind::node_down, .node = number, .text = std::string(how)});
}

void Run::join() {
  for (std::uint32_t number = 0; number < fleet_.size(); ++number) {
    fleet_.start(number);
    run_until(now() + scenario_.join_every);
  }
  run_until(now() + scenario_.settle);
}

void Run::keep_busy() {
  for (std::size_t workload = 0; workload < workloads_.size(); ++workload)
    for (std::uint32_t number = 0; number < plan_.nodes; ++number) plan_step(workload, number, 0s);
}

// Half of the time between two steps is fixed, so that a node neither falls silent nor chatters.
void Run::plan_step(std::size_t workload, std::uint32_t number, Duration at_least) {
  const auto every = static_cast<std::uint64_t>(scenario_.workloads[workload].every.count());
  const Duration wait = at_least + Duration{static_cast<Duration::rep>(rng_.below(every + 1))};
  world_.call_at(now() + wait, [this, workload, number] { step(workload, number); });
}

void Run::step(std::size_t workload, std::uint32_t number) {
  if (is_draining_) return;
  if (fleet_.is_up(number) && !fleet_.is_paused(number)) workloads_[workload]->step(*this, number);
  plan_step(workload, number, scenario_.workloads[workload].every / 2);
}

// The core is at least half of the honest nodes. The rest stays down, or stays as it is.
void Run::converge() {
  Rng rng = world_.fork("core");
  std::vector<std::uint32_t> honest;
  for (std::uint32_t number = 0; number < plan_.nodes; ++number)
    if (fleet_.is_honest(number)) honest.push_back(number);
  std::size_t size = honest.size();
  if (!plan_.is_core_all) {
    rng.shuffle(honest);
    size = (size + 1) / 2 + static_cast<std::size_t>(rng.below(size / 2 + 1));
  }
  core_.insert(honest.begin(), honest.begin() + static_cast<std::ptrdiff_t>(size));
  std::vector<std::pair<dht::Key, std::uint32_t>> points;
  points.reserve(core_.size());
  for (const std::uint32_t number : core_)
    points.emplace_back(dht::Key::of(fleet_.peer_of(number)), number);
  core_order_ = KeyOrder(std::move(points));
  faults_.stop_for(core_);
  const bool is_rest_down = rng.chance(0.5);
  for (const std::uint32_t number : honest)
    if (!core_.contains(number) && is_rest_down) fleet_.crash(number);
  for (const std::uint32_t number : core_) fleet_.start(number);
  outcome_.core = static_cast<std::uint32_t>(core_.size());
}

// In the first half of the calm, one node after the other in an order of its own.
void Run::examine() {
  const auto half = static_cast<std::uint64_t>(scenario_.calm.count() / 2);
  for (const auto& workload : workloads_)
    for (const std::uint32_t number : core_)
      world_.call_at(now() + Duration{static_cast<Duration::rep>(rng_.below(half + 1))},
                     [this, &workload = *workload, number] {
                       if (fleet_.is_up(number)) workload.examine(*this, number);
                     });
}

void Run::drain() {
  is_draining_ = true;
  for (const Instant end = now() + drain_max; !under_way_.empty() && now() < end;)
    run_until(now() + 1s);
}

void Run::run_until(Instant end) {
  while (now() < end) {
    const Instant next = std::min(end, next_watch_);
    world_.run_until(next);
    if (next < next_watch_) continue;
    next_watch_ += 1s;
    for (const auto& judge : judges_) judge->watch(*this);
  }
}

Outcome Run::conclude() {
  for (const auto& judge : judges_) judge->conclude(*this);
  for (auto& [operation, figures] : outcome_.figures) std::ranges::sort(figures.durations);
  outcome_.fingerprint = world_.fingerprint().value();
  outcome_.simulated = now() - Instant{};
  outcome_.deliveries = network_.counts().deliveries;
  outcome_.bytes = network_.counts().bytes;
  outcome_.events = world_.events_run();
  outcome_.dials = network_.counts().dials;
  outcome_.connections = network_.carrier().connections_used();
  outcome_.nodes = plan_.nodes;
  outcome_.node_bytes = weigh_nodes();
  return std::move(outcome_);
}

// The run is over, so the nodes may go: what the heap loses with them was theirs.
std::uint64_t Run::weigh_nodes() {
  const std::vector<std::uint32_t> alive = fleet_.alive();
  std::uint64_t records = 0;
  for (const std::uint32_t number : alive)
    records += fleet_.node(number).wiring().dht().dht().counters().record_bytes;
  const std::uint64_t lost = heap_freed_by([this] { fleet_.drop(); });
  return lost > records ? (lost - records) / alive.size() : 0;
}

void Run::accuse(std::string_view judge, std::string text) {
  if (is_traced())
    trace({.kind = TraceKind::violation,
           .node = accused_in(text),
           .text = std::string(judge) + ": " + text});
  if (outcome_.violations.size() < violations_max)
    outcome_.violations.push_back({std::string(judge), now(), std::move(text)});
}

void Run::tell(const Fact& fact) {
  world_.note(user_fact + fact.index());
  std::visit(Fold{world_.fingerprint()}, fact);
  for (const auto& judge : judges_) judge->on_fact(*this, fact, is_calm());
}

void Run::trace(TraceEvent event) {
  if (!watch_.trace) return;
  event.at = now();
  watch_.trace(event);
}

void Run::on_fault(std::size_t index, TraceKind kind) {
  const FaultKind what = plan_.faults[index].kind;
  if (kind == TraceKind::fault_begins) {
    world_.note(fault_fact);
    world_.fingerprint().fold(static_cast<std::uint64_t>(what));
    outcome_.faults[std::string(to_text(what))] += 1;
  }
  if (is_traced()) trace(trace_of(plan_, index, kind));
}

Ticket Run::begin(std::uint32_t node, std::string_view operation, Duration allowed,
                  std::string what) {
  const Ticket ticket = ++last_ticket_;
  tell(Began{ticket, node, std::string(operation) + " " + what, now() + allowed});
  under_way_[ticket] = {node, std::string(operation), now(), std::move(what)};
  return ticket;
}

bool Run::end(Ticket ticket, const Ending& ending) {
  const auto entry = under_way_.find(ticket);
  tell(Ended{ticket, entry != under_way_.end(), ending.is_good});
  if (entry == under_way_.end()) return false;
  const UnderWay ended = std::move(entry->second);
  under_way_.erase(entry);
  Figures& figures = outcome_.figures[ended.operation];
  figures.count += 1;
  figures.messages += ending.messages;
  if (ending.is_good)
    figures.durations.push_back(now() - ended.since);
  else
    figures.failed += 1;
  if (is_traced())
    trace({.kind = TraceKind::lookup,
           .node = ended.node,
           .since = ended.since,
           .text = ended.operation + " " + ended.what + ": " + ending.text,
           .is_failed = !ending.is_good});
  return true;
}

Outcome run(const Scenario& scenario, const Plan& plan, const Watch& watch) {
  std::map<std::string, std::uint64_t> probes;
  probes_heard = &probes;
  probe_listener = &hear_probe;
  Outcome outcome =
      plan.packets ? run_datagrams(scenario, plan, watch) : Run(scenario, plan, watch).go();
  probes_heard = nullptr;
  outcome.probes = std::move(probes);
  return outcome;
}

}  // namespace mycel::sim
