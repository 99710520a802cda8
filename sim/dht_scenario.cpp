#include "sim/dht_scenario.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "foundation/wire/peer_id_text.hpp"

#include "sim/node.hpp"

namespace mycel::sim {
namespace {

constexpr Duration join_every = 20ms;
constexpr Duration settle = 40s;
constexpr std::size_t disjoint_paths = 8;  // as the program ships
constexpr std::size_t violations_max = 20;

/// Any value; the greater one wins, so that all nodes end with the same.
dht::Namespace any_value() {
  return {.prefix = "/sim/",
          .validate = [](ByteView, ByteView, UnixTime) { return dht::Verdict::valid; },
          .better =
              [](ByteView, ByteView a, ByteView b) {
                const auto order = compare(a, b);
                return order > 0 ? 1 : order < 0 ? -1 : 0;
              }};
}

class Run {
 public:
  Run(const DhtScenario& scenario, const std::function<void(const std::string&)>& progress)
      : scenario_(scenario),
        progress_(progress),
        world_(scenario.seed),
        network_(world_, {}),
        rng_(world_.fork("scenario")),
        disks_(scenario.nodes),
        nodes_(scenario.nodes) {}

  DhtOutcome tell() {
    say("joining");
    join_all();
    say("publishing");
    publish_all();
    say("looking up");
    std::vector<std::uint32_t> all(scenario_.nodes);
    for (std::uint32_t i = 0; i < scenario_.nodes; ++i) all[i] = i;
    look_up(all, outcome_.gets, outcome_.found, true);
    say("crashing");
    crash_some();
    say("looking up again");
    look_up(alive(), outcome_.gets_after_crashes, outcome_.found_after_crashes, false);
    conclude();
    return std::move(outcome_);
  }

 private:
  void say(const std::string& what) const {
    if (progress_) progress_(what);
  }
  void accuse(std::string what) {
    if (outcome_.violations.size() < violations_max) outcome_.violations.push_back(std::move(what));
  }

  NodeSetup setup_of(std::uint32_t number) {
    NodeSetup setup;
    setup.identify.observed.is_private_allowed = true;
    setup.ping.every = 0s;
    setup.dht.config.lookup.disjoint_paths = disjoint_paths;
    setup.dht.namespaces = {any_value()};
    if (number > 0) {
      const auto door = static_cast<std::uint32_t>(rng_.below(std::min(number, 64U)));
      setup.join = {Network::address_of(door)};
    }
    return setup;
  }

  void start(std::uint32_t number) {
    nodes_[number] =
        std::make_unique<Node>(world_, network_, disks_[number], number, setup_of(number));
    nodes_[number]->start();
  }

  void join_all() {
    for (std::uint32_t number = 0; number < scenario_.nodes; ++number) {
      start(number);
      world_.run_for(join_every);
    }
    world_.run_for(settle);
    double total = 0;
    for (const auto& node : nodes_) {
      const std::size_t size = node->wiring().dht().dht().table().size();
      total += static_cast<double>(size);
      const std::size_t wanted = std::min<std::size_t>(scenario_.nodes - 1, 20);
      if (size < wanted / 2)
        accuse("node " + std::to_string(node->number()) + " knows only " + std::to_string(size) +
               " peers after joining");
    }
    outcome_.table_mean = total / scenario_.nodes;
  }

  static Bytes key_of(std::uint32_t number) {
    return Bytes::copy("/sim/" + std::to_string(number));
  }
  Bytes value_of(std::uint32_t number) const {
    const bool is_other = scenario_.flips_a_byte && number == 0;
    return Bytes::copy((is_other ? "Value " : "value ") + std::to_string(number));
  }

  void publish_all() {
    for (const auto& node : nodes_) {
      const std::uint32_t number = node->number();
      node->wiring().dht().look_up(
          [&](dht::Dht& dht, Now now) { return dht.put(now, key_of(number), value_of(number)); },
          [this, number](const dht::LookupDone& done) {
            const auto* stored = std::get_if<dht::Stored>(&done.result);
            outcome_.put_times.push_back(done.facts.duration);
            const std::uint32_t wanted = std::min(scenario_.nodes - 1, 20U);
            if (stored == nullptr || stored->count < wanted * 3 / 4)
              accuse("the record of node " + std::to_string(number) + " was stored on " +
                     std::to_string(stored == nullptr ? 0 : stored->count) + " of " +
                     std::to_string(wanted) + " nodes");
          });
      world_.run_for(5ms);
    }
    world_.run_for(30s);
    if (outcome_.put_times.size() != nodes_.size())
      accuse("only " + std::to_string(outcome_.put_times.size()) + " puts ended");
  }

  std::vector<std::uint32_t> alive() const {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i]) numbers.push_back(i);
    return numbers;
  }

  void look_up(const std::vector<std::uint32_t>& askers, std::uint32_t& gets, std::uint32_t& found,
               bool is_timed) {
    std::uint64_t messages = 0;
    for (const std::uint32_t asker : askers) {
      const auto wanted = static_cast<std::uint32_t>(rng_.below(scenario_.nodes));
      gets += 1;
      nodes_[asker]->wiring().dht().look_up(
          [&](dht::Dht& dht, Now now) { return dht.get(now, key_of(wanted)); },
          [this, asker, wanted, &found, &messages, is_timed](const dht::LookupDone& done) {
            messages += done.facts.messages;
            if (is_timed) outcome_.get_times.push_back(done.facts.duration);
            const auto* value = std::get_if<dht::Value>(&done.result);
            if (value == nullptr) {
              accuse("node " + std::to_string(asker) + " did not find the record of node " +
                     std::to_string(wanted));
            } else if (value->value != value_of(wanted)) {
              accuse("node " + std::to_string(asker) + " found another value than was published");
            } else {
              found += 1;
            }
          });
      world_.run_for(5ms);
    }
    world_.run_for(60s);
    if (is_timed) outcome_.get_messages_mean = static_cast<double>(messages) / gets;
  }

  void crash_some() {
    const auto count = static_cast<std::uint32_t>(scenario_.nodes * scenario_.crashed_share);
    std::vector<std::uint32_t> victims = alive();
    rng_.shuffle(victims);
    victims.resize(count);
    for (const std::uint32_t victim : victims) {
      nodes_[victim].reset();
      disks_[victim].lose_power(rng_);
    }
    outcome_.crashed = count;
    world_.run_for(45s);
    for (std::uint32_t i = 0; i < count / 2; ++i) start(victims[i]);
    world_.run_for(settle);
  }

  void conclude() {
    std::ranges::sort(outcome_.get_times);
    std::ranges::sort(outcome_.put_times);
    outcome_.fingerprint = world_.fingerprint().value();
    outcome_.deliveries = network_.counts().deliveries;
    outcome_.bytes = network_.counts().bytes;
    outcome_.simulated = world_.now().instant - Instant{};
  }

  const DhtScenario scenario_;
  const std::function<void(const std::string&)>& progress_;
  World world_;
  Network network_;
  Rng rng_;
  std::vector<Disk> disks_;
  std::vector<std::unique_ptr<Node>> nodes_;
  DhtOutcome outcome_;
};

}  // namespace

DhtOutcome run(const DhtScenario& scenario,
               const std::function<void(const std::string&)>& progress) {
  return Run(scenario, progress).tell();
}

Duration quantile(const std::vector<Duration>& sorted, double share) {
  if (sorted.empty()) return {};
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

}  // namespace mycel::sim
