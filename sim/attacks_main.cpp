// sim_attack share|region|eclipse [NODES [SEED]]: what attackers do to lookups, as a table.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sim/attacks/attack.hpp"

namespace {

using namespace mycel;
using namespace mycel::sim;

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

template <class Attack>
void show(const std::string& title, const Attack& attack) {
  const auto began = std::chrono::steady_clock::now();
  const AttackOutcome outcome = run(attack);
  tell(title, outcome,
       std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

int usage() {
  std::fprintf(stderr,
               "usage: sim_attack share|region|eclipse [NODES [SEED [PERCENT [DECEIT]]]]\n");
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
  const std::string size = std::to_string(nodes) + " nodes, seed " + std::to_string(seed) + ", ";
  if (kind == "share") {
    for (const Deceit deceit : {Deceit::withhold, Deceit::collude, Deceit::strict})
      for (const std::uint32_t liars : {0U, 10U, 20U, 33U, 50U}) {
        if (liars == 0 && deceit != Deceit::withhold) continue;
        if (count > 4 && liars != number(4, 0)) continue;
        if (count > 5 && to_text(deceit) != words[5]) continue;
        show(size + std::to_string(liars) + "% liars, " + std::string(to_text(deceit)),
             ShareAttack{.seed = seed, .nodes = nodes, .liars_percent = liars, .deceit = deceit});
      }
  } else if (kind == "region") {
    for (const std::uint32_t ids : {0U, 20U, 50U, 100U})
      show(size + std::to_string(ids) + " ids ground onto each key",
           RegionAttack{.seed = seed, .nodes = nodes, .ids_per_key = ids});
  } else if (kind == "eclipse") {
    for (const std::uint32_t ids : {0U, 20U, 100U})
      show(size + std::to_string(ids) + " ids ground onto each newcomer, and as many others",
           EclipseAttack{.seed = seed, .nodes = nodes, .ids_per_victim = ids});
  } else {
    return usage();
  }
  return 0;
}
