// sim_attack NODES [SEED]: what a share of colluding or withholding nodes does to lookups, as a
// table.

#include <cstdio>
#include <cstdlib>

#include "sim/attack.hpp"

int main(int count, char** words) {
  using namespace mycel::sim;
  AttackPlan plan;
  if (count > 1) plan.nodes = static_cast<std::uint32_t>(std::strtoul(words[1], nullptr, 10));
  if (count > 2) plan.seed = std::strtoull(words[2], nullptr, 10);
  std::printf(
      "%u nodes, seed %llu: gets that found, and lookups that met the nearest honest node\n",
      plan.nodes, static_cast<unsigned long long>(plan.seed));
  std::printf("%-9s %6s", "liars", "share");
  for (const std::size_t paths : attack_paths) std::printf("   d=%zu get  find messages", paths);
  std::printf("\n");
  for (const LiarKind kind : {LiarKind::collude, LiarKind::withhold})
    for (const std::uint32_t percent : {0U, 10U, 20U, 33U, 50U}) {
      plan.kind = kind;
      plan.liars_percent = percent;
      const AttackOutcome outcome = attack(plan);
      std::printf("%-9s %5u%%", std::string(to_text(kind)).c_str(), percent);
      for (const AttackTally& tally : outcome.by_paths)
        std::printf("   %6u%% %4u%% %8llu", 100 * tally.found / tally.gets,
                    100 * tally.nearest_found / tally.finds,
                    static_cast<unsigned long long>(tally.messages / (tally.gets + tally.finds)));
      std::printf("\n");
      std::fflush(stdout);
    }
  return 0;
}
