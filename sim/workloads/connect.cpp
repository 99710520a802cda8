// Connections: many dials at once, two peers that dial each other at the same instant, and
// connections that are closed while others want them.

#include <string>

#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

/// Known addresses, then a search for better ones, then those: 30 s a try and a minute's search.
constexpr Duration allowed = 125s;
constexpr std::uint32_t one_percent = 40, both_percent = 30, burst_percent = 10;
constexpr std::uint32_t burst = 6;

class ConnectWorkload final : public Workload {
 public:
  explicit ConnectWorkload(Rng rng) : rng_(rng) {}

  void step(Run& run, std::uint32_t number) override {
    const auto draw = static_cast<std::uint32_t>(rng_.below(100));
    const std::uint32_t other = any_other(run, number);
    if (draw < one_percent) {
      reach(run, number, other);
    } else if (draw < one_percent + both_percent) {
      reach(run, number, other);
      if (run.fleet().is_up(other) && !run.fleet().is_paused(other)) reach(run, other, number);
    } else if (draw < one_percent + both_percent + burst_percent) {
      for (std::uint32_t i = 0; i < burst; ++i) reach(run, number, any_other(run, number));
    } else if (!run.is_calm()) {  // it would end others' attempts, and judges could not tell why
      run.fleet().node(number).wiring().connections().disconnect(run.fleet().peer_of(other));
    }
  }

  void examine(Run& run, std::uint32_t number) override {
    reach(run, number, any_other(run, number));
  }

 private:
  std::uint32_t any_other(Run& run, std::uint32_t number) {
    if (run.plan().nodes < 2) return number;
    const auto other = static_cast<std::uint32_t>(rng_.below(run.plan().nodes - 1));
    return other >= number ? other + 1 : other;
  }

  static void reach(Run& run, std::uint32_t number, std::uint32_t other) {
    const Ticket ticket = run.begin(number, "reach", allowed, "node " + std::to_string(other));
    run.fleet().node(number).wiring().reach(
        run.fleet().peer_of(other),
        [&run, ticket, number, other,
         since = run.now()](const Result<connect::PeerConnected, parts::Refusal>& result) {
          run.tell(Reached{number, other, static_cast<bool>(result), since});
          run.end(ticket, {.is_good = static_cast<bool>(result),
                           .text = result ? "connected" : result.error().reason});
        });
  }

  Rng rng_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_connect(const WorkloadSpec&, Rng rng) {
  return std::make_unique<ConnectWorkload>(rng);
}

}  // namespace mycel::sim
