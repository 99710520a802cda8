#pragma once
// Connections of a node: the connector, what it dials, and who waits for it.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/connect/connector.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::parts {

class ConnectPart final : public links::ConnectionObserver, public links::ConnectionSource {
 public:
  using OnEvent = std::function<void(const connect::Event&)>;

  ConnectPart(PartPorts ports, connect::Config config, const PeerId& self, Rng rng,
              OnEvent on_event);
  ConnectPart(const ConnectPart&) = delete;
  ConnectPart& operator=(const ConnectPart&) = delete;

  std::optional<ConnectionId> want(const PeerId& peer) override;

  /// Connects to whoever answers there, or to the peer that the address names and nobody else.
  void connect(const Multiaddr& address, Then<connect::PeerConnected> then);
  /// Connects to a peer whose addresses are known.
  void connect(const PeerId& peer, Then<connect::PeerConnected> then);
  void add_addresses(const PeerInfo& peer, connect::Source source);
  void set_listening(const Addresses& addresses);
  void disconnect(const PeerId& peer);

  Result<void, ports::StoreError> load();
  const connect::Connector& connector() const { return driver_.machine(); }
  std::vector<PeerInfo> remembered(std::size_t count_max) const;

  /// For liars of the simulator: see Driver.
  void bend(drive::Bend<connect::Output> bend) { driver_.bend(std::move(bend)); }

 private:
  using Waiting = std::vector<Then<connect::PeerConnected>>;
  /// A dial of whoever answers.
  struct Stranger {
    Multiaddr address;
    Then<connect::PeerConnected> then;
  };

  void on_connected(ConnectionId id, const ports::Connected& what) override;
  void on_closed(ConnectionId id, const ports::Closed& why) override;
  void on_path(ConnectionId id, const ports::PathChanged& what) override;
  void on_streams(ConnectionId id, std::size_t open) override;

  void perform(connect::Output& output);
  void resolve(const connect::Resolve& what);
  void on_event(const connect::Event& event);
  void dial_stranger(const Multiaddr& address, Then<connect::PeerConnected> then);
  void dial_resolved(Addresses addresses, Then<connect::PeerConnected> then);

  PartPorts ports_;
  OnEvent on_event_;
  std::map<ConnectionId, connect::DialId> dials_;
  std::map<connect::DialId, ConnectionId> by_dial_;
  std::map<ConnectionId, Stranger> strangers_;
  std::map<PeerId, Waiting> waiting_;
  drive::Driver<connect::Connector, connect::Output> driver_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace mycel::parts
