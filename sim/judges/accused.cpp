// Cross-checking never flags an honest node, whoever comes and goes; and where it had the time, it
// has flagged whoever names nobody but accomplices.

#include <set>
#include <string>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// Rounds that all honest nodes together must have had around a liar before they have to know it.
constexpr std::uint64_t rounds_enough = 60;

class Accused final : public Judge {
 public:
  std::string_view name() const override { return "accused"; }

  void on_fact(Run& run, const Fact& fact, bool) override {
    const auto* flagged = std::get_if<Flagged>(&fact);
    if (flagged == nullptr || !run.fleet().is_honest(flagged->node)) return;
    const auto number = run.fleet().number_of(flagged->peer);
    if (!number) return;
    flagged_.insert(*number);
    if (run.fleet().is_honest(*number))
      run.accuse(name(), "node " + std::to_string(flagged->node) + " flags node " +
                             std::to_string(*number) + ", which is honest");
  }

  // Every node within reach of a random key is asked in about one of so many rounds as there are
  // nodes for each that a round asks.
  void conclude(Run& run) override {
    std::uint64_t rounds = 0;
    for (const std::uint32_t number : run.fleet().alive())
      if (run.fleet().is_honest(number))
        run.fleet().node(number).wiring().each_counter(
            [&](const CounterName& counter, std::uint64_t value) {
              if (counter.name == "dht_cross_checks_total") rounds += value;
            });
    const std::uint64_t share = run.fleet().size() / dht::CrossCheckConfig{}.sampled + 1;
    if (rounds < rounds_enough * share) return;
    for (const Liar& liar : run.plan().liars)
      if (liar.kind == LiarKind::collude && run.fleet().is_up(liar.node) &&
          !flagged_.contains(liar.node))
        run.accuse(name(), "node " + std::to_string(liar.node) +
                               " names nobody but its gang, and nobody noticed");
  }

 private:
  std::set<std::uint32_t> flagged_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_accused() {
  return std::make_unique<Accused>();
}

}  // namespace mycel::sim
