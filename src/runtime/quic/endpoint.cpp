#include "runtime/quic/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"

namespace mycel::quic {
namespace {

/// Trains that one connection may send before the others have their turn.
constexpr int trains_per_turn = 16;
/// Rounds of telling and sending before other parts of the node have their turn.
constexpr int rounds_per_turn = 4;
/// How long a stream's end without bytes may wait for company. An answer is complete without it,
/// and on its own it costs both sides a wake-up.
constexpr Duration patience = 20ms;
/// How long the acknowledgement of one packet may wait for a next question or answer to travel
/// with. It tells how long it waited, so round trips are not taken for longer.
constexpr Duration patience_with_one = 5ms;

}  // namespace

Endpoint::Endpoint(const Config& config, const crypto::Ed25519PrivateKey& identity,
                   ports::Timers& timers, ports::Entropy& entropy)
    : shared_(config, identity, timers, entropy),
      stateless_(shared_.random, shared_.secret),
      admission_(shared_.config),
      tombstones_(config.connections_max),
      outbox_(shared_.counters, [this] { request_turn(); }) {}

Endpoint::~Endpoint() {
  for (ports::Datagrams* socket : sockets_) {
    socket->on_receive([](std::span<const ports::Datagram>) {});
    socket->on_writable([] {});
  }
  shared_.timers.cancel(timer_);
  shared_.timers.cancel(turn_timer_);
}

void Endpoint::add_socket(ports::Datagrams& socket) {
  sockets_.push_back(&socket);
  socket.on_receive(
      [this, &socket](std::span<const ports::Datagram> batch) { receive(socket, batch); });
}

Connection* Endpoint::find(ConnectionId id) const {
  const auto found = connections_.find(id.value());
  return found == connections_.end() ? nullptr : found->second.get();
}

Connection* Endpoint::find_open(ConnectionId id) const {
  Connection* connection = find(id);
  if (connection == nullptr || !connection->is_connected() || connection->is_over()) return nullptr;
  return connection;
}

Connection& Endpoint::add(std::unique_ptr<Connection> connection) {
  Connection& added = *connection;
  connections_.emplace(added.id().value(), std::move(connection));
  touch(added);
  return added;
}

ports::Datagrams* Endpoint::socket_for(const ports::Endpoint& remote) const {
  const auto fits = [&](const ports::Datagrams* socket) {
    const ports::Endpoint local = socket->local();
    if (local.family != remote.family) return false;
    // A socket on one address of the machine does not reach loopback, and the other way round.
    return is_unspecified(local) || is_loopback(local) == is_loopback(remote);
  };
  const auto found = std::ranges::find_if(sockets_, fits);
  return found == sockets_.end() ? nullptr : *found;
}

ConnectionId Endpoint::dial(const Multiaddr& address, std::optional<PeerId> expected) {
  const ConnectionId id = ids_.next();
  const auto remote = to_endpoint(address);
  ports::Datagrams* socket = remote ? socket_for(*remote) : nullptr;
  if (socket == nullptr) {
    refuse_dial(id, ports::CloseReason::address_unsupported, "no socket leads there");
  } else if (is_closing_) {
    refuse_dial(id, ports::CloseReason::refused, "closing");
  } else if (connections_.size() >= shared_.config.connections_max) {
    shared_.counters.refused_connections += 1;
    refuse_dial(id, ports::CloseReason::refused, "connections_max");
  } else if (is_unspecified(*remote) || remote->port == 0) {
    refuse_dial(id, ports::CloseReason::address_unsupported, "nobody has this address");
  } else {
    add(Connection::dial(shared_, id, {socket, socket->local(), *remote}, std::move(expected),
                         shared_.timers.now()));
  }
  return id;
}

void Endpoint::refuse_dial(ConnectionId id, ports::CloseReason reason, std::string text) {
  shared_.events.push(ClosedEvent{id, {reason, 0, std::move(text)}});
  request_turn();
}

void Endpoint::close_all(std::uint64_t code, std::string_view reason) {
  is_closing_ = true;
  for (const auto& [id, connection] : connections_) {
    connection->close(code, reason);
    touch(*connection);
  }
}

Counters Endpoint::stats() const {
  Counters counters = shared_.counters;
  counters.connections_open = connections_.size();
  counters.handshakes_pending = admission_.pending();
  counters.tombstones = tombstones_.size();
  for (const auto& [id, connection] : connections_)
    counters.packets_lost += connection->packets_lost();
  return counters;
}

void Endpoint::touch(Connection& connection) {
  connection.is_urgent = true;
  touch_in_passing(connection);
}

void Endpoint::touch_in_passing(Connection& connection) {
  if (connection.is_dirty) return;
  connection.is_dirty = true;
  dirty_.push_back(connection.id());
  request_turn();
}

void Endpoint::touch_later(Connection& connection) {
  connection.flush_by(shared_.timers.now().instant + patience);
  set_deadline(connection);
  if (!is_in_turn_) arm();
}

void Endpoint::request_turn() {
  if (is_turn_requested_ || is_in_turn_) return;
  is_turn_requested_ = true;
  turn_timer_ = shared_.timers.call_at(shared_.timers.now().instant, [this] {
    is_turn_requested_ = false;
    run_turn();
  });
}

void Endpoint::run_turn() {
  check(!is_in_turn_, "turns do not nest");
  is_in_turn_ = true;
  for (int round = 0; round < rounds_per_turn; ++round) {
    settle();
    deliver();
    flush();
    if (shared_.events.empty() && dirty_.empty()) break;
  }
  is_in_turn_ = false;
  // Behind a full socket there is nothing to do until it has room.
  if (!shared_.events.empty() || (!dirty_.empty() && outbox_.is_open())) request_turn();
  arm();
}

void Endpoint::settle() {
  for (const ConnectionId id : dirty_)
    if (Connection* connection = find(id)) connection->settle();
}

void Endpoint::deliver() {
  events_.clear();
  shared_.events.take(events_);
  for (Event& event : events_) tell(event);
  events_.clear();
}

void Endpoint::tell(Event& event) {
  const auto listens = [this](ConnectionId id) {
    const Connection* connection = find(id);
    return connection != nullptr && !connection->is_silenced();
  };
  const auto hears = [&](ports::StreamKey stream) {
    return listens(stream.connection) && find(stream.connection)->streams().is_heard(stream.stream);
  };
  check(observer_ != nullptr, "somebody observes the transport before it is used");
  ports::LinksObserver& observer = *observer_;
  if (auto* connected = std::get_if<ConnectedEvent>(&event)) {
    if (listens(connected->connection))
      observer.on_connected(connected->connection, connected->what);
  } else if (auto* closed = std::get_if<ClosedEvent>(&event)) {
    observer.on_closed(closed->connection, closed->why);
  } else if (auto* path = std::get_if<PathEvent>(&event)) {
    if (listens(path->connection)) observer.on_path(path->connection, path->what);
  } else if (auto* available = std::get_if<StreamsAvailableEvent>(&event)) {
    if (listens(available->connection)) observer.on_streams_available(available->connection);
  } else if (auto* stream = std::get_if<StreamEvent>(&event)) {
    if (hears(stream->stream)) observer.on_stream(stream->stream);
  } else if (auto* data = std::get_if<DataEvent>(&event)) {
    if (hears(data->stream))
      observer.on_data(data->stream, Bytes(std::move(data->bytes)), data->is_last);
  } else if (auto* writable = std::get_if<WritableEvent>(&event)) {
    if (hears(writable->stream)) observer.on_writable(writable->stream);
  } else if (auto* reset = std::get_if<ResetEvent>(&event)) {
    if (!hears(reset->stream)) return;
    find(reset->stream.connection)->streams().on_told_reset(reset->stream.stream);
    observer.on_reset(reset->stream, reset->code);
  } else if (auto* over = std::get_if<StreamOverEvent>(&event)) {
    if (Connection* connection = find(over->stream.connection))
      connection->streams().forget(over->stream.stream);
  }
}

void Endpoint::flush() {
  if (!outbox_.is_open()) return;
  flushing_.clear();
  flushing_.swap(dirty_);
  for (std::size_t i = 0; i < flushing_.size(); ++i) {
    if (!outbox_.is_open()) {
      dirty_.insert(dirty_.end(), flushing_.begin() + static_cast<std::ptrdiff_t>(i),
                    flushing_.end());
      break;
    }
    if (Connection* connection = find(flushing_[i])) {
      connection->is_dirty = false;
      const bool is_urgent = std::exchange(connection->is_urgent, false);
      if (!is_urgent && connection->owes_one_acknowledgement())
        rest(*connection);
      else
        flush(*connection);
    }
  }
}

// All that rest wake together, so that many acknowledgements cost one turn.
void Endpoint::rest(Connection& connection) {
  const Instant now = shared_.timers.now().instant;
  if (rest_ends_ <= now) rest_ends_ = now + patience_with_one;
  connection.rest_until(rest_ends_);
  set_deadline(connection);
}

void Endpoint::flush(Connection& connection) {
  const Now now = shared_.timers.now();
  int trains = 0;
  while (outbox_.is_open()) {
    const auto train = connection.next_train(outbox_.buffer(), now);
    if (!train) break;
    outbox_.send(*train);
    if (++trains == trains_per_turn) break;
  }
  if (trains == trains_per_turn || !outbox_.is_open()) touch(connection);
  update_admission(connection);
  if (connection.is_over()) return retire(connection);
  set_deadline(connection);
}

void Endpoint::update_admission(Connection& connection) {
  if (!connection.admitted_as || (!connection.is_connected() && !connection.is_over())) return;
  admission_.release(*connection.admitted_as);
  connection.admitted_as.reset();
}

void Endpoint::retire(Connection& connection) {
  const Now now = shared_.timers.now();
  Bytes farewell = connection.farewell(now);
  if (!farewell.empty())
    outbox_.try_send(connection.path(),
                     {reinterpret_cast<const std::uint8_t*>(farewell.data()), farewell.size()});
  tombstones_.bury(connection.cids(), connection.first_cid(), std::move(farewell),
                   now.instant + connection.linger());
  shared_.counters.packets_lost += connection.packets_lost();
  deadlines_.cancel(connection.deadline);
  connections_.erase(connection.id().value());
}

void Endpoint::set_deadline(Connection& connection) {
  const Instant due = connection.next_expiry();
  if (due == connection.deadline_at) return;
  deadlines_.cancel(connection.deadline);
  connection.deadline = due == never ? DeadlineId() : deadlines_.add(due, connection.id());
  connection.deadline_at = due;
}

void Endpoint::arm() {
  const Instant due = std::min(deadlines_.next(), tombstones_.next_deadline());
  // A timer that comes too early is cheaper than a new one for each packet.
  if (due == never || due >= timer_at_) return;
  shared_.timers.cancel(timer_);
  timer_at_ = due;
  timer_ = shared_.timers.call_at(due, [this] { on_timer(); });
}

void Endpoint::on_timer() {
  timer_at_ = never;
  const Now now = shared_.timers.now();
  tombstones_.expire(now.instant);
  while (const auto id = deadlines_.pop_due(now.instant)) {
    Connection* connection = find(*id);
    if (connection == nullptr) continue;
    connection->deadline = DeadlineId();
    connection->deadline_at = never;
    connection->on_expiry(now);
    touch(*connection);
  }
  run_turn();
}

}  // namespace mycel::quic
