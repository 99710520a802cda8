#pragma once
// Makes a node of its parts: who hears whom stands in wiring.cpp, one line an edge, and nowhere
// else. It knows only ports, so the program and the simulator run the same node.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/counters.hpp"

#include "node/node_ports.hpp"

namespace mycel {

class Wiring {
 public:
  Wiring(NodePorts ports, const NodeSetup& setup);
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  /// Takes up what the store remembers and enters the mesh. `listening` are the bound addresses,
  /// with the machine's own in place of wildcards.
  Result<void, ports::StoreError> start(const Addresses& listening);

  // What users ask of the parts.
  parts::ConnectPart& connections() { return connect_; }
  parts::DhtPart& dht() { return dht_; }
  parts::CardsPart& cards() { return cards_; }
  parts::SharedPart& shared() { return shared_; }
  parts::PingPart& ping() { return ping_; }
  /// None when this node takes no part in witnessing.
  parts::WitnessPart* witness() { return witness_.get(); }
  /// None when this node takes no part in witnessing, whose lies are what can be proved.
  parts::TrustPart* trust() { return trust_.get(); }
  const parts::TrustPart* trust() const { return trust_.get(); }
  parts::IdentifyPart& identify_part() { return identify_; }
  const parts::ConnectPart& connections() const { return connect_; }
  const parts::DhtPart& dht() const { return dht_; }
  const parts::CardsPart& cards() const { return cards_; }
  const parts::PingPart& ping() const { return ping_; }
  /// Connects to a peer wherever it is: known addresses first, then those the DHT finds.
  void reach(const PeerId& peer, const parts::Then<connect::PeerConnected>& then);
  /// Offers a value to the nodes nearest to its key without asking this node's own rules: each of
  /// them judges by its own.
  void put_unchecked(const Bytes& key, const Bytes& value,
                     std::function<void(const dht::Stored&)> then);
  /// Whether a connected peer speaks `protocol`: opens a stream for it and gives it up again.
  void probe_protocol(ConnectionId connection, const std::string& protocol,
                      const parts::Then<bool>& then);

  const PeerId& self() const { return self_; }
  /// Where others are told to find this node, without /p2p.
  const Addresses& addresses() const { return addresses_; }
  std::vector<std::string> protocols() const { return switch_.protocols(); }
  const session::Identify& identify() const { return identify_.identify(); }
  /// Who is at the other end of each connection; none on a plain libp2p node.
  const session::Hello* hello() const { return hello_ ? &hello_->machine() : nullptr; }
  /// Calls `then` once it is settled who is at the other end, or that it will not be.
  void when_settled(ConnectionId connection, parts::Then<session::Standing> then);
  /// Why the store stopped taking writes, if it did.
  const std::optional<std::string>& store_failure() const { return store_failure_; }
  void each_counter(const CounterVisitor& visit) const;

  /// Hears every event of the node: the simulator folds them and its judges look at them.
  std::function<void(std::string_view event, const PeerId& peer)> on_event;
  /// Hears every proof of witnesses that this node accepts, of its own operations and of others'.
  std::function<void(const dht::witness::Verified<dht::witness::Proof>&)> on_proof;

 private:
  class ProtocolProbe;

  // The edges.
  void on_connect_event(const connect::Event& event);
  void on_hello_event(const session::HelloEvent& event);
  void log_refusal(const session::Refused& refused);
  void on_identify_event(const session::IdentifyEvent& event);
  void on_ping_event(const session::PingEvent& event);
  void on_dht_event(const dht::Event& event);
  void on_cards_event(const agents::Event& event);
  void on_witness_event(const dht::witness::Event& event);
  void on_trust_event(const trust::Event& event);
  void on_cross_check_event(const dht::CrossCheckEvent& event);

  parts::PartPorts part_ports();
  parts::DhtSetup dht_setup(const NodeSetup& setup);
  std::unique_ptr<parts::WitnessPart> make_witness(const NodeSetup& setup);
  std::unique_ptr<parts::TrustPart> make_trust(const NodeSetup& setup);
  std::unique_ptr<parts::CrossCheckPart> make_cross_check(const NodeSetup& setup);
  void let_in(const PeerId& peer, const session::Identity& identity);
  void on_reachable(const PeerId& peer, ConnectionId connection, const Multiaddr& remote);
  void on_unreachable(const PeerId& peer);
  bool is_let_in(const PeerId& peer) const;
  bool is_member(const PeerId& peer) const;
  void enter();
  void tell_addresses();
  void tell(std::string_view event, const PeerId& peer);

  NodePorts ports_;
  PeerId self_;
  Addresses join_;
  Addresses announce_;
  std::function<Bytes(const Addresses&, UnixTime)> seal_peer_record_;
  Addresses listening_;
  Addresses addresses_;
  std::optional<std::string> store_failure_;
  Instant next_refusal_line_{};
  drive::EventQueue events_;
  parts::ConnectPart connect_;
  links::Switch switch_;
  std::optional<parts::HelloPart> hello_;
  parts::IdentifyPart identify_;
  parts::PingPart ping_;
  parts::DhtPart dht_;
  parts::CardsPart cards_;
  parts::SharedPart shared_;
  std::unique_ptr<parts::TrustPart> trust_;
  std::unique_ptr<parts::WitnessPart> witness_;
  std::unique_ptr<parts::CrossCheckPart> cross_check_;
};

}  // namespace mycel
