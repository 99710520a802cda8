#pragma once
// What a node is made of and what it needs of the world: the same for the program and the simulator.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/log.hpp"
#include "protocol/agents/cards.hpp"
#include "protocol/connect/connector.hpp"
#include "protocol/dht/dht.hpp"
#include "protocol/session/identify.hpp"
#include "protocol/session/ping.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/ports/names.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/ports/timers.hpp"

namespace mycel {

struct NodePorts {
  ports::Timers& timers;
  ports::Links& links;
  ports::Store& store;
  ports::Names& names;
  Log log;
};

/// Signs with an agent's key, made on first use; `then` is called later, never from inside.
class AgentKeys {
 public:
  using Signed = std::function<void(Result<Bytes, std::string>)>;

  virtual Result<std::string, std::string> did_of(const std::string& key) = 0;
  virtual void sign(const std::string& key, const Bytes& bytes, Signed then) = 0;

 protected:
  ~AgentKeys() = default;
};

struct NodeSetup {
  PeerId self;
  std::uint64_t seed = 0;  ///< of the machines' randomness
  connect::Config connect;
  session::IdentifyConfig identify;
  session::PingConfig ping;
  std::string dht_protocol = "/mycel/kad/1.0.0";
  dht::Config dht;
  std::vector<dht::Namespace> namespaces;  ///< beside that of cards
  agents::Config cards;
  std::vector<Multiaddr> join;
  std::vector<Multiaddr> announce;  ///< told to others instead of what is listened on
  /// This node's signed peer record over these addresses; empty to send none.
  std::function<Bytes(const std::vector<Multiaddr>&, UnixTime)> seal_peer_record;
};

}  // namespace mycel
