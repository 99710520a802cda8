#include "sim/summary.hpp"

#include <array>
#include <cstdio>

#include "sim/trace_text.hpp"

namespace mycel::sim {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

double to_ms(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

std::uint64_t total(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

std::string listed(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
  return text;
}

}  // namespace

std::string fingerprint_text(std::uint64_t fingerprint) {
  return formatted("%016llx", static_cast<unsigned long long>(fingerprint));
}

std::string short_number(double number) {
  if (number >= 1e6) return formatted("%.2fM", number / 1e6);
  return number >= 1e4 ? formatted("%.1fk", number / 1e3) : formatted("%.0f", number);
}

std::string headline(const Plan& plan, const Outcome& outcome, double wall_s) {
  const double simulated_s = std::chrono::duration<double>(outcome.simulated).count();
  const double wall = wall_s > 0 ? wall_s : 1e-9;
  return plan.scenario + ", seed " + std::to_string(plan.seed) +
         (outcome.violations.empty() ? ": good" : ": BAD") +
         formatted("  %u nodes, %.0f s simulated in %.2f s (%s times real time), ", plan.nodes,
                   simulated_s, wall_s, short_number(simulated_s / wall).c_str()) +
         short_number(static_cast<double>(outcome.deliveries)) + " deliveries (" +
         short_number(static_cast<double>(outcome.deliveries) / wall) + "/s), " +
         std::to_string(total(outcome.faults)) + " faults, " +
         (plan.packets ? "no fingerprint: TLS draws for itself"
                       : "fingerprint " + fingerprint_text(outcome.fingerprint)) +
         "\n";
}

std::string details(const Outcome& outcome) {
  std::string text;
  if (!outcome.faults.empty()) text += "  faults: " + listed(outcome.faults) + "\n";
  for (const auto& [operation, figures] : outcome.figures)
    text += formatted(
        "  %-15s %6llu ended, %4llu failed, %6.1f messages each, p50 %.0f ms, "
        "p95 %.0f ms\n",
        operation.c_str(), static_cast<unsigned long long>(figures.count),
        static_cast<unsigned long long>(figures.failed),
        figures.count == 0
            ? 0.0
            : static_cast<double>(figures.messages) / static_cast<double>(figures.count),
        to_ms(quantile(figures.durations, 0.5)), to_ms(quantile(figures.durations, 0.95)));
  for (const auto& [what, count] : outcome.counts)
    text += formatted("  %-36s %9llu\n", what.c_str(), static_cast<unsigned long long>(count));
  for (const auto& [probe, count] : outcome.probes)
    text += "  rare path: " + probe + " (" + std::to_string(count) + ")\n";
  return text;
}

std::string violations(const Outcome& outcome, const std::string& repeat) {
  std::string text;
  for (const Violation& violation : outcome.violations)
    text += "  VIOLATION at " + seconds_text(violation.at - Instant{}) + ", " + violation.judge +
            ": " + violation.what + "\n";
  return text.empty() ? text : text + "  repeat: " + repeat + "\n";
}

}  // namespace mycel::sim
