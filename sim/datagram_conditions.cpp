// The weather that ships with the datagram cut.

#include <algorithm>
#include <array>

#include "sim/datagram_scenario.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint64_t megabit_per_s = 125'000;  // in bytes
constexpr std::uint64_t burst_32_kbit = 4'000;

struct Condition {
  std::string_view name;
  Weather weather;
  std::uint32_t kills = 0;
  Duration message_every = 100ms;
  std::size_t message_size_bytes = 1000;
};

/// `tc qdisc add ... tbf rate 1mbit burst 32kbit latency 400ms`: there, latency is how long a
/// packet may wait for the link before it is dropped. "far" has 400 ms of way as well.
constexpr Weather narrow(Weather weather) {
  weather.rate_bytes_per_s = megabit_per_s;
  weather.burst_bytes = burst_32_kbit;
  weather.queue_max = 400ms;
  return weather;
}

// A lane has one message on its way, so a far way gets fewer messages; a narrow one gets larger
// ones, which wait for it but seldom overflow its queue.
constexpr std::array<Condition, 10> conditions{{
    {"quiet", {.delay = 20ms}},
    {"loss", {.delay = 20ms, .loss = 0.3}},
    {"delay", {.delay = 100ms}},
    {.name = "narrow",
     .weather = narrow({.delay = 20ms}),
     .message_every = 250ms,
     .message_size_bytes = 10'000},
    {.name = "far",
     .weather = narrow({.delay = 400ms}),
     .message_every = 1s,
     .message_size_bytes = 10'000},
    {.name = "churn", .weather = {.delay = 20ms}, .kills = 10},
    {"doubled", {.delay = 20ms, .doubled = 0.2}},
    {"reordered", {.delay = 20ms, .jitter = 60ms}},
    {"damaged", {.delay = 20ms, .damaged = 0.05}},
    {.name = "chaos",
     .weather =
         narrow({.delay = 100ms, .jitter = 20ms, .loss = 0.3, .doubled = 0.02, .damaged = 0.02}),
     .kills = 10,
     .message_every = 500ms},
}};

/// Ten nodes are killed in turn, and one is there all the time.
constexpr std::uint32_t nodes_with_churn = 11;

}  // namespace

std::vector<std::string_view> datagram_conditions() {
  std::vector<std::string_view> names;
  for (const Condition& condition : conditions) names.push_back(condition.name);
  return names;
}

std::optional<DatagramScenario> datagram_scenario(std::string_view name, std::uint64_t seed) {
  const auto found = std::ranges::find(conditions, name, &Condition::name);
  if (found == conditions.end()) return std::nullopt;
  DatagramScenario scenario;
  scenario.condition = name;
  scenario.seed = seed;
  scenario.weather = found->weather;
  scenario.kills = found->kills;
  scenario.message_every = found->message_every;
  scenario.message_size_bytes = found->message_size_bytes;
  if (found->kills > 0) scenario.nodes = nodes_with_churn;
  return scenario;
}

}  // namespace mycel::sim
