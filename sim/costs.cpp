#include "sim/costs.hpp"

#include <functional>
#include <utility>

#include "sim/fleet.hpp"
#include "sim/network.hpp"
#include "sim/sealed_value.hpp"
#include "sim/world.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint32_t operations = 20;  // of each kind, by different nodes
constexpr Duration join_every = 1s;
// Until newcomers look for their neighbourhood no more, and before the first refresh of a bucket.
constexpr Duration settle = 330s;
constexpr Duration patience = 90s;  // an operation ends before
constexpr Duration quiet = 1s;      // what an operation still sends after its end counts as its own

class Counted {
 public:
  Counted(std::uint32_t nodes, std::uint64_t seed)
      : world_(seed), network_(world_, {}), fleet_(world_, network_, nodes) {
    fleet_.on_setup([](std::uint32_t number, NodeSetup& setup) {
      setup.identify.observed.is_private_allowed = true;
      setup.ping.every = 0s;
      setup.dht.namespaces.push_back(sealed_namespace());
      if (number > 0) setup.join.push_back(Network::address_of((number - 1) / 2));
    });
  }

  std::map<std::string, Cost> tell() {
    join();
    for (std::uint32_t i = 0; i < operations; ++i) put(i);
    for (std::uint32_t i = 0; i < operations; ++i) get("get", i, 1);
    for (std::uint32_t i = 0; i < operations; ++i) get("get_best_of_5", i, 5);
    for (std::uint32_t i = 0; i < operations; ++i) find(i);
    for (std::uint32_t i = 0; i < operations; ++i) provide(i);
    return std::move(costs_);
  }

 private:
  void join() {
    Cost& cost = costs_["join"];
    fleet_.on_made([&](Node& node) {
      node.on_event = [&cost, this, since = now()](std::string_view event, const PeerId&) {
        if (event != "joined") return;
        cost.count += 1;
        cost.time += now() - since;
      };
    });
    const NetworkCounts before = network_.counts();
    for (std::uint32_t number = 0; number < fleet_.size(); ++number) {
      fleet_.start(number);
      world_.run_for(join_every);
    }
    world_.run_for(settle);
    add_traffic(cost, before);
  }

  void put(std::uint32_t i) {
    const Bytes key = sealed_key(i, 0);
    const Bytes value = seal(key.view(), 1, "what it costs");
    count(
        "put", i, [&](dht::Dht& dht, Now now) { return dht.put(now, key, value); },
        [](const dht::OperationResult& result) {
          const auto* stored = std::get_if<dht::Stored>(&result);
          return stored != nullptr && stored->count > 0;
        });
  }
  void get(const std::string& name, std::uint32_t i, std::size_t quorum) {
    const Bytes key = sealed_key((i + 7) % operations, 0);
    count(
        name, i, [&](dht::Dht& dht, Now now) { return dht.get(now, key, {quorum}); },
        [](const dht::OperationResult& result) {
          return std::holds_alternative<dht::Value>(result);
        });
  }
  void find(std::uint32_t i) {
    const Bytes key = Bytes::copy("nearest " + std::to_string(i));
    count(
        "find", i, [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, key.view()); },
        [](const dht::OperationResult& result) {
          const auto* peers = std::get_if<dht::Peers>(&result);
          return peers != nullptr && !peers->nearest.empty();
        });
  }
  void provide(std::uint32_t i) {
    const Bytes key = Bytes::copy("content " + std::to_string(i));
    count(
        "provide", i, [&](dht::Dht& dht, Now now) { return dht.provide(now, key); },
        [](const dht::OperationResult& result) {
          const auto* stored = std::get_if<dht::Stored>(&result);
          return stored != nullptr && stored->count > 0;
        });
  }

  template <class Start>
  void count(const std::string& name, std::uint32_t i, Start&& start,
             bool (*is_good)(const dht::OperationResult&)) {
    Cost& cost = costs_[name];
    const NetworkCounts before = network_.counts();
    const Instant since = now();
    // Shared: an operation that outlived our patience would tell its end later.
    const auto is_done = std::make_shared<bool>(false);
    cost.count += 1;
    cost.failed += 1;
    fleet_.node(i % fleet_.size())
        .wiring()
        .dht()
        .look_up(std::forward<Start>(start), [=, this, &cost](const dht::LookupDone& done) {
          *is_done = true;
          cost.failed -= is_good(done.result) ? 1 : 0;
          cost.time += now() - since;
        });
    while (!*is_done && now() < since + patience) world_.run_for(1ms);
    world_.run_for(quiet);
    add_traffic(cost, before);
  }

  void add_traffic(Cost& cost, const NetworkCounts& before) const {
    cost.messages += network_.counts().deliveries - before.deliveries;
    cost.bytes += network_.counts().bytes - before.bytes;
  }
  Instant now() const { return world_.now().instant; }

  World world_;
  Network network_;
  Fleet fleet_;
  std::map<std::string, Cost> costs_;
};

}  // namespace

std::map<std::string, Cost> count_costs(std::uint32_t nodes, std::uint64_t seed) {
  return Counted(nodes, seed).tell();
}

}  // namespace mycel::sim
