// What was acknowledged is found in calm, as long as one of the nodes that a reader must ask still
// has it; and of the values that it heard a reader gives out the newest.

#include <map>

#include "protocol/agents/signed_card.hpp"

#include "sim/neighbours.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

class Durable final : public Judge {
 public:
  std::string_view name() const override { return "durable"; }

  void on_fact(Run& run, const Fact& fact, bool is_calm) override {
    if (const auto* stored = std::get_if<Acknowledged>(&fact)) {
      std::uint64_t& version = acknowledged_[stored->key];
      version = std::max(version, stored->version);
    } else if (const auto* missing = std::get_if<NotFound>(&fact)) {
      if (is_asked_in_calm(run, is_calm, missing->node, missing->asked_at))
        on_missing(run, *missing);
    } else if (const auto* delivered = std::get_if<Delivered>(&fact)) {
      if (is_asked_in_calm(run, is_calm, delivered->node, delivered->asked_at))
        on_delivered(run, *delivered);
    }
  }

 private:
  static bool is_asked_in_calm(Run& run, bool is_calm, std::uint32_t node, Instant asked_at) {
    return is_calm && run.is_core(node) && asked_at >= run.phase_since();
  }

  void on_missing(Run& run, const NotFound& fact) {
    if (!acknowledged_.contains(fact.key)) return;
    const std::size_t holders = holders_of(run, fact.key, fact.node);
    if (holders > 0)
      run.accuse(name(), "node " + std::to_string(fact.node) + " did not find " +
                             std::string(as_text(fact.key.view())) + ", which " +
                             std::to_string(holders) + " of the nearest nodes hold");
  }

  // Nothing promises that all replicas are the same; but whoever heard more answers than there are
  // nodes with an older value heard a newer one too.
  void on_delivered(Run& run, const Delivered& fact) {
    const auto version = acknowledged_.find(fact.key);
    if (version == acknowledged_.end() || fact.version >= version->second) return;
    std::size_t older = 0;
    for (const std::uint32_t number : run.fleet().alive()) {
      const auto held = version_at(run, number, fact.key);
      older += held && *held < version->second ? 1 : 0;
    }
    if (fact.answers > older)
      run.accuse(name(), "node " + std::to_string(fact.node) + " was given version " +
                             std::to_string(fact.version) + " of " +
                             std::string(as_text(fact.key.view())) + " out of " +
                             std::to_string(fact.answers) + " answers, but only " +
                             std::to_string(older) + " nodes hold less than version " +
                             std::to_string(version->second));
  }

  /// By what stands on the disk: nobody acknowledges what is not there. Of a card it is enough that
  /// it stands there.
  static std::optional<std::uint64_t> version_at(Run& run, std::uint32_t number, const Bytes& key) {
    const auto stored = run.fleet().node(number).store().get(Table::records, key.view());
    if (!stored || !*stored) return std::nullopt;
    const auto record = dht::decode_stored_record((*stored)->view());
    if (!record) return std::nullopt;
    if (agents::did_of_key(key.view())) return 0;
    return open_sealed(key.view(), record->value.view());
  }

  static std::size_t holders_of(Run& run, const Bytes& key, std::uint32_t asker) {
    std::size_t holders = 0;
    for (const std::uint32_t number :
         nearest_of_core(run, dht::Key::of(key.view()), dht::k_default, asker))
      holders += version_at(run, number, key) ? 1 : 0;
    return holders;
  }

  std::map<Bytes, std::uint64_t> acknowledged_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_durable() {
  return std::make_unique<Durable>();
}

}  // namespace mycel::sim
