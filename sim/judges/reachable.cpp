// In calm, every node of the core can connect to every other, whatever its connections and
// addresses went through. A user who disconnects the two meanwhile is no fault of theirs.

#include <string>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

class Reachable final : public Judge {
 public:
  std::string_view name() const override { return "reachable"; }

  void on_fact(Run& run, const Fact& fact, bool is_calm) override {
    const auto* reached = std::get_if<Reached>(&fact);
    if (reached == nullptr || reached->is_reached || !is_calm) return;
    if (reached->asked_at < run.phase_since()) return;
    if (!run.is_core(reached->node) || !run.is_core(reached->other)) return;
    run.accuse(name(), "node " + std::to_string(reached->node) + " could not connect to node " +
                           std::to_string(reached->other));
  }
};

}  // namespace

std::unique_ptr<Judge> make_judge_reachable() {
  return std::make_unique<Reachable>();
}

}  // namespace mycel::sim
