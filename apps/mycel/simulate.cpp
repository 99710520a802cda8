#include "apps/mycel/simulate.hpp"

#include <chrono>
#include <cstdio>
#include <string>

#include <boost/json.hpp>
#include <unistd.h>

#include "sim/run.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

double to_ms(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}
double to_s(Duration span) {
  return std::chrono::duration<double>(span).count();
}

std::string hex(std::uint64_t word) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(word));
  return text;
}

struct Seeds {
  std::uint64_t first = 1, last = 1;
};
/// "3..20", or one number.
std::optional<Seeds> parse_seeds(const Arguments& arguments) {
  if (arguments.seeds.empty()) return Seeds{arguments.seed, arguments.seed};
  Seeds seeds;
  char rest = 0;
  const int read =
      std::sscanf(arguments.seeds.c_str(), "%lu..%lu%c", &seeds.first, &seeds.last, &rest);
  if (read != 2 || seeds.first > seeds.last) return std::nullopt;
  return seeds;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [what, count] : counts) sum += count;
  return sum;
}

void print(const Arguments& arguments, std::uint64_t seed, const sim::Outcome& outcome,
           double wall_s) {
  json::array violations;
  for (const sim::Violation& one : outcome.violations)
    violations.emplace_back(one.judge + ": " + one.what);
  const std::uint64_t faults = sum_of(outcome.faults);
  if (arguments.is_json) {
    std::printf("%s\n", json::serialize(json::object{{"scenario", arguments.first},
                                                     {"seed", seed},
                                                     {"nodes", outcome.nodes},
                                                     {"fingerprint", hex(outcome.fingerprint)},
                                                     {"virtual_s", to_s(outcome.simulated)},
                                                     {"wall_s", wall_s},
                                                     {"deliveries", outcome.deliveries},
                                                     {"faults", faults},
                                                     {"violations", violations}})
                            .c_str());
    return;
  }
  std::printf(
      "seed %llu: %u nodes, %u of them core, %llu faults, %.0f s simulated in %.1f s, "
      "%llu deliveries (%.0f a second), fingerprint %s\n",
      static_cast<unsigned long long>(seed), outcome.nodes, outcome.core,
      static_cast<unsigned long long>(faults), to_s(outcome.simulated), wall_s,
      static_cast<unsigned long long>(outcome.deliveries),
      static_cast<double>(outcome.deliveries) / wall_s, hex(outcome.fingerprint).c_str());
  for (const auto& [operation, figures] : outcome.figures)
    std::printf("  %s: %llu, %llu failed, p50 %.0f ms, p95 %.0f ms, %.1f messages\n",
                operation.c_str(), static_cast<unsigned long long>(figures.count),
                static_cast<unsigned long long>(figures.failed),
                to_ms(sim::quantile(figures.durations, 0.5)),
                to_ms(sim::quantile(figures.durations, 0.95)),
                static_cast<double>(figures.messages) / static_cast<double>(figures.count));
  for (const sim::Violation& one : outcome.violations)
    std::printf("  VIOLATION at %.1f s: %s: %s\n", to_s(one.at - Instant{}), one.judge.c_str(),
                one.what.c_str());
  if (!outcome.violations.empty())
    std::printf("  repeat: mycel sim run %s --nodes %u --seed %llu\n", arguments.first.c_str(),
                outcome.nodes, static_cast<unsigned long long>(seed));
}

}  // namespace

int run_simulation(const Arguments& arguments) {
  const auto seeds = parse_seeds(arguments);
  const auto scenario = sim::find_scenario(arguments.first);
  if (!scenario || !seeds) {
    std::fprintf(
        stderr, "mycel sim run: %s\n",
        !scenario ? scenario.error().c_str() : "--seeds takes FIRST..LAST, for example 1..20");
    return wrong_usage;
  }
  const bool shows_progress = !arguments.is_json && ::isatty(STDERR_FILENO) == 1;
  const std::optional<std::uint32_t> nodes =
      arguments.nodes == 0 ? std::nullopt : std::optional<std::uint32_t>(arguments.nodes);
  bool is_good = true;
  for (std::uint64_t seed = seeds->first; seed <= seeds->last; ++seed) {
    const auto began = std::chrono::steady_clock::now();
    sim::Watch watch;
    if (shows_progress)
      watch.progress = [&](const std::string& what) {
        std::fprintf(stderr, "\r\033[Kseed %llu: %s", static_cast<unsigned long long>(seed),
                     what.c_str());
      };
    const auto outcome = sim::run(*scenario, sim::draw(*scenario, seed, nodes), watch);
    if (shows_progress) std::fprintf(stderr, "\r\033[K");
    print(arguments, seed, outcome,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    is_good = is_good && outcome.violations.empty();
  }
  return is_good ? done : refused;
}

}  // namespace mycel::app
