#include "apps/mycel/simulate.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <unistd.h>

#include "foundation/base/duration_text.hpp"

#include "runtime/os/memory.hpp"

#include "apps/mycel/simulate_shrink.hpp"
#include "sim/costs.hpp"
#include "sim/liars/liars.hpp"
#include "sim/plot.hpp"
#include "sim/summary.hpp"
#include "sim/trace_text.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

// From this size on a run is larger than any cache, and waits for memory more than it computes.
constexpr std::uint32_t many_nodes = 500;
constexpr std::size_t memory_per_node_bytes = std::size_t{512} * 1024;  // more than one takes

double to_ms(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}
double to_s(Duration span) {
  return std::chrono::duration<double>(span).count();
}

int wrong(const std::string& why) {
  std::fprintf(stderr, "mycel sim run: %s\n", why.c_str());
  return wrong_usage;
}

struct Seeds {
  std::uint64_t first = 1, last = 1;
};
/// The first option that the scenario's cut has no use for, and what to do instead; empty: none.
std::string misfit(const Simulation& options, const sim::Scenario& scenario) {
  if (!scenario.packets) return "";
  const std::string cut = " " + scenario.name + " runs in the datagram cut, with the real QUIC: ";
  if (!options.plant.empty())
    return "--plant:" + cut + "bugs are planted in scenarios above links; try chaos";
  if (!options.keep_liars.empty())
    return "--keep-liars:" + cut + "it has no liars; scenarios above links have, for example liars";
  if (options.is_full_trace)
    return "--full-trace:" + cut + "messages travel encrypted in packets; use --trace";
  if (options.nodes > sim::datagram_nodes_max)
    return "--nodes:" + cut + "it takes at most " + std::to_string(sim::datagram_nodes_max) +
           "; scenarios above links take more, for example chaos";
  return "";
}

/// "3..20", or one number.
std::optional<Seeds> parse_seeds(const Simulation& options) {
  if (options.seeds.empty()) return Seeds{options.seed, options.seed};
  Seeds seeds;
  char rest = 0;
  const int read =
      std::sscanf(options.seeds.c_str(), "%lu..%lu%c", &seeds.first, &seeds.last, &rest);
  if (read == 1 && options.seeds.find_first_not_of("0123456789") == std::string::npos)
    return Seeds{seeds.first, seeds.first};
  if (read != 2 || seeds.first > seeds.last) return std::nullopt;
  return seeds;
}

Result<sim::Reduction, std::string> parse_reduction(const Simulation& options) {
  sim::Reduction reduction;
  const auto read = [](const std::string& text, const char* option, auto& to) {
    if (text.empty()) return std::string();
    auto numbers = sim::parse_numbers(text);
    if (!numbers) return std::string(option) + " " + numbers.error();
    to = std::move(*numbers);
    return std::string();
  };
  for (const std::string& error :
       {read(options.keep_faults, "--keep-faults", reduction.faults),
        read(options.keep_liars, "--keep-liars", reduction.liars),
        read(options.without_nodes, "--without-nodes", reduction.without_nodes)})
    if (!error.empty()) return Err{error};
  if (options.safety.empty()) return reduction;
  reduction.safety = parse_duration(options.safety);
  if (!reduction.safety) return Err{"--safety " + options.safety + ": write a time, as 30s"};
  return reduction;
}

// A check that fails ends the process; whoever reads its last words must be able to repeat it.
std::string last_words;  // NOLINT: a signal handler has nothing else
void on_abort(int number) {
  [[maybe_unused]] const auto written =
      ::write(STDERR_FILENO, last_words.data(), last_words.size());
  std::signal(number, SIG_DFL);
  std::raise(number);
}

json::object figures_json(const std::map<std::string, sim::Figures>& all) {
  json::object object;
  for (const auto& [operation, figures] : all) {
    json::object& one = object[operation].emplace_object();
    one = {{"count", figures.count},
           {"failed", figures.failed},
           {"messages", figures.messages},
           {"p50_ms", to_ms(sim::quantile(figures.durations, 0.5))},
           {"p95_ms", to_ms(sim::quantile(figures.durations, 0.95))}};
  }
  return object;
}

json::object to_json(const sim::Plan& plan, const sim::Outcome& outcome, double wall_s,
                     const std::string& repeat) {
  std::uint64_t faults = 0;
  for (const auto& [kind, count] : outcome.faults) faults += count;
  json::array violations;
  for (const sim::Violation& violation : outcome.violations)
    violations.push_back(json::object{{"judge", violation.judge},
                                      {"at_s", to_s(violation.at - Instant{})},
                                      {"what", violation.what}});
  // TLS draws its own randomness, so that a run over packets has no fingerprint.
  const json::value fingerprint =
      plan.packets ? json::value() : json::value(sim::fingerprint_text(outcome.fingerprint));
  json::object object{{"scenario", plan.scenario},
                      {"seed", plan.seed},
                      {"fingerprint", fingerprint},
                      {"virtual_s", to_s(outcome.simulated)},
                      {"wall_s", wall_s},
                      {"deliveries", outcome.deliveries},
                      {"faults", faults},
                      {"violations", violations},
                      {"cut", plan.packets ? "datagrams" : "links"},
                      {"nodes", plan.nodes},
                      {"liars", plan.liars.size()},
                      {"bytes", outcome.bytes},
                      {"events", outcome.events},
                      {"dials", outcome.dials},
                      {"connections", outcome.connections},
                      {"node_bytes", outcome.node_bytes},
                      {"fault_kinds", json::value_from(outcome.faults)},
                      {"probes", json::value_from(outcome.probes)},
                      {"figures", figures_json(outcome.figures)}};
  if (!outcome.counts.empty()) object["counts"] = json::value_from(outcome.counts);
  if (!violations.empty()) object["repeat"] = repeat;
  return object;
}

/// `mycel sim run` after its options were understood.
class Command {
 public:
  Command(const Arguments& arguments, sim::Scenario scenario, sim::Reduction reduction)
      : arguments_(arguments),
        options_(arguments.sim),
        scenario_(std::move(scenario)),
        reduction_(std::move(reduction)) {}

  bool run_seed(std::uint64_t seed) {
    const sim::Plan drawn = sim::draw(
        scenario_, seed, options_.nodes == 0 ? std::nullopt : std::optional(options_.nodes));
    sim::Reduction reduction = reduction_;
    if (options_.is_shrunk) {
      const auto smaller = shrink_failing(scenario_, drawn, reduction, options_.plant);
      if (!smaller) {
        std::printf("seed %llu: nothing to shrink, no judge found anything\n",
                    static_cast<unsigned long long>(seed));
        return true;
      }
      reduction = *smaller;
    }
    return run_plan(sim::reduce(drawn, reduction), repeat_line(seed, reduction));
  }

 private:
  std::string repeat_line(std::uint64_t seed, const sim::Reduction& reduction) const {
    return "mycel sim run " + arguments_.first + " --seed " + std::to_string(seed) +
           (options_.nodes == 0 ? "" : " --nodes " + std::to_string(options_.nodes)) +
           sim::to_options(reduction) +
           (options_.plant.empty() ? "" : " --plant " + options_.plant);
  }

  bool run_plan(const sim::Reduced& reduced, const std::string& repeat) {
    const bool is_traced = options_.is_traced || options_.is_full_trace;
    if (is_traced || options_.is_shrunk) say(sim::describe(reduced));
    sim::TraceText text(reduced);
    std::vector<sim::TraceEvent> events;
    sim::Watch watch = watch_of(options_.plant);
    watch.is_full_trace = options_.is_full_trace;
    if (is_traced || !options_.plot.empty())
      watch.trace = [&](const sim::TraceEvent& event) {
        if (is_traced) say(text.line(event));
        if (!options_.plot.empty() && event.kind != sim::TraceKind::delivery)
          events.push_back(event);
      };
    const bool shows_progress = !is_traced && ::isatty(STDERR_FILENO) == 1;
    if (shows_progress)
      watch.progress = [&](const std::string& what) {
        std::fprintf(stderr, "\r\033[Kseed %llu: %s",
                     static_cast<unsigned long long>(reduced.plan.seed), what.c_str());
      };
    last_words = "the process died in seed " + std::to_string(reduced.plan.seed) +
                 "\n  repeat: " + repeat + "\n";
    if (reduced.plan.nodes >= many_nodes)
      os::reserve_huge_pages(reduced.plan.nodes * memory_per_node_bytes);
    const auto began = std::chrono::steady_clock::now();
    const sim::Outcome outcome = sim::run(scenario_, reduced.plan, watch);
    const double wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (shows_progress) std::fprintf(stderr, "\r\033[K");
    if (!options_.plot.empty()) save_plot(reduced, events, outcome);
    tell(reduced.plan, outcome, wall_s, repeat);
    return outcome.violations.empty();
  }

  void save_plot(const sim::Reduced& reduced, const std::vector<sim::TraceEvent>& events,
                 const sim::Outcome& outcome) const {
    std::ofstream file(options_.plot);
    file << sim::plot(reduced, events,
                      {.fingerprint = outcome.fingerprint, .simulated = outcome.simulated});
    file.close();
    if (!file) std::fprintf(stderr, "%s: %s\n", options_.plot.c_str(), std::strerror(errno));
  }

  void tell(const sim::Plan& plan, const sim::Outcome& outcome, double wall_s,
            const std::string& repeat) const {
    if (arguments_.is_json) {
      std::printf("%s\n", json::serialize(to_json(plan, outcome, wall_s, repeat)).c_str());
    } else {
      say(sim::headline(plan, outcome, wall_s));
      if (options_.seeds.empty()) say(sim::details(outcome));
      say(sim::violations(outcome, repeat));
    }
    std::fflush(stdout);
  }

  static void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

  const Arguments& arguments_;
  const Simulation& options_;
  const sim::Scenario scenario_;
  const sim::Reduction reduction_;
};

}  // namespace

int run_simulation(const Arguments& arguments) {
  const Simulation& options = arguments.sim;
  auto scenario = sim::find_scenario(arguments.first);
  if (!scenario) return wrong(scenario.error() + "; see mycel sim list");
  const auto seeds = parse_seeds(options);
  if (!seeds) return wrong("--seeds takes FIRST..LAST, for example 1..20");
  if (seeds->first != seeds->last && (options.is_shrunk || !options.plot.empty()))
    return wrong("--shrink and --plot take one run: --seed N");
  if (const std::string error = misfit(options, *scenario); !error.empty()) return wrong(error);
  auto reduction = parse_reduction(options);
  if (!reduction) return wrong(reduction.error());
  if (const std::string error = check_plant(options.plant); !error.empty()) return wrong(error);
  std::signal(SIGABRT, on_abort);
  Command command(arguments, std::move(*scenario), std::move(*reduction));
  bool is_good = true;
  for (std::uint64_t seed = seeds->first; seed <= seeds->last; ++seed)
    is_good = command.run_seed(seed) && is_good;
  return is_good ? done : refused;
}

int list_scenarios(const Arguments& arguments) {
  json::array all;
  for (const std::string& name : sim::scenario_names()) {
    const auto scenario = sim::find_scenario(name);
    if (!scenario) continue;  // a shipped one is tested to be right
    if (arguments.is_json)
      all.push_back(json::object{{"name", name},
                                 {"about", scenario->about},
                                 {"cut", scenario->packets ? "datagrams" : "links"}});
    else
      std::printf("%-12s %s\n", name.c_str(), scenario->about.c_str());
  }
  if (arguments.is_json) std::printf("%s\n", json::serialize(all).c_str());
  return done;
}

int count_costs(const Arguments& arguments) {
  const std::uint32_t nodes = arguments.sim.nodes == 0 ? 20 : arguments.sim.nodes;
  const auto costs = sim::count_costs(nodes, arguments.sim.seed);
  json::object all{{"nodes", nodes}, {"seed", arguments.sim.seed}};
  if (!arguments.is_json)
    std::printf("%-10s %6s %6s %10s %10s %12s   (of all together)\n", "", "count", "failed",
                "messages", "bytes", "virtual us");
  for (const auto& [operation, cost] : costs) {
    const std::int64_t time_us =
        std::chrono::duration_cast<std::chrono::microseconds>(cost.time).count();
    if (!arguments.is_json)
      std::printf("%-10s %6llu %6llu %10llu %10llu %12lld\n", operation.c_str(),
                  static_cast<unsigned long long>(cost.count),
                  static_cast<unsigned long long>(cost.failed),
                  static_cast<unsigned long long>(cost.messages),
                  static_cast<unsigned long long>(cost.bytes), static_cast<long long>(time_us));
    all[operation] = json::object{{"count", cost.count},
                                  {"failed", cost.failed},
                                  {"messages", cost.messages},
                                  {"bytes", cost.bytes},
                                  {"virtual_us", time_us}};
  }
  if (arguments.is_json) std::printf("%s\n", json::serialize(all).c_str());
  return done;
}

}  // namespace mycel::app
