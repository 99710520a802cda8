// Witnessed operations: a node does something at another for one of a few keys, so that many ask
// about the same key at a time, and has it attested.

#include <string>

#include "foundation/crypto/hash.hpp"

#include "sim/signatures.hpp"
#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

namespace witness = dht::witness;

/// Reaching the target may take a minute's search and half a minute's dial on each side of it; then
/// a proof has 15 s.
constexpr Duration allowed = 140s;

class WitnessWorkload final : public Workload {
 public:
  WitnessWorkload(WorkloadSpec spec, Rng rng) : spec_(std::move(spec)), rng_(rng) {}

  void on_setup(std::uint32_t, NodeSetup& setup) override {
    setup.witness = witness_config_of(setup.self);
  }

  void step(Run& run, std::uint32_t number) override {
    if (run.plan().nodes < 2) return;
    auto other = static_cast<std::uint32_t>(rng_.below(run.plan().nodes - 1));
    if (other >= number) other += 1;
    const std::string key = "witnessed " + std::to_string(rng_.below(spec_.items));
    const auto kind = static_cast<witness::OperationKind>(1 + rng_.below(5));
    // A twin of this node: nothing can be done at oneself.
    if (run.fleet().peer_of(other) == run.fleet().peer_of(number)) return;
    collect(run, number, other,
            {run.fleet().peer_of(other), crypto::sha256(as_bytes(key)), kind,
             crypto::sha256(as_bytes(spec_.text))});
  }

 private:
  static void collect(Run& run, std::uint32_t number, std::uint32_t other,
                      const witness::Ask& ask) {
    const Ticket ticket = run.begin(number, "witness", allowed, "at node " + std::to_string(other));
    Wiring& wiring = run.fleet().node(number).wiring();
    wiring.reach(ask.target, [&run, &wiring, ticket, ask](const auto& reached) {
      if (!reached) {
        run.end(ticket, {.text = "the target is not reached"});
        return;
      }
      wiring.witness()->collect(ask, [&run, ticket](const auto& proof) {
        run.end(ticket, {.is_good = static_cast<bool>(proof),
                         .text = proof ? std::to_string((*proof)->parts.size()) + " attest it"
                                       : proof.error().text});
      });
    });
  }

  const WorkloadSpec spec_;
  Rng rng_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_witness(const WorkloadSpec& spec, Rng rng) {
  return std::make_unique<WitnessWorkload>(spec, rng);
}

}  // namespace mycel::sim
