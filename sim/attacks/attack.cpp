#include "sim/attacks/attack.hpp"

#include <utility>

#include "sim/heap.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

constexpr Duration settle = 180s;
constexpr Duration between_asks = 5ms;
constexpr std::size_t called_on = 40;  // honest nodes around a key that an attacker's id visits
constexpr std::uint64_t first_ground = 1'000'000'000;  // ids below it are those of honest nodes

AttackOutcome outcome_of(Trial& trial) {
  return {.tallies = std::move(trial.tallies()), .deliveries = trial.machines().delivered()};
}

/// The next id that stands nearer to `target` than `limit`.
PeerId grind(const dht::Key& target, const dht::Distance& limit, std::uint64_t& tried) {
  for (;;) {
    const PeerId id = id_number(tried++);
    if (distance(dht::Key::of(id), target) < limit) return id;
  }
}

void grow_and_settle(Trial& trial, const ShareAttack& attack) {
  trial.grow(attack.nodes,
             [&](Trial::Number) { return trial.rng().below(100) < attack.liars_percent; });
  trial.machines().run_for(settle);
}

}  // namespace

Weight weigh_machine(const ShareAttack& network) {
  Trial trial(network.seed, network.deceit);
  grow_and_settle(trial, network);
  const std::uint64_t deliveries = trial.machines().delivered();
  const std::uint64_t freed = heap_freed_by([&] { trial.machines().drop(); });
  return {.machine_bytes = freed / network.nodes, .deliveries = deliveries};
}

AttackOutcome run(const ShareAttack& attack) {
  Trial trial(attack.seed, attack.deceit);
  grow_and_settle(trial, attack);
  const std::uint32_t liars = trial.liars_per_mille_in_tables();
  const auto for_each_ask = [&](auto&& ask) {
    for (std::uint32_t i = 0; i < attack.asks; ++i)
      for (std::uint32_t way = 0; way < ways.size(); ++way) {
        ask(way, sealed_key(way, i));
        trial.machines().run_for(between_asks);
      }
    trial.let_end();
  };
  for_each_ask([&](std::uint32_t way, const Bytes& key) { trial.put(trial.any_honest(way), key); });
  for_each_ask([&](std::uint32_t way, const Bytes& key) {
    trial.get(trial.any_honest(way), key);
    trial.get_at_quorum(trial.any_honest(way), key);
    trial.find(trial.any_honest(way), trial.any_key());
  });
  AttackOutcome outcome = outcome_of(trial);
  outcome.liars_per_mille_in_tables = liars;
  return outcome;
}

AttackOutcome run(const RegionAttack& attack) {
  Trial trial(attack.seed, Deceit::collude);
  trial.grow(attack.nodes, [](Trial::Number) { return false; });
  trial.machines().run_for(settle);
  std::uint64_t tried = first_ground;
  for (std::uint32_t way = 0; way < ways.size(); ++way)
    for (std::uint32_t i = 0; i < attack.keys; ++i) {
      const Bytes key = sealed_key(way, i);
      const dht::Key target = dht::Key::of(key.view());
      const auto around = trial.nearest(key.view(), called_on, attack.nodes);
      const auto limit = distance(dht::Key::of(trial.machines().peer(around[0]).id), target);
      for (std::uint32_t id = 0; id < attack.ids_per_key; ++id) {
        const Trial::Number liar = trial.join(grind(target, limit, tried), true);
        for (const Trial::Number victim : around) trial.machines().introduce(liar, victim);
      }
      trial.machines().run_for(1s);
    }
  trial.machines().run_for(settle);
  for (std::uint32_t way = 0; way < ways.size(); ++way)
    for (std::uint32_t i = 0; i < attack.keys; ++i)
      trial.put(trial.any_honest(way), sealed_key(way, i));
  trial.let_end();
  for (std::uint32_t way = 0; way < ways.size(); ++way)
    for (std::uint32_t i = 0; i < attack.keys * attack.asks; ++i) {
      trial.get(trial.any_honest(way), sealed_key(way, i % attack.keys));
      trial.machines().run_for(between_asks);
    }
  trial.let_end();
  AttackOutcome outcome = outcome_of(trial);
  outcome.liars_per_mille_in_tables = trial.liars_per_mille_in_tables();
  return outcome;
}

AttackOutcome run(const EclipseAttack& attack) {
  Trial trial(attack.seed, Deceit::collude);
  trial.grow(attack.nodes, [](Trial::Number) { return false; });
  trial.machines().run_for(settle);
  for (std::uint32_t i = 0; i < attack.asks; ++i)
    trial.put(trial.any_honest(ways.size() - 1), sealed_key(0, i));
  trial.let_end();
  std::uint64_t tried = first_ground;
  std::vector<Trial::Number> victims;
  for (std::uint32_t i = 0; i < attack.victims * ways.size(); ++i) {
    // Its number says how it looks; the attacker's are chosen so that ways take turns.
    while (trial.machines().size() % ways.size() != i % ways.size())
      trial.join(id_number(tried++), true);
    const PeerId id = id_number(tried++);
    const Trial::Number victim = trial.join(id, false);
    victims.push_back(victim);
    const auto around = trial.nearest(id.view(), 1, victim);
    const dht::Key target = dht::Key::of(id);
    const auto limit = distance(dht::Key::of(trial.machines().peer(around[0]).id), target);
    for (std::uint32_t ground = 0; ground < attack.ids_per_victim; ++ground)
      for (const PeerId& liar : {grind(target, limit, tried), id_number(tried++)})
        trial.machines().introduce(trial.join(liar, true), victim);
    trial.machines().run_for(1s);
  }
  trial.machines().run_for(settle);
  trial.tallies() = {};
  std::uint64_t liars = 0;
  for (const Trial::Number victim : victims) {
    liars += trial.liars_per_mille_in_table(victim);
    for (std::uint32_t i = 0; i < attack.asks; ++i) {
      trial.get(victim, sealed_key(0, i));
      trial.find(victim, trial.any_key());
      trial.machines().run_for(between_asks);
    }
  }
  trial.let_end();
  AttackOutcome outcome = outcome_of(trial);
  outcome.liars_per_mille_in_tables = static_cast<std::uint32_t>(liars / victims.size());
  return outcome;
}

}  // namespace mycel::sim
