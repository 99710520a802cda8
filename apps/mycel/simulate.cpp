#include "apps/mycel/simulate.hpp"

#include <chrono>
#include <cstdio>
#include <string>

#include <boost/json.hpp>
#include <unistd.h>

#include "sim/dht_scenario.hpp"

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

void print(const Arguments& arguments, std::uint64_t seed, const sim::DhtOutcome& outcome,
           double wall_s) {
  if (arguments.is_json) {
    std::printf(
        "%s\n",
        json::serialize(json::object{{"scenario", arguments.first},
                                     {"seed", seed},
                                     {"nodes", arguments.nodes},
                                     {"fingerprint", hex(outcome.fingerprint)},
                                     {"virtual_s", to_s(outcome.simulated)},
                                     {"wall_s", wall_s},
                                     {"deliveries", outcome.deliveries},
                                     {"faults", outcome.crashed},
                                     {"get_p50_ms", to_ms(sim::quantile(outcome.get_times, 0.5))},
                                     {"get_p95_ms", to_ms(sim::quantile(outcome.get_times, 0.95))},
                                     {"get_messages", outcome.get_messages_mean},
                                     {"put_p50_ms", to_ms(sim::quantile(outcome.put_times, 0.5))},
                                     {"violations", json::value_from(outcome.violations)}})
            .c_str());
    return;
  }
  std::printf(
      "seed %llu: %u nodes, %.0f s simulated in %.1f s, %llu deliveries (%.0f a second)\n"
      "  found %u of %u; after %u crashes %u of %u; table %.1f peers\n"
      "  get p50 %.0f ms, p95 %.0f ms, %.1f messages; put p50 %.0f ms, p95 %.0f ms; fingerprint "
      "%s\n",
      static_cast<unsigned long long>(seed), arguments.nodes, to_s(outcome.simulated), wall_s,
      static_cast<unsigned long long>(outcome.deliveries),
      static_cast<double>(outcome.deliveries) / wall_s, outcome.found, outcome.gets,
      outcome.crashed, outcome.found_after_crashes, outcome.gets_after_crashes, outcome.table_mean,
      to_ms(sim::quantile(outcome.get_times, 0.5)), to_ms(sim::quantile(outcome.get_times, 0.95)),
      outcome.get_messages_mean, to_ms(sim::quantile(outcome.put_times, 0.5)),
      to_ms(sim::quantile(outcome.put_times, 0.95)), hex(outcome.fingerprint).c_str());
  for (const std::string& violation : outcome.violations)
    std::printf("  VIOLATION: %s\n", violation.c_str());
  if (!outcome.violations.empty())
    std::printf("  repeat: mycel sim run %s --nodes %u --seed %llu\n", arguments.first.c_str(),
                arguments.nodes, static_cast<unsigned long long>(seed));
}

}  // namespace

int run_simulation(const Arguments& arguments) {
  const auto seeds = parse_seeds(arguments);
  if (arguments.first != "dht" || !seeds) {
    std::fprintf(stderr, "mycel sim run: %s\n",
                 arguments.first != "dht" ? "the only scenario is dht"
                                          : "--seeds takes FIRST..LAST, for example 1..20");
    return wrong_usage;
  }
  const bool shows_progress = !arguments.is_json && ::isatty(STDERR_FILENO) == 1;
  bool is_good = true;
  for (std::uint64_t seed = seeds->first; seed <= seeds->last; ++seed) {
    const auto began = std::chrono::steady_clock::now();
    const auto outcome =
        sim::run({.seed = seed, .nodes = arguments.nodes}, [&](const std::string& what) {
          if (shows_progress)
            std::fprintf(stderr, "\r\033[Kseed %llu: %s", static_cast<unsigned long long>(seed),
                         what.c_str());
        });
    if (shows_progress) std::fprintf(stderr, "\r\033[K");
    print(arguments, seed, outcome,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    is_good = is_good && outcome.violations.empty();
  }
  return is_good ? done : refused;
}

}  // namespace mycel::app
