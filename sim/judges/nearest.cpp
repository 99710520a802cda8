// In calm, a lookup ends at the nodes that are truly nearest to its key.
//
// The promise is Kademlia's: every node knows all nodes of the deepest part of the tree around it,
// so the nearest few are always found, and of k one or two may be missed while tables still heal.
// Nodes outside of the core may be named or not.

#include <algorithm>
#include <set>

#include "sim/neighbours.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t missed_max = 2;  ///< of the k nearest
constexpr std::size_t sure = 8;        ///< the nearest of all, of which none may be missed

class Nearest final : public Judge {
 public:
  std::string_view name() const override { return "nearest"; }

  void on_fact(Run& run, const Fact& fact, bool is_calm) override {
    const auto* found = std::get_if<FoundNearest>(&fact);
    if (found == nullptr || !is_calm || found->asked_at < run.phase_since()) return;
    if (!run.is_core(found->node)) return;
    const std::set<PeerId> named(found->peers.begin(), found->peers.end());
    // Nodes outside of the core that were named stand in the place of others, farther away.
    std::size_t strangers = 0;
    for (const PeerId& peer : named) {
      const auto number = run.fleet().number_of(peer);
      strangers += number && run.is_core(*number) ? 0 : 1;
    }
    const std::size_t k = dht::k_default - std::min(strangers, dht::k_default);
    const auto wanted = nearest_of_core(run, dht::Key::of(found->key.view()), k, found->node);
    std::vector<std::size_t> missed;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (!named.contains(run.fleet().peer_of(wanted[i]))) missed.push_back(i);
    if (missed.size() <= missed_max && (missed.empty() || missed.front() >= sure)) return;
    run.accuse(name(), "node " + std::to_string(found->node) + " missed " +
                           std::to_string(missed.size()) + " of the " +
                           std::to_string(wanted.size()) + " nodes nearest to a key, first node " +
                           std::to_string(wanted[missed.front()]) + " at place " +
                           std::to_string(missed.front() + 1));
  }
};

}  // namespace

std::unique_ptr<Judge> make_judge_nearest() {
  return std::make_unique<Nearest>();
}

}  // namespace mycel::sim
