// sim_attack share|region|eclipse [NODES [SEED [...]]]: what attackers do to lookups, as a table.
// sim_attack rows [NODES [SEED]]: the figures of `./dev bench dht`, one JSON object a line; weigh
// tells of these what a machine weighs.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/os/memory.hpp"

#include "sim/attacks/attack.hpp"

namespace {

using namespace mycel;
using namespace mycel::sim;

constexpr std::size_t memory_per_node_bytes = std::size_t{96} * 1024;  // more than one takes

double ms_at(std::vector<dht::Facts> facts, std::size_t percent) {
  if (facts.empty()) return 0;
  std::ranges::sort(facts, {}, &dht::Facts::duration);
  const Duration at = facts[std::min(facts.size() - 1, facts.size() * percent / 100)].duration;
  return std::chrono::duration<double, std::milli>(at).count();
}

double messages(const std::vector<dht::Facts>& facts) {
  double sum = 0;
  for (const dht::Facts& each : facts) sum += each.messages;
  return facts.empty() ? 0 : sum / static_cast<double>(facts.size());
}

double percent(std::uint32_t part, std::uint32_t whole) {
  return whole == 0 ? 0 : 100.0 * part / whole;
}

void tell(const std::string& title, const AttackOutcome& outcome, double seconds) {
  std::printf("%s; %.1f%% of table entries lie; %.1f M deliveries, %.0f s\n", title.c_str(),
              outcome.liars_per_mille_in_tables / 10.0,
              static_cast<double>(outcome.deliveries) / 1e6, seconds);
  for (std::size_t way = 0; way < ways.size(); ++way) {
    const Tally& tally = outcome.tallies[way];
    std::printf(
        "  %-5s  get %6.2f%%, with a retry %6.2f%%, %5.1f messages, p50 %4.0f p95 %4.0f p99 %4.0f "
        "ms",
        std::string(ways[way].name).c_str(), percent(tally.found, tally.gets),
        percent(tally.found_with_retry, tally.gets), messages(tally.get_facts),
        ms_at(tally.get_facts, 50), ms_at(tally.get_facts, 95), ms_at(tally.get_facts, 99));
    if (!tally.quorum_facts.empty())
      std::printf("   of %zu values %5.1f messages, p50 %4.0f p95 %4.0f ms", quorum,
                  messages(tally.quorum_facts), ms_at(tally.quorum_facts, 50),
                  ms_at(tally.quorum_facts, 95));
    if (tally.finds > 0)
      std::printf("   nearest %6.2f%%, %5.1f messages, p50 %4.0f p95 %4.0f ms",
                  percent(tally.nearest_found, tally.finds), messages(tally.find_facts),
                  ms_at(tally.find_facts, 50), ms_at(tally.find_facts, 95));
    if (!tally.put_facts.empty())
      std::printf("   put %5.1f messages, p50 %4.0f p95 %4.0f ms", messages(tally.put_facts),
                  ms_at(tally.put_facts, 50), ms_at(tally.put_facts, 95));
    std::printf("\n");
  }
  std::fflush(stdout);
}

/// One figure beside its goal, as every benchmark prints it.
void row(const std::string& name, double value, const char* unit, const char* better,
         const std::string& goal, const char* peer, const std::string& peer_value) {
  std::printf(
      "{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\",\"better\":\"%s\",\"goal\":%s,"
      "\"peer\":\"%s\",\"peer_value\":%s}\n",
      name.c_str(), value, unit, better, goal.c_str(), peer, peer_value.c_str());
  std::fflush(stdout);
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

void rows_of_lookups(const std::string& sim, const Tally& d8, const Tally& plain) {
  const auto against_plain = [&](const std::string& name, const char* goal, const auto& ours,
                                 const auto& theirs, std::size_t percent) {
    row(sim + name, ms_at(ours, percent), "ms", "lower", goal, "plain Kademlia, same run",
        number_text(ms_at(theirs, percent)));
  };
  against_plain("lookup_p50_ms", "null", d8.get_facts, plain.get_facts, 50);
  against_plain("lookup_p95_ms", "100", d8.get_facts, plain.get_facts, 95);
  against_plain("lookup_p99_ms", "null", d8.get_facts, plain.get_facts, 99);
  row(sim + "lookup_messages", messages(d8.get_facts), "messages", "lower", "null",
      "plain Kademlia, same run", number_text(messages(plain.get_facts)));
  against_plain("lookup_quorum7_p50_ms", "null", d8.quorum_facts, plain.quorum_facts, 50);
  against_plain("lookup_quorum7_p95_ms", "null", d8.quorum_facts, plain.quorum_facts, 95);
  against_plain("publish_p50_ms", "1000", d8.put_facts, plain.put_facts, 50);
  against_plain("publish_p95_ms", "1000", d8.put_facts, plain.put_facts, 95);
}

std::string short_size(std::uint32_t nodes) {
  return nodes % 1000 == 0 ? std::to_string(nodes / 1000) + "k" : std::to_string(nodes);
}

/// What one machine weighs, and how fast they all run while they join and settle.
void print_weight(std::uint32_t nodes, std::uint64_t seed) {
  const auto began = std::chrono::steady_clock::now();
  const Weight weight = weigh_machine({.seed = seed, .nodes = nodes, .liars_percent = 0});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  const std::string sim = "sim" + short_size(nodes);
  row(sim + "_dht_KiB_per_node", static_cast<double>(weight.machine_bytes) / 1024, "KiB", "lower",
      "20", "", "null");
  row(sim + "_dht_deliveries_per_s", static_cast<double>(weight.deliveries) / taken.count(), "1/s",
      "higher", "null", "", "null");
}

/// Colluding liars, and ids ground onto a key.
void print_rows(std::uint32_t nodes, std::uint64_t seed) {
  const std::string size = short_size(nodes);
  constexpr std::size_t plain = 0;
  constexpr std::size_t d8 = ways.size() - 1;
  const auto lies = [&](std::uint32_t liars) {
    return run(ShareAttack{.seed = seed, .nodes = nodes, .liars_percent = liars}).tallies;
  };
  const Tallies honest = lies(0);
  rows_of_lookups("sim" + size + "_", honest[d8], honest[plain]);
  print_weight(nodes, seed);
  const Tallies fifth = lies(20);
  row("liars20_" + size + "_success_pct", percent(fifth[d8].found, fifth[d8].gets), "%", "higher",
      "99.9", "plain Kademlia, same run",
      number_text(percent(fifth[plain].found, fifth[plain].gets)));
  const Tallies third = lies(33);
  row("liars33_" + size + "_retry_success_pct", percent(third[d8].found_with_retry, third[d8].gets),
      "%", "higher", "99", "plain Kademlia, same run",
      number_text(percent(third[plain].found_with_retry, third[plain].gets)));
  const Tallies region = run(RegionAttack{.seed = seed, .nodes = nodes}).tallies;
  const auto denied = [](const Tally& tally) { return 100 - percent(tally.found, tally.gets); };
  row("region_attack_denied_pct", denied(region[d8]), "%", "lower", "1", "plain Kademlia, same run",
      number_text(denied(region[plain])));
}

/// One attack of the tables: what picks it out, and what it is.
struct Entry {
  std::string_view kind;
  std::uint64_t number = 0;  // liars in percent, or ids
  std::string_view deceit;
  std::string title;
  std::function<AttackOutcome()> run;
};

std::vector<Entry> all_attacks(std::uint32_t nodes, std::uint64_t seed) {
  std::vector<Entry> all;
  for (const Deceit deceit : {Deceit::withhold, Deceit::collude, Deceit::strict})
    for (const std::uint32_t liars : {0U, 10U, 20U, 33U, 50U})
      if (liars > 0 || deceit == Deceit::withhold)
        all.push_back(
            {"share", liars, to_text(deceit),
             std::to_string(liars) + "% liars, " + std::string(to_text(deceit)), [=] {
               return run(ShareAttack{
                   .seed = seed, .nodes = nodes, .liars_percent = liars, .deceit = deceit});
             }});
  for (const std::uint32_t ids : {0U, 20U, 50U, 100U})
    all.push_back({"region", ids, "", std::to_string(ids) + " ids ground onto each key", [=] {
                     return run(RegionAttack{.seed = seed, .nodes = nodes, .ids_per_key = ids});
                   }});
  for (const std::uint32_t ids : {0U, 20U, 100U})
    all.push_back({"eclipse", ids, "",
                   std::to_string(ids) + " ids ground onto each newcomer, and as many others", [=] {
                     return run(EclipseAttack{.seed = seed, .nodes = nodes, .ids_per_victim = ids});
                   }});
  return all;
}

void show(const std::string& network, const Entry& attack) {
  const auto began = std::chrono::steady_clock::now();
  const AttackOutcome outcome = attack.run();
  tell(network + attack.title, outcome,
       std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

int usage() {
  std::fprintf(
      stderr,
      "usage: sim_attack share [NODES [SEED [PERCENT [withhold|collude|strict]]]]\n"
      "       sim_attack region|eclipse [NODES [SEED [IDS]]]\n"
      "       sim_attack rows|weigh [NODES [SEED]]\n"
      "of 100 to 1000000 nodes; PERCENT 0 (withhold only), 10, 20, 33 or 50; IDS 0, 20, 50\n"
      "or 100, of an eclipse 0, 20 or 100\n");
  return 2;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view kind = count > 1 ? words[1] : "share";
  const auto number = [&](int word, std::uint64_t otherwise) {
    return count > word ? std::strtoull(words[word], nullptr, 10) : otherwise;
  };
  const auto nodes = static_cast<std::uint32_t>(number(2, 1000));
  const std::uint64_t seed = number(3, 1);
  if (nodes < 100 || nodes > 1'000'000) return usage();
  os::reserve_huge_pages(nodes * memory_per_node_bytes);
  if (kind == "rows") return print_rows(nodes, seed), 0;
  if (kind == "weigh") return print_weight(nodes, seed), 0;

  std::vector<Entry> attacks = all_attacks(nodes, seed);
  std::erase_if(attacks, [&](const Entry& attack) {
    return attack.kind != kind || (count > 4 && attack.number != number(4, 0)) ||
           (count > 5 && attack.deceit != words[5]);
  });
  if (attacks.empty()) return usage();
  for (const Entry& attack : attacks)
    show(std::to_string(nodes) + " nodes, seed " + std::to_string(seed) + ", ", attack);
  return 0;
}
