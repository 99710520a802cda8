#pragma once
// Cross-checking of neighbours in a node: the machine, and the DHT that it asks.

#include <functional>

#include "protocol/dht/cross_check.hpp"
#include "protocol/dht/dht.hpp"

#include "node/parts/part_ports.hpp"

namespace mycel::parts {

/// What the part asks of the rest of the node; the wiring says whom.
struct CrossCheckEdges {
  using OnPeers = std::function<void(const std::optional<std::vector<PeerId>>&)>;
  /// Who answers a lookup of the key, nearest first.
  std::function<void(const Bytes& key, OnPeers)> find_nearest;
  /// Whom one peer names as nearest to the key; none: it does not answer.
  std::function<void(const PeerId& peer, const Bytes& key, OnPeers)> ask;
};

class CrossCheckPart {
 public:
  using OnEvent = std::function<void(const dht::CrossCheckEvent&)>;

  CrossCheckPart(const PartPorts& ports, const dht::CrossCheckConfig& config, Rng rng,
                 CrossCheckEdges edges, OnEvent on_event);
  CrossCheckPart(const CrossCheckPart&) = delete;
  CrossCheckPart& operator=(const CrossCheckPart&) = delete;

  void start();
  const dht::CrossCheck& machine() const { return driver_.machine(); }

 private:
  void perform(dht::CrossCheckOutput& output);

  drive::EventQueue& events_;
  CrossCheckEdges edges_;
  OnEvent on_event_;
  drive::Driver<dht::CrossCheck, dht::CrossCheckOutput> driver_;
};

}  // namespace mycel::parts
