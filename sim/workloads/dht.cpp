// Records: every node publishes some, renews them with new versions, and looks up others', nodes
// and neighbourhoods.

#include <map>
#include <utility>

#include "sim/sealed_value.hpp"
#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

/// A lookup ends within a minute, and so does storing at what it found: 5 s a request. Then a
/// clock may run a tenth slow.
constexpr Duration allowed = 75s;
constexpr std::uint32_t put_percent = 20, put_again_percent = 10, get_percent = 45,
                        nearest_percent = 15;
constexpr std::uint32_t examined_gets = 3;

class DhtWorkload final : public Workload {
 public:
  DhtWorkload(WorkloadSpec spec, Rng rng) : spec_(std::move(spec)), rng_(rng) {}

  void on_setup(std::uint32_t, NodeSetup& setup) override {
    setup.dht.namespaces.push_back(sealed_namespace());
  }

  void step(Run& run, std::uint32_t number) override {
    std::vector<std::uint64_t>& versions = versions_[number];
    if (versions.size() < spec_.items) {
      versions.push_back(1);
      return put(run, number, static_cast<std::uint32_t>(versions.size() - 1), 1);
    }
    auto draw = static_cast<std::uint32_t>(rng_.below(100));
    const auto is = [&](std::uint32_t percent) {
      if (draw < percent) return true;
      draw -= percent;
      return false;
    };
    const std::uint32_t item = any_item();
    if (is(put_percent)) return put(run, number, item, spec_.is_fixed ? 1 : ++versions[item]);
    if (is(put_again_percent)) return put(run, number, item, versions[item]);
    if (is(get_percent)) return get(run, number, sealed_key(any_node(run), item));
    if (is(nearest_percent)) return find_nearest(run, number);
    find_peer(run, number);
  }

  void examine(Run& run, std::uint32_t number) override {
    find_nearest(run, number);
    for (std::uint32_t i = 0; i < examined_gets; ++i) get(run, number, any_key(run));
  }

 private:
  std::uint32_t any_node(Run& run) {
    return static_cast<std::uint32_t>(rng_.below(run.plan().nodes));
  }
  std::uint32_t any_item() { return static_cast<std::uint32_t>(rng_.below(spec_.items)); }
  /// Drawn one after the other: in which order arguments are made is the compiler's choice.
  Bytes any_key(Run& run) {
    const std::uint32_t author = any_node(run);
    return sealed_key(author, any_item());
  }

  template <class Start, class Then>
  void look_up(Run& run, std::uint32_t number, std::string_view operation, std::string what,
               Start&& start, const Then& then) {
    const Ticket ticket = run.begin(number, operation, allowed, std::move(what));
    run.fleet().node(number).wiring().dht().look_up(
        std::forward<Start>(start), [&run, ticket, then](const dht::LookupDone& done) {
          Ending ending{.messages = done.facts.messages};
          then(done, ending);
          run.end(ticket, ending);
        });
  }

  void put(Run& run, std::uint32_t number, std::uint32_t item, std::uint64_t version) {
    const Bytes key = sealed_key(number, item);
    const Bytes value = seal(key.view(), version, spec_.text + " " + std::to_string(number));
    run.tell(Published{number, key, value, version});
    look_up(
        run, number, "put", text_of(key),
        [&](dht::Dht& dht, Now now) { return dht.put(now, key, value); },
        [&run, number, key, value, version](const dht::LookupDone& done, Ending& ending) {
          const auto* stored = std::get_if<dht::Stored>(&done.result);
          ending.is_good = stored != nullptr && stored->count > 0;
          ending.text = stored == nullptr ? "refused"
                                          : "stored on " + std::to_string(stored->count) + " of " +
                                                std::to_string(stored->of);
          if (ending.is_good) run.tell(Acknowledged{number, key, value, stored->count, version});
        });
  }

  void get(Run& run, std::uint32_t number, const Bytes& key) {
    look_up(
        run, number, "get", text_of(key),
        [&](dht::Dht& dht, Now now) { return dht.get(now, key, {spec_.quorum}); },
        [&run, number, key, since = run.now()](const dht::LookupDone& done, Ending& ending) {
          const auto* value = std::get_if<dht::Value>(&done.result);
          ending.is_good = value != nullptr;
          ending.text = value != nullptr ? "found" : "not found";
          if (value == nullptr) return run.tell(NotFound{number, key, since});
          const auto version = open_sealed(key.view(), value->value.view());
          run.tell(
              Delivered{number, key, value->value, version.value_or(0), since, value->answers});
        });
  }

  void find_nearest(Run& run, std::uint32_t number) {
    const Bytes key = Bytes::copy("nearest " + std::to_string(rng_.next()));
    look_up(
        run, number, "find", text_of(key),
        [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, key.view()); },
        [&run, number, key, since = run.now()](const dht::LookupDone& done, Ending& ending) {
          FoundNearest fact{.node = number, .key = key, .asked_at = since};
          if (const auto* peers = std::get_if<dht::Peers>(&done.result))
            for (const PeerInfo& peer : peers->nearest) fact.peers.push_back(peer.id);
          ending.is_good = !fact.peers.empty();
          ending.text = std::to_string(fact.peers.size()) + " nodes";
          run.tell(fact);
        });
  }

  void find_peer(Run& run, std::uint32_t number) {
    const std::uint32_t wanted = any_node(run);
    look_up(
        run, number, "find_peer", "node " + std::to_string(wanted),
        [&](dht::Dht& dht, Now now) { return dht.find_peer(now, run.fleet().peer_of(wanted)); },
        [](const dht::LookupDone& done, Ending& ending) {
          ending.is_good = std::holds_alternative<dht::PeerFound>(done.result);
          ending.text = ending.is_good ? "found" : "not found";
        });
  }

  static std::string text_of(const Bytes& key) { return std::string(as_text(key.view())); }

  const WorkloadSpec spec_;
  Rng rng_;
  /// What the users of each node remember, whatever becomes of the node: versions by item.
  std::map<std::uint32_t, std::vector<std::uint64_t>> versions_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_dht(const WorkloadSpec& spec, Rng rng) {
  return std::make_unique<DhtWorkload>(spec, rng);
}

}  // namespace mycel::sim
