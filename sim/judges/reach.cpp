// Where some lie, no single lookup is certain; but in calm most gets of what honest nodes hold near
// its key find it.

#include <set>

#include "sim/neighbours.hpp"
#include "sim/run.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t found_percent_min = 80;
/// Fewer gets say nothing about a share.
constexpr std::size_t gets_min = 30;

class Reach final : public Judge {
 public:
  std::string_view name() const override { return "reach"; }

  void on_fact(Run& run, const Fact& fact, bool is_calm) override {
    if (const auto* stored = std::get_if<Acknowledged>(&fact)) acknowledged_.insert(stored->key);
    if (!is_calm) return;
    if (const auto* delivered = std::get_if<Delivered>(&fact)) {
      if (run.is_core(delivered->node)) found_ += 1;
    } else if (const auto* missing = std::get_if<NotFound>(&fact)) {
      if (run.is_core(missing->node) && is_held_near(run, *missing)) missed_ += 1;
    }
  }

  void conclude(Run& run) override {
    const std::size_t gets = found_ + missed_;
    if (gets < gets_min || found_ * 100 >= gets * found_percent_min) return;
    run.accuse(name(), "of " + std::to_string(gets) + " gets in calm " + std::to_string(missed_) +
                           " did not find what honest nodes hold near the key");
  }

 private:
  bool is_held_near(Run& run, const NotFound& fact) const {
    if (!acknowledged_.contains(fact.key)) return false;
    for (const std::uint32_t number :
         nearest_of_core(run, dht::Key::of(fact.key.view()), dht::k_default, fact.node)) {
      const auto stored = run.fleet().node(number).store().get(Table::records, fact.key.view());
      if (stored && *stored) return true;
    }
    return false;
  }

  std::set<Bytes> acknowledged_;
  std::size_t found_ = 0;
  std::size_t missed_ = 0;
};

}  // namespace

std::unique_ptr<Judge> make_judge_reach() {
  return std::make_unique<Reach>();
}

}  // namespace mycel::sim
