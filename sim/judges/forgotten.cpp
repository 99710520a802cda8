// What a node has forgotten is closed: the transport has no connections open that the pool does not
// know, or they would pile up.

#include <string>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// Handshakes under way are not in the pool, and those that the other side gave up stay for a
/// while.
constexpr std::size_t half_open_max = 8;

class Forgotten final : public Judge {
 public:
  std::string_view name() const override { return "forgotten"; }

  void conclude(Run& run) override {
    for (const std::uint32_t number : run.core()) {
      Node& node = run.fleet().node(number);
      const connect::Connector& connector = node.wiring().connections().connector();
      const std::size_t open = node.links().connection_count();
      const std::size_t known = connector.connection_count() + connector.dials_under_way();
      if (open > known * 3 / 2 + half_open_max)
        run.accuse(name(), "node " + std::to_string(number) + " has " + std::to_string(open) +
                               " connections open and knows of " + std::to_string(known));
    }
  }
};

}  // namespace

std::unique_ptr<Judge> make_judge_forgotten() {
  return std::make_unique<Forgotten>();
}

}  // namespace mycel::sim
