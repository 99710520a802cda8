#include "sim/scenario.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "node/config/toml_characters.hpp"

#include "sim/scenario_reader.hpp"
#include "sim/shipped_scenarios.hpp"
#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

constexpr Range<Duration> any_time{0s, 24h};
constexpr std::uint32_t nodes_max = 100'000;

std::vector<std::string> fault_words() {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < fault_kind_count; ++i)
    words.emplace_back(to_text(static_cast<FaultKind>(i)));
  return words;
}

std::vector<std::string> liar_words() {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < liar_kind_count; ++i)
    words.emplace_back(to_text(static_cast<LiarKind>(i)));
  return words;
}

std::size_t index_of(const std::vector<std::string>& words, const std::string& word) {
  return static_cast<std::size_t>(std::ranges::find(words, word) - words.begin());
}

/// The amounts that make sense for a kind; none have none.
Range<double> amounts_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::split:
      return {0, 1};
    case FaultKind::slow_link:
      return {100, 1e9};
    case FaultKind::nat:
      return {0, 2};
    case FaultKind::clock_drift:
      return {-100'000, 100'000};
    case FaultKind::clock_step:
      return {-1e6, 1e6};
    case FaultKind::disk_slow:
      return {1, 10'000};
    default:
      return {0, 0};
  }
}

void read_time(ScenarioTable& table, Scenario& scenario) {
  table.read("join_every", scenario.join_every, any_time);
  table.read("settle", scenario.settle, any_time);
  table.read("safety", scenario.safety, any_time);
  table.read("converge", scenario.converge, any_time);
  table.read("calm", scenario.calm, any_time);
}

void read_connections(ScenarioTable& table, Scenario& scenario) {
  table.read("max", scenario.connections.max, {8, nodes_max});
  table.read("idle_timeout", scenario.connections.idle_timeout, {1s, 24h});
  table.read("known_peers", scenario.connections.known_peers, {16, nodes_max});
}

void read_topology(ScenarioTable& table, Scenario& scenario) {
  table.read("regions", scenario.topology.is_regional);
  table.read("latency", scenario.topology.latency, {1ms, 10s});
  table.read("median", scenario.topology.median, {0s, 10s});
}

void read_workload(const std::string& name, ScenarioTable& table, Scenario& scenario) {
  WorkloadSpec spec{.name = name};
  table.read("every", spec.every, {1ms, 24h});
  table.read("items", spec.items, {1, 1000});
  table.read("quorum", spec.quorum, {1, 20});
  table.read("fixed", spec.is_fixed);
  table.read("text", spec.text);
  scenario.workloads.push_back(std::move(spec));
}

void read_weather(ScenarioTable& table, PacketRange& packets) {
  constexpr Range<double> any_share{0, 1};
  table.read("delay", packets.delay, {0s, 10s});
  table.read("jitter", packets.jitter, {0s, 10s});
  table.read("loss", packets.loss, any_share);
  table.read("doubled", packets.doubled, any_share);
  table.read("damaged", packets.damaged, any_share);
  table.read("rate", packets.rate, {0, 1'000'000'000});
  table.read("queue", packets.queue, {0s, 10s});
}

void read_mail(ScenarioTable& table, PacketRange& packets) {
  table.read("every", packets.mail_every, {1ms, 24h});
  table.read("size", packets.mail_size_bytes, {1, 60'000});
}

void read_fault(const std::string& name, ScenarioTable& table, Scenario& scenario) {
  FaultRange fault{.kind = static_cast<FaultKind>(index_of(fault_words(), name))};
  const Range<double> amounts = amounts_of(fault.kind);
  table.read("count", fault.count, {0, nodes_max});
  table.read("per_node", fault.per_node, {0, 100});
  table.read("per_minute", fault.per_minute, {0, 10'000});
  table.read("lasts", fault.lasts, any_time);
  if (amounts.low != amounts.high) {
    fault.amount = amounts;
    table.read("amount", fault.amount, amounts);
  }
  scenario.faults.push_back(fault);
}

void read_liars(ScenarioTable& table, Scenario& scenario) {
  std::vector<std::string> kinds;
  table.read("share", scenario.liars.share, {0, 0.5});
  table.read_words("kinds", kinds, liar_words());
  if (kinds.empty()) kinds = liar_words();
  for (const std::string& kind : kinds)
    scenario.liars.kinds.push_back(static_cast<LiarKind>(index_of(liar_words(), kind)));
}

/// What goes wrong between links goes wrong between packets in other ways: see [weather].
std::vector<std::string> datagram_fault_words() {
  std::vector<std::string> words;
  for (const std::string& word : fault_words())
    if (is_in_datagram_cut(static_cast<FaultKind>(index_of(fault_words(), word))))
      words.push_back(word);
  return words;
}

void read_links_cut(ScenarioTable& table, Scenario& scenario) {
  table.read("nodes", scenario.nodes, {1, nodes_max});
  table.read("whole_core", scenario.is_core_all);
  table.read("disjoint_paths", scenario.disjoint_paths, {1, 16});
  table.read("ping_every", scenario.ping_every, any_time);
  table.read_words("judges", scenario.judges, judge_names());
  table.read_table("connections", [&](ScenarioTable& inner) { read_connections(inner, scenario); });
  table.read_table("topology", [&](ScenarioTable& inner) { read_topology(inner, scenario); });
  table.read_tables("workload", workload_names(), [&](const std::string& name, auto& inner) {
    read_workload(name, inner, scenario);
  });
  table.read_table("liars", [&](ScenarioTable& inner) { read_liars(inner, scenario); });
}

void read_datagram_cut(ScenarioTable& table, Scenario& scenario) {
  PacketRange& packets = scenario.packets.emplace();
  table.read("nodes", scenario.nodes, {2, datagram_nodes_max});
  table.read_table("weather", [&](ScenarioTable& inner) { read_weather(inner, packets); });
  table.read_table("mail", [&](ScenarioTable& inner) { read_mail(inner, packets); });
}

void read_scenario(ScenarioTable& table, Scenario& scenario) {
  std::string cut = "links";
  table.read("cut", cut);
  if (cut != "links" && cut != "datagrams")
    return table.complain("cut", "must be \"links\" or \"datagrams\"");
  table.read("about", scenario.about);
  table.read("swarm", scenario.is_swarm);
  table.read_table("time", [&](ScenarioTable& inner) { read_time(inner, scenario); });
  cut == "links" ? read_links_cut(table, scenario) : read_datagram_cut(table, scenario);
  table.read_tables(
      "faults", cut == "links" ? fault_words() : datagram_fault_words(),
      [&](const std::string& name, auto& inner) { read_fault(name, inner, scenario); });
  table.finish();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Result<Scenario, std::string> parse_scenario(std::string_view text, std::string_view name) {
  const std::string in = std::string(name) + ": ";
  if (const auto misplaced = config::misplaced_character(text))
    return Err{in + "line " + std::to_string(misplaced->line) + ": " + misplaced->text};
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed)
    return Err{in + "line " + std::to_string(parsed.error().source().begin.line) + ": " +
               std::string(parsed.error().description())};
  Scenario scenario{.name = std::string(name)};
  std::optional<std::string> error;
  ScenarioTable table(parsed.table(), "", error);
  read_scenario(table, scenario);
  if (error) return Err{in + *error};
  return scenario;
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const ShippedScenario& shipped : shipped_scenarios()) names.emplace_back(shipped.name);
  return names;
}

Result<Scenario, std::string> find_scenario(std::string_view name_or_path) {
  for (const ShippedScenario& shipped : shipped_scenarios())
    if (shipped.name == name_or_path) return parse_scenario(shipped.toml, shipped.name);
  const std::string path(name_or_path);
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Err{path + " is neither a scenario (" + joined(scenario_names()) +
               ") nor a file that can be read"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_scenario(text, path);
}

}  // namespace mycel::sim
