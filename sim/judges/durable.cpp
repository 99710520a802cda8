// What was acknowledged is found in calm, as long as one of the nodes that a reader must ask still
// has it; and a reader never sees less than every node that it must ask would have told.

#include <map>

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
    const auto version = acknowledged_.find(fact.key);
    if (version == acknowledged_.end()) return;
    const Holders holders = holders_of(run, fact.key, fact.node, version->second);
    if (holders.any > 0)
      run.accuse(name(), "node " + std::to_string(fact.node) + " did not find " +
                             std::string(as_text(fact.key.view())) + ", which " +
                             std::to_string(holders.any) + " of the nearest nodes hold");
  }

  // An older value may be given out as long as somebody near still holds one: nothing promises that
  // all replicas are the same.
  void on_delivered(Run& run, const Delivered& fact) {
    const auto version = acknowledged_.find(fact.key);
    if (version == acknowledged_.end() || fact.version >= version->second) return;
    const Holders holders = holders_of(run, fact.key, fact.node, version->second);
    if (holders.any > 0 && holders.any == holders.newest)
      run.accuse(name(), "node " + std::to_string(fact.node) + " was given version " +
                             std::to_string(fact.version) + " of " +
                             std::string(as_text(fact.key.view())) + ", but version " +
                             std::to_string(version->second) + " is what all nearest nodes hold");
  }

  struct Holders {
    std::size_t any = 0;
    std::size_t newest = 0;  ///< this version or a later one
  };
  // By what stands on the disks: nobody acknowledges what is not there.
  static Holders holders_of(Run& run, const Bytes& key, std::uint32_t asker,
                            std::uint64_t version) {
    Holders holders;
    for (const std::uint32_t number :
         nearest_of_core(run, dht::Key::of(key.view()), dht::k_default, asker)) {
      const auto stored = run.fleet().node(number).store().get(Table::records, key.view());
      if (!stored || !*stored) continue;
      const auto record = dht::decode_stored_record((*stored)->view());
      const auto held = record ? open_sealed(key.view(), record->value.view()) : std::nullopt;
      if (!held) continue;
      holders.any += 1;
      holders.newest += *held >= version ? 1 : 0;
    }
    return holders;
  }

  std::map<Bytes, std::uint64_t> acknowledged_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_durable() {
  return std::make_unique<Durable>();
}

}  // namespace mycel::sim
