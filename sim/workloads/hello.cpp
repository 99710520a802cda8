// Nodes of several versions, networks and memberships call on each other where they are, whether
// they may come in or not.

#include <string>

#include "sim/hello_profile.hpp"
#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

/// A dial and its retry, and the look below.
constexpr Duration allowed = 60s;
/// Who says no hello is a stranger after 5 s at the latest; then it is settled on both sides.
constexpr Duration look_after = 7s;

class HelloWorkload final : public Workload {
 public:
  explicit HelloWorkload(const Rng& rng) : profiles_(rng), rng_(rng.fork("visits")) {}

  void on_setup(std::uint32_t number, NodeSetup& setup) override {
    HelloProfile profile = profiles_.of(number);
    setup.hello.reset();
    if (!profile.is_plain) setup.hello = std::move(profile.config);
  }

  void step(Run& run, std::uint32_t number) override {
    if (run.plan().nodes < 2) return;
    const auto draw = static_cast<std::uint32_t>(rng_.below(run.plan().nodes - 1));
    visit(run, number, draw < number ? draw : draw + 1);
  }

 private:
  static void visit(Run& run, std::uint32_t number, std::uint32_t other) {
    const Ticket ticket = run.begin(number, "visit", allowed, "node " + std::to_string(other));
    parts::ConnectPart& connections = run.fleet().node(number).wiring().connections();
    connections.add_addresses({run.fleet().peer_of(other), {run.network().address(other)}},
                              connect::Source::learned);
    const Visited visited{number, other, false, run.now()};
    connections.connect(run.fleet().peer_of(other), [&run, ticket, visited](const auto& connected) {
      if (!connected) return tell(run, ticket, visited);
      run.fleet()
          .node(visited.node)
          .timers()
          .call_at(run.fleet().node(visited.node).timers().now().instant + look_after,
                   [&run, ticket, visited] { look(run, ticket, visited); });
    });
  }

  static void look(Run& run, Ticket ticket, Visited visited) {
    visited.is_in =
        stands(run, visited.node, visited.other) && stands(run, visited.other, visited.node);
    tell(run, ticket, visited);
  }

  /// `host` has a connection to `guest` and has settled to go on with it.
  static bool stands(Run& run, std::uint32_t host, std::uint32_t guest) {
    Node* const node = run.fleet().find(host);
    if (node == nullptr) return false;
    const auto connection =
        node->wiring().connections().connector().connection_of(run.fleet().peer_of(guest));
    const session::Hello* const hello = node->wiring().hello();
    if (!connection || hello == nullptr) return connection.has_value();
    const session::Session* const session = hello->session(*connection);
    return session != nullptr && session->standing != session::Standing::unknown;
  }

  static void tell(Run& run, Ticket ticket, const Visited& visited) {
    run.tell(visited);
    run.end(ticket, {.is_good = visited.is_in, .text = visited.is_in ? "let in" : "not let in"});
  }

  HelloProfiles profiles_;
  Rng rng_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_hello(const WorkloadSpec&, Rng rng) {
  return std::make_unique<HelloWorkload>(rng);
}

}  // namespace mycel::sim
