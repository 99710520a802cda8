// When the time to converge has passed, the core is one mesh: every node knows its neighbourhood,
// and is known by somebody there.

#include <algorithm>
#include <string>

#include "sim/neighbours.hpp"

namespace mycel::sim {
namespace {

/// Of its nearest nodes a table may lack as many as are still being found again.
constexpr std::size_t near = 8;
constexpr std::size_t lacking_max = 2;

class Converged final : public Judge {
 public:
  std::string_view name() const override { return "converged"; }

  void conclude(Run& run) override {
    for (const std::uint32_t number : run.core()) {
      if (!run.fleet().is_up(number)) {
        run.accuse(name(), "node " + std::to_string(number) + " of the core does not run");
        continue;
      }
      look_at(run, number);
    }
  }

 private:
  void look_at(Run& run, std::uint32_t number) {
    const auto neighbours =
        nearest_of_core(run, dht::Key::of(run.fleet().peer_of(number)), near, number);
    std::size_t lacking = 0;
    std::size_t known_by = 0;
    for (const std::uint32_t other : neighbours) {
      lacking += table_of(run, number).contains(run.fleet().peer_of(other)) ? 0 : 1;
      known_by += table_of(run, other).contains(run.fleet().peer_of(number)) ? 1 : 0;
    }
    const std::string who = "node " + std::to_string(number);
    if (lacking > lacking_max)
      run.accuse(name(), who + " lacks " + std::to_string(lacking) + " of its " +
                             std::to_string(neighbours.size()) + " nearest nodes");
    if (known_by == 0 && !neighbours.empty())
      run.accuse(name(), "none of the " + std::to_string(neighbours.size()) + " nodes nearest to " +
                             who + " knows it");
  }

  static const dht::RoutingTable& table_of(Run& run, std::uint32_t number) {
    return run.fleet().node(number).wiring().dht().dht().table();
  }
};

}  // namespace

std::unique_ptr<Judge> make_judge_converged() {
  return std::make_unique<Converged>();
}

}  // namespace mycel::sim
