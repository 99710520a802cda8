// Draws a plan from a scenario's ranges. Every kind of fault has its own stream of numbers, so that
// a change to one kind leaves the others as they were.

#include <algorithm>
#include <cmath>
#include <tuple>

#include "foundation/base/rng.hpp"

#include "sim/scenario.hpp"

namespace mycel::sim {
namespace {

constexpr double swarm_share = 0.5;  ///< of the kinds stay in a swarm run

double draw_real(Rng& rng, Range<double> range) {
  const double share = static_cast<double>(rng.next() >> 11) * 0x1p-53;
  return range.low + (range.high - range.low) * share;
}
std::uint32_t draw_whole(Rng& rng, Range<std::uint32_t> range) {
  return range.low + static_cast<std::uint32_t>(rng.below(range.high - range.low + 1));
}
/// To the millisecond: plans are printed and read by people.
Duration draw_span(Rng& rng, Range<Duration> range) {
  const auto span = static_cast<std::uint64_t>(milliseconds(range.high - range.low));
  return range.low + std::chrono::milliseconds(rng.below(span + 1));
}

std::uint32_t count_of(Rng& rng, const FaultRange& range, const Plan& plan) {
  const double minutes = std::chrono::duration<double, std::ratio<60>>(plan.safety).count();
  const double wanted = draw_whole(rng, range.count) + draw_real(rng, range.per_node) * plan.nodes +
                        draw_real(rng, range.per_minute) * minutes;
  const double whole = std::floor(wanted);
  return static_cast<std::uint32_t>(whole) + (rng.chance(wanted - whole) ? 1 : 0);
}

bool is_between_two(FaultKind kind) {
  return kind == FaultKind::cut || kind == FaultKind::cut_one_way || kind == FaultKind::slow_link ||
         kind == FaultKind::stall_link || kind == FaultKind::reset;
}

/// What is counted in steps has whole amounts.
double rounded(FaultKind kind, double amount) {
  return kind == FaultKind::split ? amount : std::round(amount);
}

void draw_faults(Rng rng, const FaultRange& range, Plan& plan) {
  if (is_between_two(range.kind) && plan.nodes < 2) return;
  const std::uint32_t count = count_of(rng, range, plan);
  for (std::uint32_t i = 0; i < count; ++i) {
    Fault fault{.kind = range.kind};
    fault.at = draw_span(rng, {0s, plan.safety});
    fault.lasts = draw_span(rng, range.lasts);
    fault.node = static_cast<std::uint32_t>(rng.below(plan.nodes));
    if (is_between_two(range.kind)) {
      fault.other = static_cast<std::uint32_t>(rng.below(plan.nodes - 1));
      if (fault.other >= fault.node) fault.other += 1;
    }
    fault.amount = rounded(range.kind, draw_real(rng, range.amount));
    plan.faults.push_back(fault);
  }
}

void draw_liars(Rng rng, const LiarRange& range, Plan& plan) {
  if (range.kinds.empty()) return;
  const auto count = static_cast<std::size_t>(draw_real(rng, range.share) * plan.nodes);
  std::vector<std::uint32_t> numbers(plan.nodes);
  for (std::uint32_t number = 0; number < plan.nodes; ++number) numbers[number] = number;
  rng.shuffle(numbers);
  for (std::size_t i = 0; i < count; ++i) {
    const LiarKind kind = range.kinds[static_cast<std::size_t>(rng.below(range.kinds.size()))];
    plan.liars.push_back({.node = numbers[i],
                          .kind = kind,
                          .victim = static_cast<std::uint32_t>(rng.below(plan.nodes))});
  }
}

/// As `tc ... tbf burst 32kbit` has it: so much leaves at once after a silence.
constexpr std::uint64_t burst_32_kbit = 4'000;

/// Every kind of weather is drawn, and in a swarm run left out by chance.
Packets draw_packets(const Rng& root, const PacketRange& range, bool is_swarm) {
  const auto is_there = [is_swarm](Rng& rng) { return !is_swarm || rng.chance(swarm_share); };
  const auto share = [&](std::string_view name, Range<double> of) {
    Rng rng = root.fork(name);
    return is_there(rng) ? draw_real(rng, of) : 0.0;
  };
  Packets packets;
  Weather& weather = packets.weather;
  Rng way = root.fork("way");
  weather.delay = draw_span(way, range.delay);
  Rng jitter = root.fork("jitter");
  if (is_there(jitter)) weather.jitter = draw_span(jitter, range.jitter);
  weather.loss = share("loss", range.loss);
  weather.doubled = share("doubled", range.doubled);
  weather.damaged = share("damaged", range.damaged);
  Rng link = root.fork("link");
  if (is_there(link)) weather.rate_bytes_per_s = draw_whole(link, range.rate);
  weather.burst_bytes = burst_32_kbit;
  weather.queue_max = range.queue;
  Rng mail = root.fork("mail");
  packets.mail_every = draw_span(mail, range.mail_every);
  packets.mail_size_bytes = draw_whole(mail, range.mail_size_bytes);
  return packets;
}

}  // namespace

Plan draw(const Scenario& scenario, std::uint64_t seed, std::optional<std::uint32_t> nodes) {
  const Rng root = Rng(seed).fork("plan");
  Plan plan{.scenario = scenario.name, .seed = seed};
  Rng shape = root.fork("shape");
  plan.nodes = draw_whole(shape, scenario.nodes);
  plan.nodes = nodes.value_or(plan.nodes);
  plan.safety = draw_span(shape, scenario.safety);
  plan.converge = scenario.converge;
  plan.is_core_all = scenario.is_core_all || shape.chance(0.5);
  for (const FaultRange& range : scenario.faults) {
    Rng rng = root.fork(to_text(range.kind));
    if (scenario.is_swarm && !rng.chance(swarm_share)) continue;
    draw_faults(rng, range, plan);
  }
  std::ranges::sort(plan.faults, [](const Fault& a, const Fault& b) {
    return std::tie(a.at, a.kind, a.node, a.other) < std::tie(b.at, b.kind, b.node, b.other);
  });
  if (scenario.packets)
    plan.packets = draw_packets(root.fork("packets"), *scenario.packets, scenario.is_swarm);
  Rng liars = root.fork("liars");
  if (!scenario.is_swarm || liars.chance(swarm_share)) draw_liars(liars, scenario.liars, plan);
  return plan;
}

}  // namespace mycel::sim
