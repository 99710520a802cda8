#include "sim/attack.hpp"

#include <algorithm>
#include <vector>

#include "sim/liars/liars.hpp"
#include "sim/network.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint32_t doors = 16;  // the first nodes are the ones that everybody knows
constexpr Duration settle = 60s;
constexpr Duration answers_within = 65s;  // longer than any operation takes

class Attack {
 public:
  Attack(const AttackPlan& plan, const std::function<void(std::string)>& progress)
      : plan_(plan),
        progress_(progress),
        world_(plan.seed),
        network_(world_, {}),
        fleet_(world_, network_, plan.nodes),
        rng_(world_.fork("attack")) {
    std::vector<std::uint32_t> numbers(plan.nodes);
    for (std::uint32_t number = 0; number < plan.nodes; ++number) numbers[number] = number;
    rng_.shuffle(numbers);
    numbers.resize(std::size_t{plan.nodes} * plan.liars_percent / 100);
    std::vector<Liar> liars;
    liars.reserve(numbers.size());
    for (const std::uint32_t number : numbers) liars.push_back({number, plan.kind, 0});
    make_liars(world_, fleet_, liars);
    fleet_.on_setup([this](std::uint32_t number, NodeSetup& setup) { set_up(number, setup); });
  }

  AttackOutcome tell() {
    say("joining");
    for (std::uint32_t number = 0; number < plan_.nodes; ++number) {
      fleet_.start(number);
      world_.run_for(20ms);
    }
    world_.run_for(settle);
    say("publishing");
    for (std::size_t paths = 0; paths < attack_paths.size(); ++paths)
      for (std::uint32_t i = 0; i < plan_.asks; ++i) put(honest_with(paths), paths, i);
    world_.run_for(answers_within);
    say("asking");
    for (std::size_t paths = 0; paths < attack_paths.size(); ++paths)
      for (std::uint32_t i = 0; i < plan_.asks; ++i) {
        get(honest_with(paths), paths, i);
        find(honest_with(paths), paths);
        world_.run_for(5ms);
      }
    world_.run_for(answers_within);
    return outcome_;
  }

 private:
  void say(std::string what) const {
    if (progress_) progress_(std::move(what));
  }
  void set_up(std::uint32_t number, NodeSetup& setup) {
    setup.identify.observed.is_private_allowed = true;
    setup.ping.every = 0s;
    setup.dht.config.lookup.disjoint_paths = attack_paths[number % attack_paths.size()];
    setup.dht.namespaces.push_back(sealed_namespace());
    for (int i = 0; i < 3; ++i)
      if (number > 0)
        setup.join.push_back(
            Network::address_of(static_cast<std::uint32_t>(rng_.below(std::min(number, doors)))));
  }
  std::uint32_t honest_with(std::size_t paths) {
    for (;;) {
      const auto number = static_cast<std::uint32_t>(rng_.below(plan_.nodes));
      if (fleet_.is_honest(number) && number % attack_paths.size() == paths) return number;
    }
  }
  static Bytes key_of(std::size_t paths, std::uint32_t i) {
    return sealed_key(static_cast<std::uint32_t>(paths), i);
  }

  void put(std::uint32_t number, std::size_t paths, std::uint32_t i) {
    const Bytes key = key_of(paths, i);
    fleet_.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, key, seal(key, 1, {})); },
        [](const dht::LookupDone&) {});
    world_.run_for(5ms);
  }
  void get(std::uint32_t number, std::size_t paths, std::uint32_t i) {
    AttackTally& tally = outcome_.by_paths[paths];
    tally.gets += 1;
    fleet_.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.get(now, key_of(paths, i)); },
        [&tally](const dht::LookupDone& done) {
          tally.found += std::holds_alternative<dht::Value>(done.result) ? 1 : 0;
          tally.messages += done.facts.messages;
        });
  }
  void find(std::uint32_t number, std::size_t paths) {
    AttackTally& tally = outcome_.by_paths[paths];
    tally.finds += 1;
    std::vector<std::byte> key(32);
    rng_.fill(key);
    const Bytes wanted(std::move(key));
    fleet_.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, wanted); },
        [this, &tally, number, wanted](const dht::LookupDone& done) {
          const auto* peers = std::get_if<dht::Peers>(&done.result);
          if (peers == nullptr) return;
          const PeerId nearest = nearest_honest(wanted, number);
          tally.nearest_found +=
              std::ranges::any_of(peers->nearest,
                                  [&](const PeerInfo& peer) { return peer.id == nearest; })
                  ? 1
                  : 0;
          tally.messages += done.facts.messages;
        });
  }
  PeerId nearest_honest(const Bytes& key, std::uint32_t asker) const {
    const dht::Key target = dht::Key::of(key);
    PeerId nearest;
    dht::Distance best;
    for (std::uint32_t number = 0; number < plan_.nodes; ++number) {
      if (!fleet_.is_honest(number) || number == asker) continue;
      const dht::Distance where = distance(dht::Key::of(fleet_.peer_of(number)), target);
      if (!nearest.is_none() && best < where) continue;
      nearest = fleet_.peer_of(number);
      best = where;
    }
    return nearest;
  }

  const AttackPlan& plan_;
  const std::function<void(std::string)>& progress_;
  World world_;
  Network network_;
  Fleet fleet_;
  Rng rng_;
  AttackOutcome outcome_;
};

}  // namespace

AttackOutcome attack(const AttackPlan& plan, const std::function<void(std::string)>& progress) {
  return Attack(plan, progress).tell();
}

}  // namespace mycel::sim
