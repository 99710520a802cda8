#include "sim/attacks/trial.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "foundation/crypto/hash.hpp"

#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint32_t doors = 16;
constexpr std::size_t doors_tried = 3;
constexpr Duration between_joins = 5ms;
constexpr Duration answers_within = 65s;  // longer than any operation takes
constexpr std::size_t neighbours = 20;

}  // namespace

dht::Config config_of(const Way& way) {
  dht::Config config;
  config.lookup.disjoint_paths = way.disjoint_paths;
  if (!way.is_plain) return config;
  config.region.is_enabled = false;
  config.doubts_max = 0;
  config.confirmations_enough = 0;
  return config;
}

PeerId id_number(std::uint64_t number) {
  const crypto::Digest digest = crypto::sha256(as_bytes("node " + std::to_string(number)));
  std::vector<std::byte> multihash{std::byte{0x12}, std::byte{0x20}};
  append(multihash, digest.view());
  return *PeerId::from_multihash(multihash);
}

Trial::Trial(std::uint64_t seed, Deceit deceit)
    : machines_({.seed = seed}), crowd_(deceit), rng_(Rng(seed).fork("trial")) {
  machines_.set_twist(
      [this](const dht::Message& asked, dht::Message& answer) { crowd_.twist(asked, answer); });
}

void Trial::grow(std::uint32_t count, const std::function<bool(Number)>& lies) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto next = static_cast<Number>(machines_.size());
    join(id_number(next), next > 0 && lies(next));
    machines_.run_for(between_joins);
  }
  grown_ = static_cast<std::uint32_t>(machines_.size());
}

Trial::Number Trial::join(const PeerId& id, bool is_liar) {
  const auto next = static_cast<Number>(machines_.size());
  const Number number = machines_.add(id, config_of(ways[way_of(next)]));
  if (is_liar) {
    machines_.make_liar(number);
    crowd_.add(machines_.peer(number));
  }
  const std::uint32_t choice = std::min(number, doors);
  for (std::size_t tried = 0; number > 0 && tried < doors_tried; ++tried) {
    auto door = static_cast<Number>(rng_.below(choice));
    while (tried == 0 && machines_.is_liar(door)) door = (door + 1) % choice;
    machines_.introduce(number, door);
  }
  machines_.bootstrap(number);
  return number;
}

Trial::Number Trial::any_honest(std::size_t way) {
  for (;;) {
    const auto number = static_cast<Number>(rng_.below(grown_));
    if (!machines_.is_liar(number) && way_of(number) == way) return number;
  }
}

Bytes Trial::any_key() {
  std::vector<std::byte> drawn(32);
  rng_.fill(drawn);
  return Bytes(std::move(drawn));
}

void Trial::put(Number author, const Bytes& key) {
  Tally& tally = tallies_[way_of(author)];
  machines_.look_up(
      author, [&](dht::Dht& dht, Now now) { return dht.put(now, key, seal(key, 1, {})); },
      [&tally](const dht::LookupDone& done) { tally.put_facts.push_back(done.facts); });
}

void Trial::get(Number asker, const Bytes& key) {
  Tally& tally = tallies_[way_of(asker)];
  tally.gets += 1;
  machines_.look_up(
      asker, [&](dht::Dht& dht, Now now) { return dht.get(now, key); },
      [this, asker, key, &tally](const dht::LookupDone& done) {
        tally.get_facts.push_back(done.facts);
        const bool is_found = std::holds_alternative<dht::Value>(done.result);
        tally.found += is_found ? 1 : 0;
        tally.found_with_retry += is_found ? 1 : 0;
        if (!is_found) get_again(asker, key);
      });
}

void Trial::get_at_quorum(Number asker, const Bytes& key) {
  Tally& tally = tallies_[way_of(asker)];
  machines_.look_up(
      asker, [&](dht::Dht& dht, Now now) { return dht.get(now, key, {.quorum = quorum}); },
      [&tally](const dht::LookupDone& done) {
        const auto* value = std::get_if<dht::Value>(&done.result);
        if (value != nullptr && value->answers >= quorum) tally.quorum_facts.push_back(done.facts);
      });
}

void Trial::get_again(Number asker, const Bytes& key) {
  Tally& tally = tallies_[way_of(asker)];
  machines_.look_up(
      asker, [&](dht::Dht& dht, Now now) { return dht.get(now, key); },
      [&tally](const dht::LookupDone& done) {
        tally.found_with_retry += std::holds_alternative<dht::Value>(done.result) ? 1 : 0;
      });
}

void Trial::find(Number asker, const Bytes& key) {
  Tally& tally = tallies_[way_of(asker)];
  tally.finds += 1;
  machines_.look_up(
      asker, [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, key.view()); },
      [this, asker, key, &tally](const dht::LookupDone& done) {
        tally.find_facts.push_back(done.facts);
        judge(asker, key, done);
      });
}

void Trial::judge(Number asker, const Bytes& key, const dht::LookupDone& done) {
  Tally& tally = tallies_[way_of(asker)];
  const auto* peers = std::get_if<dht::Peers>(&done.result);
  bool is_nearest = true;
  for (const Number number : nearest(key.view(), neighbours, asker)) {
    if (machines_.is_liar(number)) continue;
    const bool is_met =
        peers != nullptr && std::ranges::find(peers->nearest, machines_.peer(number).id,
                                              &PeerInfo::id) != peers->nearest.end();
    if (is_nearest) tally.nearest_found += is_met ? 1 : 0;
    is_nearest = false;
    tally.nearest_missed += is_met ? 0 : 1;
  }
}

void Trial::let_end() {
  machines_.run_for(answers_within);
}

std::vector<Trial::Number> Trial::nearest(ByteView key, std::size_t count, Number except) const {
  const dht::Key target = dht::Key::of(key);
  std::vector<std::pair<dht::Distance, Number>> all;
  for (Number number = 0; number < machines_.size(); ++number)
    if (number != except)
      all.emplace_back(distance(dht::Key::of(machines_.peer(number).id), target), number);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  std::partial_sort(all.begin(), end, all.end());
  std::vector<Number> numbers;
  for (auto each = all.begin(); each != end; ++each) numbers.push_back(each->second);
  return numbers;
}

std::uint32_t Trial::liars_per_mille_in_table(Number number) const {
  std::uint32_t liars = 0;
  const std::vector<PeerId> peers = machines_.dht(number).table().peers();
  for (const PeerId& peer : peers) liars += machines_.is_liar(*machines_.number_of(peer)) ? 1 : 0;
  return peers.empty() ? 0 : liars * 1000 / static_cast<std::uint32_t>(peers.size());
}

std::uint32_t Trial::liars_per_mille_in_tables() const {
  std::uint64_t sum = 0;
  std::uint64_t honest = 0;
  for (Number number = 0; number < machines_.size(); ++number) {
    if (machines_.is_liar(number)) continue;
    sum += liars_per_mille_in_table(number);
    honest += 1;
  }
  return static_cast<std::uint32_t>(sum / std::max<std::uint64_t>(honest, 1));
}

}  // namespace mycel::sim
