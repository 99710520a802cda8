#pragma once
// Three attacks on lookups, each told as a table by `sim_attack`.

#include <cstdint>

#include "sim/attacks/trial.hpp"

namespace mycel::sim {

/// A share of all nodes lies from the first second, while the network grows.
struct ShareAttack {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 1000;
  std::uint32_t liars_percent = 20;
  Deceit deceit = Deceit::collude;
  std::uint32_t asks = 1000;  ///< puts, gets and lookups of nearest nodes, each way
};

/// An attacker grinds ids nearer to a key than any honest node's, several keys at a time. Records
/// are published under the attack and asked for by others.
struct RegionAttack {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 1000;
  std::uint32_t ids_per_key = 50;
  std::uint32_t keys = 5;   ///< each way
  std::uint32_t asks = 20;  ///< gets of each key
};

/// An attacker knows a newcomer's id, grinds ids near it, and calls on it in its first second with
/// these and as many others.
struct EclipseAttack {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 1000;
  std::uint32_t ids_per_victim = 50;
  std::uint32_t victims = 5;  ///< each way
  std::uint32_t asks = 20;    ///< gets of records, and lookups of nearest nodes, of each victim
};

struct AttackOutcome {
  Tallies tallies;
  /// Of the table entries of honest nodes; of an eclipse, of its victims.
  std::uint32_t liars_per_mille_in_tables = 0;
  std::uint64_t deliveries = 0;
};

AttackOutcome run(const ShareAttack& attack);
AttackOutcome run(const RegionAttack& attack);
AttackOutcome run(const EclipseAttack& attack);

struct Weight {
  std::uint64_t machine_bytes = 0;  ///< on the heap, on average
  std::uint64_t deliveries = 0;     ///< until then
};
/// What one DHT machine of such a network holds when all have joined and settled, before there are
/// records.
Weight weigh_machine(const ShareAttack& network);

}  // namespace mycel::sim
