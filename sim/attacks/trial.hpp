#pragma once
// What every attack on lookups has: a network of DHT machines whose honest nodes look for things in
// several ways, and a tally of what they found.

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "sim/attacks/crowd.hpp"
#include "sim/attacks/machines.hpp"

namespace mycel::sim {

/// How a node looks for what it wants.
struct Way {
  std::string_view name;
  std::size_t disjoint_paths = 1;
  bool is_plain = false;  ///< Kademlia as published: no regions, doubt, belief or early puts
};
inline constexpr std::array ways{Way{"plain", 1, true}, Way{"d=1", 1}, Way{"d=3", 3},
                                 Way{"d=8", 8}};
dht::Config config_of(const Way& way);

/// Valid values that a careful reader gathers: more than a third of the replicas.
inline constexpr std::size_t quorum = 7;

struct Tally {
  std::uint32_t gets = 0;
  std::uint32_t found = 0;
  std::uint32_t found_with_retry = 0;  ///< or by a second get of the same node
  std::uint32_t finds = 0;
  std::uint32_t nearest_found = 0;       ///< the honest node nearest to the key is in the result
  std::uint32_t nearest_missed = 0;      ///< honest ones of the twenty nearest that are not in it
  std::vector<dht::Facts> get_facts;     ///< that ended with the first valid value
  std::vector<dht::Facts> quorum_facts;  ///< that ended with `quorum` of them, as far as they did
  std::vector<dht::Facts> find_facts;
  std::vector<dht::Facts> put_facts;
};
using Tallies = std::array<Tally, ways.size()>;  // as `ways`

/// Ids are hashes of numbers: the n-th node's, or the n-th that a grinder tries.
PeerId id_number(std::uint64_t number);

class Trial {
 public:
  using Number = Machines::Number;

  Trial(std::uint64_t seed, Deceit deceit);

  /// Nodes that each join through three of the first sixteen; those whom `lies` names are liars,
  /// also among these doors. Of its three doors every node has one that does not lie.
  void grow(std::uint32_t count, const std::function<bool(Number)>& lies);
  /// Joins as the others do.
  Number join(const PeerId& id, bool is_liar);

  /// An honest node that looks in this way; only those who joined by grow() do.
  Number any_honest(std::size_t way);
  Bytes any_key();
  void put(Number author, const Bytes& key);
  void get(Number asker, const Bytes& key);
  void get_at_quorum(Number asker, const Bytes& key);
  void find(Number asker, const Bytes& key);
  /// So long that every operation has ended.
  void let_end();
  /// The nearest of all nodes, liars too, but not `except`.
  std::vector<Number> nearest(ByteView key, std::size_t count, Number except) const;
  /// Of the entries in the tables of honest nodes.
  std::uint32_t liars_per_mille_in_tables() const;
  std::uint32_t liars_per_mille_in_table(Number number) const;

  Machines& machines() { return machines_; }
  Rng& rng() { return rng_; }
  Tallies& tallies() { return tallies_; }

 private:
  static std::size_t way_of(Number number) { return number % ways.size(); }
  void get_again(Number asker, const Bytes& key);
  void judge(Number asker, const Bytes& key, const dht::LookupDone& done);

  Machines machines_;
  Crowd crowd_;
  Rng rng_;
  std::uint32_t grown_ = 0;
  Tallies tallies_;
};

}  // namespace mycel::sim
