#include "node/parts/connect_part.hpp"

#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_id_text.hpp"

namespace mycel::parts {
namespace {

connect::DialFailure failure_of(ports::CloseReason reason) {
  using connect::DialFailure;
  switch (reason) {
    case ports::CloseReason::local:
      return DialFailure::cancelled;
    case ports::CloseReason::remote:
      return DialFailure::refused;
    case ports::CloseReason::idle_timeout:
    case ports::CloseReason::handshake_timeout:
      return DialFailure::timeout;
    case ports::CloseReason::handshake_failed:
      return DialFailure::handshake_failed;
    case ports::CloseReason::wrong_peer:
      return DialFailure::wrong_peer;
    case ports::CloseReason::address_unsupported:
      return DialFailure::address_unsupported;
    case ports::CloseReason::unreachable:
      return DialFailure::unreachable;
    case ports::CloseReason::transport_error:
      return DialFailure::transport_error;
    case ports::CloseReason::refused:
      return DialFailure::overloaded;
  }
  return DialFailure::transport_error;
}

Refusal refusal_of(const connect::Unreachable& why) {
  std::string reason(to_text(why.reason));
  if (why.failures.size() == 1) reason = to_text(why.failures.front().failure);
  return {std::move(reason), "cannot reach " + wire::to_text(why.peer) + ": " + describe(why)};
}

Refusal refusal_of(const Multiaddr& address, const ports::Closed& why) {
  return {std::string(to_text(failure_of(why.reason))),
          "cannot reach " + wire::to_text(address) + ": " +
              std::string(ports::to_text(why.reason)) +
              (why.text.empty() ? "" : " (" + why.text + ")")};
}

}  // namespace

ConnectPart::ConnectPart(PartPorts ports, connect::Config config, const PeerId& self, Rng rng,
                         OnEvent on_event)
    : ports_(std::move(ports)),
      on_event_(std::move(on_event)),
      driver_(ports_.driver, connect::Connector(config, self, rng),
              [this](connect::Output& output) { perform(output); }) {}

std::optional<ConnectionId> ConnectPart::want(const PeerId& peer) {
  return driver_.tell(
      [&](connect::Connector& connector, Now now) { return connector.want(now, peer); });
}

void ConnectPart::connect(const Multiaddr& address, Then<connect::PeerConnected> then) {
  const auto peer = wire::peer_of(address);
  if (!peer) return dial_stranger(address, std::move(then));
  add_addresses({*peer, {wire::without_peer(address)}}, connect::Source::configured);
  connect(*peer, std::move(then));
}

void ConnectPart::connect(const PeerId& peer, Then<connect::PeerConnected> then) {
  const auto connection = driver_.tell([&](connect::Connector& connector, Now now) {
    return connector.want(now, peer, connect::Urgency::forced);
  });
  if (!connection) return waiting_[peer].push_back(std::move(then));
  for (const auto& status : connector().connections()) {
    if (status.connection != *connection) continue;
    ports_.events.post([then = std::move(then),
                        connected = connect::PeerConnected{peer, *connection, status.direction,
                                                           status.remote}] { then(connected); });
    return;
  }
}

void ConnectPart::add_addresses(const PeerInfo& peer, connect::Source source) {
  driver_.tell(
      [&](connect::Connector& connector, Now now) { connector.add_addresses(now, peer, source); });
}

void ConnectPart::set_listening(const Addresses& addresses) {
  driver_.tell([&](connect::Connector& connector, Now) { connector.on_listening(addresses); });
}

void ConnectPart::disconnect(const PeerId& peer) {
  driver_.tell([&](connect::Connector& connector, Now now) { connector.disconnect(now, peer); });
}

Result<void, ports::StoreError> ConnectPart::load() {
  return ports_.driver.store.scan(Table::peers, {}, [this](ByteView key, ByteView value) {
    const auto peer = driver_.tell([&](connect::Connector& connector, Now now) {
      return connector.load_peer(now, key, value);
    });
    if (!peer)
      ports_.log.warn("a remembered peer cannot be read", {{"fault", to_text(peer.error())}});
    return true;
  });
}

std::vector<PeerInfo> ConnectPart::remembered(std::size_t count_max) const {
  return connector().remembered_peers(count_max);
}

// Whoever answers at an address that names nobody is welcome: its handshake says who it is.
void ConnectPart::dial_stranger(const Multiaddr& address, Then<connect::PeerConnected> then) {
  if (!wire::dns_name(address)) return dial_resolved({address}, std::move(then));
  ports_.names.resolve(address, [this, alive = std::weak_ptr<int>(alive_), then = std::move(then)](
                                    Result<Addresses, ports::NameError> addresses) {
    if (alive.expired()) return;
    if (!addresses) return then(Err{Refusal{"name_unresolved", addresses.error().text}});
    dial_resolved(std::move(*addresses), then);
  });
}

// One after the other: a name has few addresses, and the first is usually good.
void ConnectPart::dial_resolved(Addresses addresses, Then<connect::PeerConnected> then) {
  if (addresses.empty()) return then(Err{Refusal{"name_unresolved", "the name has no address"}});
  const Multiaddr first = addresses.front();
  addresses.erase(addresses.begin());
  const auto peer = wire::peer_of(first);  // a dnsaddr may say whom to expect
  const ConnectionId id = ports_.links.dial(wire::without_peer(first), peer);
  strangers_[id] = {first, [this, rest = std::move(addresses), then = std::move(then)](
                               Result<connect::PeerConnected, Refusal> result) {
                      if (result || rest.empty()) return then(std::move(result));
                      dial_resolved(rest, then);
                    }};
}

void ConnectPart::on_connected(ConnectionId id, const ports::Connected& what) {
  connect::Connection connection{
      .peer = what.peer, .remote = what.remote, .direction = what.direction, .dial = std::nullopt};
  if (const auto dial = dials_.extract(id)) {
    connection.dial = dial.mapped();
    by_dial_.erase(dial.mapped());
  }
  const auto stranger = strangers_.extract(id);
  driver_.tell(
      [&](connect::Connector& connector, Now now) { connector.on_connected(now, id, connection); });
  if (stranger)
    stranger.mapped().then(connect::PeerConnected{what.peer, id, what.direction, what.remote});
}

void ConnectPart::on_closed(ConnectionId id, const ports::Closed& why) {
  if (const auto stranger = strangers_.extract(id))
    return stranger.mapped().then(Err{refusal_of(stranger.mapped().address, why)});
  if (const auto dial = dials_.extract(id)) {
    by_dial_.erase(dial.mapped());
    driver_.tell([&](connect::Connector& connector, Now now) {
      connector.on_dial_failed(now, dial.mapped(), failure_of(why.reason), why.text);
    });
    return;
  }
  driver_.tell([&](connect::Connector& connector, Now now) {
    why.text.empty() ? connector.on_closed(now, id) : connector.on_closed(now, id, why.text);
  });
}

// To everybody else it is as if a new connection from there had taken the old one's place.
void ConnectPart::on_path(ConnectionId id, const ports::PathChanged& what) {
  ports_.log.info("a connection moved",
                  {{"connection", id.value()}, {"remote", wire::to_text(what.remote)}});
  for (const connect::ConnectionStatus& status : driver_.machine().connections())
    if (status.connection == id && driver_.machine().connection_of(status.peer) == id)
      on_event_(connect::ConnectionReplaced{status.peer, id, id, status.direction, what.remote});
}

// Only the first and the last stream make a difference: a connection is idle or it is not.
void ConnectPart::on_streams(ConnectionId id, std::size_t open) {
  if (open > 1) return;
  driver_.tell(
      [&](connect::Connector& connector, Now now) { connector.on_streams(now, id, open); });
}

void ConnectPart::perform(connect::Output& output) {
  for (const connect::Resolve& what : output.resolve) resolve(what);
  for (const connect::Dial& dial : output.dials) {
    const ConnectionId id = ports_.links.dial(dial.address, dial.peer);
    dials_[id] = dial.id;
    by_dial_[dial.id] = id;
  }
  for (const connect::DialId dial : output.abandons) {
    const auto entry = by_dial_.find(dial);
    if (entry != by_dial_.end()) ports_.links.close(entry->second, connect::normal_close, "");
  }
  for (const connect::Close& close : output.closes)
    ports_.links.close(close.connection, close.code, close.reason);
  for (connect::Event& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event(event); });
}

void ConnectPart::resolve(const connect::Resolve& what) {
  ports_.names.resolve(what.address, [this, alive = std::weak_ptr<int>(alive_), token = what.token](
                                         Result<Addresses, ports::NameError> addresses) {
    if (alive.expired()) return;
    if (!addresses) ports_.log.info("a name has no address", {{"why", addresses.error().text}});
    driver_.tell([&](connect::Connector& connector, Now now) {
      connector.on_resolved(now, token, addresses ? *addresses : Addresses{});
    });
  });
}

void ConnectPart::on_event(const connect::Event& event) {
  on_event_(event);
  if (const auto* connected = std::get_if<connect::PeerConnected>(&event)) {
    if (const auto waiting = waiting_.extract(connected->peer))
      for (const auto& then : waiting.mapped()) then(*connected);
  } else if (const auto* unreachable = std::get_if<connect::Unreachable>(&event)) {
    if (const auto waiting = waiting_.extract(unreachable->peer))
      for (const auto& then : waiting.mapped()) then(Err{refusal_of(*unreachable)});
  }
}

}  // namespace mycel::parts
