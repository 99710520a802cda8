#pragma once
// What a node is made of, and what it needs of the world: the same for the program and for the
// simulator.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "foundation/base/log.hpp"

#include "node/parts/cards_part.hpp"
#include "node/parts/connect_part.hpp"
#include "node/parts/cross_check_part.hpp"
#include "node/parts/dht_part.hpp"
#include "node/parts/hello_part.hpp"
#include "node/parts/identify_part.hpp"
#include "node/parts/ping_part.hpp"
#include "node/parts/shared_part.hpp"
#include "node/parts/trust_part.hpp"
#include "node/parts/witness_part.hpp"

namespace mycel {

struct NodePorts {
  ports::Timers& timers;
  ports::Links& links;
  ports::Store& store;
  ports::Names& names;
  parts::AgentKeys& agent_keys;
  Log log;
  /// Of the peer key (Ed25519, number 0) and the attestation key (ML-DSA-65, number 0).
  ports::Signatures* signatures = nullptr;
};

struct NodeSetup {
  PeerId self;
  std::uint64_t seed = 0;  ///< of the machines' randomness
  connect::Config connect;
  /// None: a plain libp2p node, which asks nobody for a hello and says none.
  std::optional<session::HelloConfig> hello = session::HelloConfig{};
  session::IdentifyConfig identify;
  session::PingConfig ping;
  parts::DhtSetup dht;  ///< the namespaces of cards, parts and shared records are added
  /// Only members of the closed network enter the DHT's table and are believed in its lookups.
  bool are_ids_certified = false;
  agents::Config cards;
  Addresses join;
  Addresses announce;  ///< told to others instead of what is listened on
  /// This node's signed peer record over these addresses; none: it sends no record.
  std::function<Bytes(const Addresses&, UnixTime)> seal_peer_record;
  /// None, or no signatures among the ports: this node neither witnesses nor asks witnesses.
  std::optional<dht::witness::Config> witness;
  /// None: what peers say of their neighbours is not compared.
  std::optional<dht::CrossCheckConfig> cross_check;
};

}  // namespace mycel
