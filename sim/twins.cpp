#include "sim/twins.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "sim/network.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint32_t enumerated_nodes = 4;
constexpr std::uint32_t enumerated_rounds = 3;
constexpr std::uint32_t enumerated_partings = 16;

constexpr Duration settle = 5s;
constexpr Duration round_lasts = 2500ms;
// Requests into the other group take 5 s to fail, and back-offs after failed dials as long again.
constexpr Duration heal = 20s;
constexpr Duration last_look = 10s;

/// Bit i - 1 says on which side of instance 0 instance i stands.
Parting parting_of(std::uint32_t bits, std::uint32_t instances) {
  Parting groups(instances, 0);
  for (std::uint32_t i = 1; i < instances; ++i)
    groups[i] = static_cast<std::uint8_t>(bits >> (i - 1) & 1);
  return groups;
}

class TwinsRun {
 public:
  TwinsRun(const TwinsPlan& plan, const std::function<void(Fleet&)>& prepare)
      : plan_(plan),
        world_(plan.seed),
        network_(world_, {}),
        fleet_(world_, network_, plan.instances()),
        rng_(world_.fork("twins")) {
    for (std::uint32_t i = 0; i < plan.twinned.size(); ++i)
      fleet_.give_key_of(plan.nodes + i, plan.twinned[i]);
    fleet_.on_setup([](std::uint32_t number, NodeSetup& setup) {
      setup.identify.observed.is_private_allowed = true;
      setup.ping.every = 0s;
      setup.dht.namespaces.push_back(sealed_namespace());
      for (std::uint32_t door = 0; door < 2; ++door)
        if (door != number) setup.join.push_back(Network::address_of(door));
    });
    if (prepare) prepare(fleet_);
  }

  TwinsOutcome tell() {
    for (std::uint32_t number = 0; number < fleet_.size(); ++number) fleet_.start(number);
    world_.run_for(settle);
    for (std::uint32_t round = 0; round < plan_.rounds.size(); ++round) play(round);
    part(Parting(fleet_.size(), 0));
    world_.run_for(heal);
    look_at_all();
    return conclude();
  }

 private:
  /// The twins publish under one key, as one publisher would.
  std::uint32_t publisher(std::uint32_t number) const {
    return number < plan_.nodes ? number : plan_.twinned[number - plan_.nodes];
  }
  static Bytes key_of(std::uint32_t whose) { return sealed_key(whose, 0); }

  void part(const Parting& groups) {
    for (std::uint32_t a = 0; a < fleet_.size(); ++a)
      for (std::uint32_t b = a + 1; b < fleet_.size(); ++b)
        network_.set_cut(a, b, groups[a] != groups[b]);
  }

  void play(std::uint32_t round) {
    part(plan_.rounds[round]);
    for (std::uint32_t number = 0; number < fleet_.size(); ++number) put(number, round + 1);
    world_.run_for(round_lasts / 2);
    for (std::uint32_t number = 0; number < fleet_.size(); ++number)
      get(number, static_cast<std::uint32_t>(rng_.below(plan_.nodes)), false);
    world_.run_for(round_lasts / 2);
  }

  // Twins say different things at the same time: each its own text under one number.
  void put(std::uint32_t number, std::uint64_t version) {
    const std::uint32_t whose = publisher(number);
    const Bytes key = key_of(whose);
    const Bytes value = seal(key, version, "instance " + std::to_string(number));
    published_[whose].insert(value);
    fleet_.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, key, value); },
        [this, whose, version](const dht::LookupDone& done) {
          const auto* stored = std::get_if<dht::Stored>(&done.result);
          if (stored == nullptr || stored->count == 0) return;
          acknowledged_[whose] = std::max(acknowledged_[whose], version);
        });
  }

  void get(std::uint32_t number, std::uint32_t whose, bool is_last) {
    outcome_.gets += 1;
    // All are asked: which of two rivals wins is decided by their order, not by who answers first.
    const dht::GetOptions options{.quorum = is_last ? fleet_.size() : 1};
    fleet_.node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.get(now, key_of(whose), options); },
        [this, number, whose, is_last](const dht::LookupDone& done) {
          const auto* value = std::get_if<dht::Value>(&done.result);
          if (value != nullptr && !published_[whose].contains(value->value))
            accuse(number, "was given a value that nobody published under the key of", whose);
          if (!is_last) return;
          ended_ += 1;
          if (value != nullptr) last_[whose].insert(value->value);
          const auto version =
              value == nullptr ? std::nullopt : open_sealed(key_of(whose), value->value);
          if (version.value_or(0) < acknowledged_[whose])
            accuse(number, "finds nothing as new as what was acknowledged by", whose);
        });
  }

  void look_at_all() {
    for (std::uint32_t number = 0; number < fleet_.size(); ++number)
      for (std::uint32_t whose = 0; whose < plan_.nodes; ++whose) get(number, whose, true);
    world_.run_for(last_look);
    if (ended_ != std::uint64_t{fleet_.size()} * plan_.nodes)
      outcome_.violations.push_back("only " + std::to_string(ended_) + " last gets ended");
    for (const auto& [whose, values] : last_)
      if (values.size() > 1)
        outcome_.violations.push_back("readers disagree about node " + std::to_string(whose));
    for (std::uint32_t number = 0; number < fleet_.size(); ++number) count_connections(number);
  }

  // A peer that lives twice still has one connection in use here, and one that ends at most.
  void count_connections(std::uint32_t number) {
    std::map<PeerId, std::uint32_t> used;
    for (const auto& status : fleet_.node(number).wiring().connections().connector().connections())
      if (!status.is_redundant) used[status.peer] += 1;
    for (const auto& [peer, count] : used)
      if (count > 1)
        accuse(number, "uses two connections to", fleet_.number_of(peer).value_or(number));
  }

  void accuse(std::uint32_t number, std::string_view what, std::uint32_t other) {
    outcome_.violations.push_back("node " + std::to_string(number) + " " + std::string(what) +
                                  " node " + std::to_string(other));
  }

  TwinsOutcome conclude() {
    for (const std::uint32_t whose : plan_.twinned)
      outcome_.rival_values += published_[whose].size() > plan_.rounds.size() ? 1 : 0;
    outcome_.fingerprint = world_.fingerprint().value();
    outcome_.simulated = world_.now().instant - Instant{};
    outcome_.deliveries = network_.counts().deliveries;
    return std::move(outcome_);
  }

  const TwinsPlan& plan_;
  World world_;
  Network network_;
  Fleet fleet_;
  Rng rng_;
  TwinsOutcome outcome_;
  std::map<std::uint32_t, std::set<Bytes>> published_;
  std::map<std::uint32_t, std::uint64_t> acknowledged_;
  std::map<std::uint32_t, std::set<Bytes>> last_;
  std::uint64_t ended_ = 0;
};

}  // namespace

TwinsPlan draw_twins(std::uint64_t seed) {
  TwinsPlan plan{.seed = seed, .nodes = enumerated_nodes, .twinned = {}, .rounds = {}};
  if (seed >= 1 && seed <= twins_enumerated) {
    plan.twinned = {0};
    auto left = static_cast<std::uint32_t>(seed - 1);
    for (std::uint32_t round = 0; round < enumerated_rounds; ++round) {
      plan.rounds.push_back(parting_of(left % enumerated_partings, plan.instances()));
      left /= enumerated_partings;
    }
    return plan;
  }
  Rng rng = Rng(seed).fork("twins plan");
  plan.nodes = 4 + static_cast<std::uint32_t>(rng.below(3));
  const std::uint64_t twins = 1 + rng.below(2);
  for (std::uint32_t i = 0; i < twins; ++i)
    plan.twinned.push_back(static_cast<std::uint32_t>(rng.below(plan.nodes)));
  const std::uint64_t groups = 2 + rng.below(2);
  for (std::uint64_t round = 2 + rng.below(3); round > 0; --round) {
    Parting parting(plan.instances());
    for (std::uint8_t& group : parting) group = static_cast<std::uint8_t>(rng.below(groups));
    plan.rounds.push_back(std::move(parting));
  }
  return plan;
}

TwinsOutcome run_twins(const TwinsPlan& plan, const std::function<void(Fleet&)>& prepare) {
  return TwinsRun(plan, prepare).tell();
}

TwinsOutcome run_twins(std::uint64_t seed) {
  return run_twins(draw_twins(seed));
}

}  // namespace mycel::sim
