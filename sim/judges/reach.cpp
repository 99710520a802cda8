// Where some lie, no single lookup is certain; but most gets of what was acknowledged find it, as
// long as liars are the only trouble.

#include <map>

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
    if (run.plan().liars.empty() || !run.plan().faults.empty()) return;
    if (const auto* stored = std::get_if<Acknowledged>(&fact)) authors_[stored->key] = stored->node;
    if (!is_calm) return;
    if (const auto* delivered = std::get_if<Delivered>(&fact)) {
      found_ += run.is_core(delivered->node) ? 1 : 0;
    } else if (const auto* missing = std::get_if<NotFound>(&fact)) {
      const auto author = authors_.find(missing->key);
      const bool is_kept = author != authors_.end() && run.is_core(author->second);
      missed_ += is_kept && run.is_core(missing->node) ? 1 : 0;
    }
  }

  void conclude(Run& run) override {
    const std::size_t gets = found_ + missed_;
    if (gets < gets_min || found_ * 100 >= gets * found_percent_min) return;
    run.accuse(name(), "of " + std::to_string(gets) + " gets in calm " + std::to_string(missed_) +
                           " did not find what had been acknowledged");
  }

 private:
  std::map<Bytes, std::uint32_t> authors_;
  std::size_t found_ = 0;
  std::size_t missed_ = 0;
};

}  // namespace

std::unique_ptr<Judge> make_judge_reach() {
  return std::make_unique<Reach>();
}

}  // namespace mycel::sim
