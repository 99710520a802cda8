#include "sim/planted.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

namespace mycel::sim::planted {
namespace {

constexpr Duration for_ever = 24h;
constexpr std::size_t narrow = 3;  // nodes that a path ends with, instead of 20

/// Gathers what is to be written for a minute, and lets the answers go meanwhile.
class LateWrites : public std::enable_shared_from_this<LateWrites> {
 public:
  explicit LateWrites(Node& node) : node_(node) {}
  void begin() {
    node_.wiring().dht().bend(
        [self = shared_from_this()](dht::Output& output, Now now) { self->bend(output, now); });
  }

 private:
  void bend(dht::Output& output, Now now) {
    std::ranges::move(output.persist, std::back_inserter(kept_));
    output.persist.clear();
    if (now.instant >= write_at_) {
      output.persist = std::exchange(kept_, {});
      write_at_ = never;
    } else if (!kept_.empty() && write_at_ == never) {
      write_at_ = now.instant + 60s;
      node_.timers().call_at(write_at_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->node_.wiring().dht().stir();
      });
    }
  }

  Node& node_;
  StoreBatch kept_;
  Instant write_at_ = never;
};

void lost_ack(Fleet& fleet) {
  fleet.on_made([](Node& node) { std::make_shared<LateWrites>(node)->begin(); });
}

// The order of values must take whatever comes: the true one reads only what is valid.
void forged_accept(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    for (dht::Namespace& space : setup.dht.namespaces) {
      space.validate = [](ByteView, ByteView, UnixTime) { return dht::Verdict::valid; };
      space.better = [](ByteView, ByteView a, ByteView b) {
        const auto order = compare(a, b);
        return order > 0 ? 1 : order < 0 ? -1 : 0;
      };
    }
  });
}

void one_path(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    setup.dht.config.lookup.disjoint_paths = 1;
    setup.dht.config.lookup.k = narrow;
    setup.dht.config.retries_max = 0;
    setup.dht.config.doubts_max = 0;
    setup.dht.config.settle_min = for_ever;
  });
}

void stuck_timer(Fleet& fleet) {
  fleet.on_made([](Node& node) { node.timers().set_forgetful(); });
}

void two_connections(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    setup.connect.pool.redundant_idle_after = for_ever;
    setup.connect.pool.redundant_for_max = for_ever;
  });
}

void leak(Fleet& fleet) {
  fleet.on_made([](Node& node) {
    node.wiring().connections().bend([](connect::Output& output, Now) { output.closes.clear(); });
  });
}

void stale_value(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    for (dht::Namespace& space : setup.dht.namespaces)
      space.better = [](ByteView, ByteView a, ByteView b) { return equal(a, b) ? 0 : 1; };
  });
}

// f + 1 of 3f + 1: any two of them may share nobody but liars.
void small_quorum(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    if (setup.witness) setup.witness->rules = {.witnesses = 4, .quorum = 3};
  });
}

void gullible(Fleet& fleet) {
  fleet.on_made([](Node& node) { node.signatures().set_gullible(); });
}

// Liars lead astray who joins through them: it hides others until it has refreshed its table.
void hasty_check(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    if (!setup.cross_check) return;
    setup.cross_check->again_after = 100ms;
    setup.cross_check->hidden_min = 1;
    setup.dht.config.refresh_interval = 10min;
  });
}

void no_minimum(Fleet& fleet) {
  fleet.on_setup([](std::uint32_t, NodeSetup& setup) {
    if (setup.hello) setup.hello->minimum = {0, 0, 1};
  });
}

struct Bug {
  std::string_view name;
  std::string_view what;
  void (*plant)(Fleet&);
};

constexpr std::array bugs{
    Bug{"lost_ack", "a put is acknowledged up to a minute before it is written", lost_ack},
    Bug{"forged_accept", "every value is taken for valid, whoever made it", forged_accept},
    Bug{"one_path", "lookups trust a single, narrow path and never enter elsewhere", one_path},
    Bug{"stuck_timer", "what became due while the process stood still never rings", stuck_timer},
    Bug{"two_connections", "of two connections that met, none is ever closed", two_connections},
    Bug{"leak", "connections that the pool has given up are never closed", leak},
    Bug{"small_quorum", "three witnesses of four are taken for a quorum", small_quorum},
    Bug{"gullible", "every signature is taken for genuine", gullible},
    Bug{"hasty_check", "who leaves out neighbours is asked again at once, and flagged",
        hasty_check},
    Bug{"no_minimum", "a hello of any version is taken, however old", no_minimum},
    Bug{"stale_value", "whatever value comes last wins, also an older one", stale_value},
};

const Bug* find(std::string_view name) {
  const auto* bug = std::ranges::find(bugs, name, &Bug::name);
  return bug == bugs.end() ? nullptr : bug;
}

}  // namespace

std::vector<std::string> names() {
  std::vector<std::string> all;
  all.reserve(bugs.size());
  for (const Bug& bug : bugs) all.emplace_back(bug.name);
  return all;
}

std::string_view describe(std::string_view name) {
  const Bug* bug = find(name);
  return bug == nullptr ? std::string_view() : bug->what;
}

bool plant(Fleet& fleet, std::string_view name) {
  const Bug* bug = find(name);
  if (bug != nullptr) bug->plant(fleet);
  return bug != nullptr;
}

}  // namespace mycel::sim::planted
