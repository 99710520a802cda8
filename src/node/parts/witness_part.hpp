#pragma once
// Witnesses of operations in a node: the machine, the wire, the DHT that finds who was drawn, and
// the workers that sign and check.

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "foundation/model/evidence.hpp"

#include "protocol/dht/dht.hpp"
#include "protocol/dht/witness/witnesses.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"
#include "runtime/ports/signatures.hpp"

namespace mycel::parts {

/// What the part asks of the rest of the node; the wiring says whom.
struct WitnessEdges {
  using OnLookup = std::function<void(const dht::LookupDone&)>;
  /// Looks up the nearest nodes to a key of the DHT.
  std::function<void(const Bytes& key, OnLookup)> find_nearest;
  std::function<const dht::RoutingTable&()> table;
  std::function<const Multiaddr*(const PeerId&)> remote;  ///< null: it is not connected
  std::function<std::optional<Duration>(const PeerId&)> round_trip;
  /// Where those who may be asked are said to be.
  std::function<void(const PeerInfo&)> on_addresses;
  std::function<dht::witness::Trust(const PeerId&)> trust_in;  ///< 0: convicted
};

class WitnessPart final : public links::RequestsObserver {
 public:
  /// Witnessed and Evidence; the rest goes to whoever asked.
  using OnEvent = std::function<void(const dht::witness::Event&)>;

  WitnessPart(PartPorts ports, dht::witness::Config config, Rng rng, links::Switch& streams,
              links::ConnectionSource& connections, ports::Signatures& signatures,
              WitnessEdges edges, OnEvent on_event);
  WitnessPart(const WitnessPart&) = delete;
  WitnessPart& operator=(const WitnessPart&) = delete;

  /// Takes up what the store remembers; from the next slot on, this node attests.
  Result<void, ports::StoreError> load();

  /// Has an operation of this node witnessed. `then` gets the proof that the target accepted.
  void collect(const dht::witness::Ask& ask,
               Then<dht::witness::Verified<dht::witness::Proof>> then);

  void on_reachable(const PeerId& peer, ConnectionId connection) {
    requests_.on_reachable(peer, connection);
  }
  void on_unreachable(const PeerId& peer) { requests_.on_unreachable(peer); }

  // For liars of the simulator: see Driver.
  void bend(drive::Bend<dht::witness::Output> bend) { driver_.bend(std::move(bend)); }
  void stir() { driver_.stir(); }

  const dht::witness::Witnesses& machine() const { return driver_.machine(); }

 private:
  void on_answer(RequestId request, Bytes body) override;
  void on_failure(RequestId request, RequestFailure why) override;
  void on_request(links::InboundRequest request) override;

  dht::witness::Surroundings surroundings() const;
  void perform_early(dht::witness::Output& output);
  void perform(dht::witness::Output& output);
  void check(dht::witness::Check& what);
  void sign(const dht::witness::Sign& what);
  void search(const dht::witness::Search& what);
  dht::witness::RegionNumber region_of(const PeerInfo& peer) const;
  void on_event(const dht::witness::Event& event);

  PartPorts ports_;
  PeerId self_;
  ports::Signatures& signatures_;
  WitnessEdges edges_;
  OnEvent on_event_;
  std::map<dht::witness::CollectionId, Then<dht::witness::Verified<dht::witness::Proof>>> waiting_;
  links::Requests requests_;
  drive::Driver<dht::witness::Witnesses, dht::witness::Output> driver_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace mycel::parts
