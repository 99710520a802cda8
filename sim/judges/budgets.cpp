// No node ever holds more than it may: of connections, dials, lookups, requests, records and writes
// that wait. And what users began leaves nothing behind when it has ended.

#include <string>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// Commits that wait: one for every answer that a machine holds back, so as many as its peers may
/// ask at once.
constexpr std::size_t writes_max = 4096;

class Budgets final : public Judge {
 public:
  std::string_view name() const override { return "budgets"; }

  void watch(Run& run) override {
    for (std::uint32_t number = 0; number < run.fleet().size(); ++number)
      if (run.fleet().is_up(number) && run.fleet().is_honest(number)) look_at(run, number);
  }

  void conclude(Run& run) override {
    for (const std::uint32_t number : run.core()) {
      if (!run.fleet().is_up(number) || !run.fleet().is_honest(number)) continue;
      const dht::Dht& dht = run.fleet().node(number).wiring().dht().dht();
      const std::size_t upkeep = run.fleet().setup_of(number).dht.config.upkeep_max;
      within(run, number, "lookups left over", dht.operations_awaited(), upkeep);
    }
  }

 private:
  void look_at(Run& run, std::uint32_t number) {
    Node& node = run.fleet().node(number);
    const NodeSetup& setup =
        setups_.try_emplace(number, run.fleet().setup_of(number)).first->second;
    const connect::Connector& connector = node.wiring().connections().connector();
    const dht::Dht& dht = node.wiring().dht().dht();
    const dht::Config& limits = setup.dht.config;
    within(run, number, "connections", connector.connection_count(),
           setup.connect.pool.connections_max);
    within(run, number, "dials", connector.dials_under_way(), setup.connect.dialer.dials_max);
    within(run, number, "lookups", dht.operations_under_way(),
           limits.operations_max + limits.upkeep_max);
    within(run, number, "requests", dht.requests_under_way(),
           dht.operations_under_way() * limits.lookup.asked_max + limits.checks_max);
    within(run, number, "peers in the table", dht.table().size(),
           dht.table().bucket_count() * limits.table.bucket_size);
    within(run, number, "records", dht.counters().records, limits.records.count_max);
    within(run, number, "bytes of records", dht.counters().record_bytes, limits.records.bytes_max);
    within(run, number, "writes that wait", node.store().queued(), writes_max);
  }

  void within(Run& run, std::uint32_t number, const char* what, std::size_t count,
              std::size_t count_max) {
    if (count <= count_max) return;
    run.accuse(name(), "node " + std::to_string(number) + " has " + std::to_string(count) + " " +
                           what + ", more than " + std::to_string(count_max));
  }

  std::map<std::uint32_t, NodeSetup> setups_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_budgets() {
  return std::make_unique<Budgets>();
}

}  // namespace mycel::sim
