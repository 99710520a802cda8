// Provided keys: every node says that it has something, and looks for others who have it.

#include <set>
#include <string>
#include <utility>

#include "sim/sealed_value.hpp"
#include "sim/workload.hpp"
#include "sim/world.hpp"

namespace mycel::sim {
namespace {

constexpr Duration allowed = 75s;  ///< as for records
constexpr std::uint32_t provide_percent = 30;
constexpr std::size_t wanted = 20;

/// A multihash like that of a file: SHA-256 (0x12), 32 bytes.
Bytes content_key(std::uint32_t item) {
  std::string key("\x12\x20");
  Rng draw(item + 1);
  for (int i = 0; i < 32; ++i) key += static_cast<char>(draw.below(256));
  return Bytes::copy(key);
}

class ProvidersWorkload final : public Workload {
 public:
  ProvidersWorkload(WorkloadSpec spec, Rng rng) : spec_(std::move(spec)), rng_(rng) {}

  void step(Run& run, std::uint32_t number) override {
    // A key is provided by several nodes, and every node provides its share of the keys.
    const auto other = static_cast<std::uint32_t>(rng_.below(run.plan().nodes));
    if (providing_.insert(number).second || rng_.below(100) < provide_percent)
      return provide(run, number, item_of(run, number));
    find(run, number, item_of(run, other));
  }

 private:
  std::uint32_t item_of(Run& run, std::uint32_t number) {
    const std::uint32_t keys = std::max(1U, run.plan().nodes * spec_.items / 3);
    return (number + static_cast<std::uint32_t>(rng_.below(spec_.items)) * 7) % keys;
  }

  void provide(Run& run, std::uint32_t number, std::uint32_t item) {
    const Bytes key = content_key(item);
    const Bytes self = Bytes::copy(run.fleet().peer_of(number).view());
    run.tell(Published{number, key, self, 1});
    const Ticket ticket = run.begin(number, "provide", allowed, "item " + std::to_string(item));
    run.fleet().node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.provide(now, key); },
        [&run, ticket](const dht::LookupDone& done) {
          const auto* told = std::get_if<dht::Stored>(&done.result);
          run.end(ticket,
                  {.is_good = told != nullptr && told->count > 0,
                   .messages = done.facts.messages,
                   .text = told != nullptr ? "told " + std::to_string(told->count) + " nodes"
                                           : "refused"});
        });
  }

  void find(Run& run, std::uint32_t number, std::uint32_t item) {
    const Bytes key = content_key(item);
    const Ticket ticket =
        run.begin(number, "find_providers", allowed, "item " + std::to_string(item));
    run.fleet().node(number).wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.find_providers(now, key, wanted); },
        [&run, number, key, ticket, since = run.now()](const dht::LookupDone& done) {
          const auto* found = std::get_if<dht::Providers>(&done.result);
          const std::size_t count = found != nullptr ? found->providers.size() : 0;
          for (std::size_t i = 0; i < count; ++i)
            run.tell(Delivered{number, key, Bytes::copy(found->providers[i].id.view()), 1, since});
          if (count == 0) run.tell(NotFound{number, key, since});
          run.end(ticket, {.is_good = count > 0,
                           .messages = done.facts.messages,
                           .text = std::to_string(count) + " providers"});
        });
  }

  const WorkloadSpec spec_;
  Rng rng_;
  std::set<std::uint32_t> providing_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_providers(const WorkloadSpec& spec, Rng rng) {
  return std::make_unique<ProvidersWorkload>(spec, rng);
}

}  // namespace mycel::sim
