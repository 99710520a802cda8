// No user asks for it: nodes compare what their peers say of their neighbours, often enough for a
// short run, and refresh their tables in between as often as it takes: a node that liars led astray
// when it joined hides others by no fault of its own, until it refreshes through whoever asked it.
// It is a workload so that a scenario can have it or not.

#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

class CrossCheckWorkload final : public Workload {
 public:
  explicit CrossCheckWorkload(WorkloadSpec spec) : spec_(std::move(spec)) {}

  void on_setup(std::uint32_t, NodeSetup& setup) override {
    setup.cross_check = dht::CrossCheckConfig{.every = spec_.every, .again_after = 60s};
    setup.dht.config.refresh_interval = 30s;
  }
  void step(Run&, std::uint32_t) override {}

 private:
  const WorkloadSpec spec_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_cross_check(const WorkloadSpec& spec, Rng) {
  return std::make_unique<CrossCheckWorkload>(spec);
}

}  // namespace mycel::sim
