// A node that confirms a put has the value on its disk: what n nodes confirmed stands on n disks.
//
// Nodes that went down meanwhile may have lost it, and of liars nobody knows what they wrote.

#include <deque>

#include "sim/run.hpp"
#include "sim/stored_version.hpp"

namespace mycel::sim {
namespace {

/// Looking at every disk after every put would make large runs slow: then one put in so many nodes.
constexpr std::size_t looked_at_every = 128;

class Promised final : public Judge {
 public:
  std::string_view name() const override { return "promised"; }

  void on_fact(Run& run, const Fact& fact, bool) override {
    if (std::holds_alternative<WentDown>(fact)) {
      downs_.push_back(run.now());
    } else if (const auto* stored = std::get_if<Acknowledged>(&fact)) {
      acknowledged_ += 1;
      if (acknowledged_ % (1 + run.fleet().size() / looked_at_every) == 0) look(run, *stored);
    }
  }

 private:
  // A put takes no longer than its lookup and five seconds a replica: whoever went down before that
  // has not confirmed it.
  static constexpr Duration put_lasts_max = 75s;

  void look(Run& run, const Acknowledged& fact) {
    std::uint32_t holders = 0;
    std::uint32_t excused = 0;
    for (std::uint32_t number = 0; number < run.fleet().size(); ++number) {
      if (!run.fleet().is_honest(number)) excused += 1;
      if (!run.fleet().is_honest(number) || !run.fleet().is_up(number)) continue;
      holders += number != fact.node && holds(run, number, fact) ? 1 : 0;
    }
    while (!downs_.empty() && downs_.front() + put_lasts_max < run.now()) downs_.pop_front();
    excused += static_cast<std::uint32_t>(downs_.size());
    if (holders + excused < fact.replicas)
      run.accuse(name(), std::to_string(fact.replicas) + " nodes confirmed " +
                             std::string(as_text(fact.key.view())) + " of node " +
                             std::to_string(fact.node) + ", and it stands on " +
                             std::to_string(holders) + " disks");
  }

  static bool holds(Run& run, std::uint32_t number, const Acknowledged& fact) {
    const auto stored = run.fleet().node(number).store().get(Table::records, fact.key.view());
    if (!stored) return true;  // a disk that cannot be read proves nothing
    if (!*stored) return false;
    const auto record = dht::decode_stored_record((*stored)->view());
    const auto held = record ? stored_version(fact.key.view(), record->value.view()) : std::nullopt;
    return held && *held >= fact.version;
  }

  std::deque<Instant> downs_;
  std::size_t acknowledged_ = 0;
};

}  // namespace

std::unique_ptr<Judge> make_judge_promised() {
  return std::make_unique<Promised>();
}

}  // namespace mycel::sim
