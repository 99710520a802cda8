#include "sim/network.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel::sim {
namespace {

using ports::CloseReason;
using ports::StreamKey;

// Kinds of facts in the fingerprint.
enum Fact : std::uint64_t { dialled = 1, delivered, was_reset, was_closed, lost };

// A header of QUIC, UDP and IP; what a link of some rate carries beside the data.
constexpr std::size_t packet_overhead_bytes = 60;
// As QUIC does, a dial that hears nothing is sent again after 1, 2 and 4 seconds.
constexpr int dials_max = 4;

}  // namespace

Multiaddr Network::address_of(std::uint32_t number) {
  return to_multiaddr({.number = number});
}

Multiaddr Network::address(std::uint32_t number) const {
  return to_multiaddr(place_of(number));
}

Place Network::place_of(std::uint32_t number) const {
  const auto moved = moves_.find(number);
  return {.number = number, .moves = moved == moves_.end() ? std::uint8_t{0} : moved->second};
}

Place Network::seen_from(std::uint32_t from, std::uint32_t to) {
  Place place = place_of(from);
  const auto nat = nats_.find(from);
  if (nat == nats_.end()) return place;
  place.is_mapped = true;
  place.port = nat->second.send_to(to, world_.now().instant);
  return place;
}

std::optional<std::uint32_t> Network::listener_at(const Place& address, std::uint32_t from) const {
  const Place now = place_of(address.number);
  const VirtualLinks* links = find(address.number);
  if (links == nullptr || address.moves != now.moves) return std::nullopt;
  const auto nat = nats_.find(address.number);
  if (nat == nats_.end()) return address == now ? std::optional(address.number) : std::nullopt;
  if (!address.is_mapped) return std::nullopt;
  const bool is_let_in =
      nat->second.lets_in(from, address.port, world_.now().instant, links->connection_count() > 0,
                          links->has_connection_to(from));
  return is_let_in ? std::optional(address.number) : std::nullopt;
}

std::unique_ptr<VirtualLinks> Network::attach(std::uint32_t number, const PeerId& peer) {
  auto links = std::make_unique<VirtualLinks>(*this, number, peer);
  check(nodes_.emplace(number, links.get()).second, "a node number is attached once at a time");
  return links;
}

VirtualLinks* Network::find(std::uint32_t number) const {
  const auto entry = nodes_.find(number);
  return entry == nodes_.end() ? nullptr : entry->second;
}

void Network::set_cut(std::uint32_t a, std::uint32_t b, bool is_cut) {
  cuts_.set_one_way(a, b, is_cut);
  cuts_.set_one_way(b, a, is_cut);
  release_stalled();
}

void Network::set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut) {
  cuts_.set_one_way(from, to, is_cut);
  release_stalled();
}

void Network::set_isolated(std::uint32_t number, bool is_isolated) {
  cuts_.set_isolated(number, is_isolated);
  release_stalled();
}

void Network::set_split(std::vector<bool> side) {
  cuts_.set_split(std::move(side));
  release_stalled();
}

void Network::set_stalled(std::uint32_t a, std::uint32_t b, bool is_stalled) {
  cuts_.set_stalled(a, b, is_stalled);
  release_stalled();
}

void Network::set_rate(std::uint32_t a, std::uint32_t b, std::uint64_t bytes_per_s) {
  for (const Pair& way : {Pair{a, b}, Pair{b, a}}) {
    if (bytes_per_s == 0) {
      rates_.erase(way);
    } else {
      rates_[way].bytes_per_s = bytes_per_s;
    }
  }
}

std::size_t Network::reset_between(std::uint32_t a, std::uint32_t b) {
  VirtualLinks* const one = find(a);
  VirtualLinks* const other = find(b);
  std::size_t count = 0;
  if (one != nullptr) count = one->break_with(b);
  if (other != nullptr) count = std::max(count, other->break_with(a));
  return count;
}

Multiaddr Network::move(std::uint32_t number) {
  std::uint8_t& moves = moves_[number];
  moves = static_cast<std::uint8_t>((moves + 1) % Place::moves_max);
  for (const auto& [other, links] : nodes_) links->on_moved(number);
  return address(number);
}

void Network::set_nat(std::uint32_t number, std::optional<NatKind> kind) {
  nats_.erase(number);
  if (kind) nats_.emplace(number, *kind);
}

Duration Network::latency(std::uint32_t a, std::uint32_t b) const {
  const auto [low, high] = std::minmax(a, b);
  Rng draw(latency_seed_ ^ (std::uint64_t{low} << 32 | high));
  const auto span = static_cast<std::uint64_t>((config_.latency_max - config_.latency_min).count());
  return config_.latency_min + Duration{static_cast<Duration::rep>(draw.below(span + 1))};
}

void Network::send(std::uint32_t from, std::uint32_t to, std::size_t size, Arrival arrival) {
  Instant leaves_at = world_.now().instant;
  if (const auto nat = nats_.find(from); nat != nats_.end()) nat->second.send_to(to, leaves_at);
  if (const auto entry = rates_.find({from, to}); entry != rates_.end()) {
    Rate& rate = entry->second;
    const std::uint64_t nanoseconds =
        (size + packet_overhead_bytes) * 1'000'000'000 / rate.bytes_per_s;
    leaves_at =
        std::max(leaves_at, rate.free_at) + Duration{static_cast<Duration::rep>(nanoseconds)};
    rate.free_at = leaves_at;
  }
  world_.call_at(leaves_at + latency(from, to),
                 [this, from, to, arrival = std::move(arrival)]() mutable {
                   arrive(from, to, std::move(arrival));
                 });
}

void Network::arrive(std::uint32_t from, std::uint32_t to, Arrival arrival) {
  if (!cuts_.is_blocked(from, to)) {
    if (VirtualLinks* const node = find(to)) arrival(*node);
    return;
  }
  counts_.stalled += 1;
  stalled_.push_back({from, to, world_.now().instant, std::move(arrival)});
  world_.call_at(world_.now().instant + config_.idle_timeout, [this, from, to] {
    if (cuts_.is_blocked(from, to)) silence(from, to);
  });
}

void Network::silence(std::uint32_t a, std::uint32_t b) {
  world_.note(lost);
  for (const auto& [node, other] : {Pair{a, b}, Pair{b, a}})
    if (VirtualLinks* const links = find(node)) links->silence(other);
}

void Network::release_stalled() {
  std::vector<Stalled> waiting = std::exchange(stalled_, {});
  for (Stalled& one : waiting) {
    if (cuts_.is_blocked(one.from, one.to)) {
      stalled_.push_back(std::move(one));
    } else if (world_.now().instant - one.since < config_.idle_timeout) {
      // At once, or what was sent later and is still on its way would overtake it.
      arrive(one.from, one.to, std::move(one.arrival));
    }
  }
}

VirtualLinks::VirtualLinks(Network& network, std::uint32_t number, const PeerId& peer)
    : network_(network), number_(number), peer_(peer), timers_(network.world_) {}

// A crash. The peers notice after their idle time, since nothing tells them.
VirtualLinks::~VirtualLinks() {
  network_.nodes_.erase(number_);
  for (const auto& [own, connection] : connections_) {
    network_.world_.call_at(network_.world_.now().instant + network_.config_.idle_timeout,
                            [&network = network_, node = connection.node, far = connection.far] {
                              const auto links = network.nodes_.find(node);
                              if (links != network.nodes_.end())
                                links->second->fail(far, CloseReason::idle_timeout, 0, {});
                            });
  }
}

ConnectionId VirtualLinks::dial(const Multiaddr& address, std::optional<PeerId> expected) {
  const ConnectionId own = network_.connection_ids_.next();
  network_.counts_.dials += 1;
  network_.world_.note(dialled);
  const auto place = to_place(address);
  connections_[own] = Connection{.node = place ? place->number : number_,
                                 .remote = place.value_or(Place{}),
                                 .far = {},
                                 .expected = expected,
                                 .peer = {},
                                 .next_far_stream = 1,
                                 .streams = {}};
  if (place) send_dial(own, *place, 1);
  timers_.call_at(timers_.now().instant + network_.config_.handshake_timeout, [this, own] {
    const Connection* connection = find(own);
    if (connection != nullptr && !connection->is_open)
      fail(own, CloseReason::handshake_timeout, 0, {});
  });
  return own;
}

void VirtualLinks::send_dial(ConnectionId own, Place address, int tries) {
  const Connection* connection = find(own);
  if (connection == nullptr || connection->is_open) return;
  const Place from = network_.seen_from(number_, address.number);
  network_.send(number_, address.number, 1200,
                [&network = network_, from, address, peer = peer_, own](VirtualLinks& at) {
                  if (network.listener_at(address, from.number))
                    at.on_dialled(from.number, from, peer, own);
                });
  if (tries == dials_max) return;
  timers_.call_at(timers_.now().instant + std::chrono::seconds(1 << (tries - 1)),
                  [this, own, address, tries] { send_dial(own, address, tries + 1); });
}

void VirtualLinks::on_dialled(std::uint32_t from, Place place, const PeerId& peer,
                              ConnectionId far) {
  for (const auto& [own, connection] : connections_)
    if (connection.node == from && connection.far == far) return;  // it was sent again
  const ConnectionId own = network_.connection_ids_.next();
  connections_[own] = Connection{.node = from,
                                 .remote = place,
                                 .far = far,
                                 .expected = {},
                                 .peer = peer,
                                 .direction = Direction::inbound,
                                 .next_stream = 1,
                                 .streams = {}};
  send(connections_[own],
       [far, own, self = peer_](VirtualLinks& at) { at.on_answered(far, own, self); });
}

void VirtualLinks::on_answered(ConnectionId own, ConnectionId far, const PeerId& peer) {
  Connection* connection = find(own);
  if (connection == nullptr) return;
  connection->far = far;
  connection->peer = peer;
  if (connection->expected && *connection->expected != peer) {
    send(*connection, [far](VirtualLinks& at) { at.on_far_close(far, 0, "wrong peer"); });
    fail(own, CloseReason::wrong_peer, 0, {});
    return;
  }
  connection->is_open = true;
  send(*connection, [far](VirtualLinks& at) { at.on_finished(far); });
  observer_->on_connected(own, {peer, network_.address(number_), to_multiaddr(connection->remote),
                                Direction::outbound});
}

void VirtualLinks::on_finished(ConnectionId own) {
  Connection* connection = find(own);
  if (connection == nullptr) return;
  connection->is_open = true;
  observer_->on_connected(own, {connection->peer, network_.address(number_),
                                to_multiaddr(connection->remote), Direction::inbound});
}

std::optional<StreamKey> VirtualLinks::open(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr || !connection->is_open) return std::nullopt;
  if (connection->streams_opened == network_.config_.streams_max) {
    connection->was_out_of_streams = true;
    return std::nullopt;
  }
  connection->streams_opened += 1;
  const StreamKey key{id, connection->next_stream};
  connection->next_stream += 2;
  connection->streams.emplace(key.stream, Stream{.is_announced = true});
  return key;
}

// Writes of one instant travel together, as they would in one packet.
void VirtualLinks::write(StreamKey key, Bytes data, bool is_last) {
  Stream* stream = find(key);
  if (stream == nullptr || stream->is_sent) return;
  const Connection& connection = connections_.at(key.connection);
  const Instant now = timers_.now().instant;
  stream->unacknowledged += data.size();
  stream->is_sent = is_last;
  if (!stream->flight || stream->flight->sent_at != now ||
      network_.has_rate(number_, connection.node)) {
    stream->flight = std::make_shared<Flight>(Flight{now, {}, false});
    send(
        connection,
        [far = connection.far, stream_number = key.stream,
         flight = stream->flight](VirtualLinks& at) { at.on_flight(far, stream_number, *flight); },
        data.size());
  }
  if (!data.empty()) stream->flight->pieces.push_back(std::move(data));
  stream->flight->is_last = is_last;
  if (is_last)
    later([this, key] {
      Connection* owner = find(key.connection);
      if (owner != nullptr) end_if_done(*owner, key);
    });
}

std::size_t VirtualLinks::writable(StreamKey key) const {
  const Stream* stream = const_cast<VirtualLinks*>(this)->find(key);
  if (stream == nullptr || stream->is_sent) return 0;
  const std::size_t window = network_.config_.stream_window_bytes;
  if (stream->unacknowledged < window) return window - stream->unacknowledged;
  const_cast<Stream*>(stream)->was_full = true;
  return 0;
}

void VirtualLinks::on_flight(ConnectionId own, std::uint64_t number, const Flight& flight) {
  Connection* connection = find(own);
  if (connection == nullptr) return;
  const StreamKey key{own, number};
  if (!is_own(*connection, number)) open_far_streams(*connection, number);
  Stream* stream = find(key);
  if (stream == nullptr) return;  // we gave it up
  network_.counts_.deliveries += 1;
  Fingerprint& fingerprint = network_.world_.fingerprint();
  network_.world_.note(delivered);
  fingerprint.fold((std::uint64_t{connection->node} << 32) | number_);
  fingerprint.fold(number << 1 | (flight.is_last ? 1 : 0));
  if (!std::exchange(stream->is_announced, true)) observer_->on_stream(key);
  for (std::size_t i = 0; i < flight.pieces.size(); ++i) {
    const Bytes& piece = flight.pieces[i];
    fingerprint.fold(piece.view());
    network_.counts_.bytes += piece.size();
    if (Stream* open = find(key); open != nullptr) {
      open->unconsumed += piece.size();
      observer_->on_data(key, piece, flight.is_last && i + 1 == flight.pieces.size());
    }
  }
  if (flight.pieces.empty() && flight.is_last) observer_->on_data(key, {}, true);
  stream = find(key);
  if (stream == nullptr || !flight.is_last) return;
  stream->is_received = true;
  end_if_done(*find(own), key);
}

// As in QUIC, using a stream opens those of lower numbers too.
void VirtualLinks::open_far_streams(Connection& connection, std::uint64_t up_to) {
  for (; connection.next_far_stream <= up_to; connection.next_far_stream += 2)
    connection.streams.emplace(connection.next_far_stream, Stream{.is_announced = false});
}

void VirtualLinks::consume(StreamKey key, std::size_t count) {
  Stream* stream = find(key);
  if (stream == nullptr) return;
  check(count <= stream->unconsumed, "a received byte is consumed once");
  stream->unconsumed -= count;
  stream->consumed += count;
  if (stream->consumed < network_.config_.stream_window_bytes / 2) return;
  const Connection& connection = connections_.at(key.connection);
  send(connection,
       [far = connection.far, number = key.stream, credit = std::exchange(stream->consumed, 0)](
           VirtualLinks& at) { at.on_credit(far, number, credit); });
}

void VirtualLinks::on_credit(ConnectionId own, std::uint64_t number, std::size_t count) {
  const StreamKey key{own, number};
  Stream* stream = find(key);
  if (stream == nullptr) return;
  stream->unacknowledged -= std::min(count, stream->unacknowledged);
  if (stream->unacknowledged >= network_.config_.stream_window_bytes) return;
  if (std::exchange(stream->was_full, false)) observer_->on_writable(key);
}

void VirtualLinks::reset(StreamKey key, std::uint64_t code) {
  Connection* connection = find(key.connection);
  Stream* stream = find(key);
  if (connection == nullptr || stream == nullptr) return;
  send(*connection, [far = connection->far, number = key.stream, code](VirtualLinks& at) {
    at.on_far_reset(far, number, code);
  });
  stream->is_sent = stream->is_received = true;
  end_if_done(*connection, key);
}

void VirtualLinks::on_far_reset(ConnectionId own, std::uint64_t number, std::uint64_t code) {
  Connection* connection = find(own);
  const StreamKey key{own, number};
  Stream* stream = find(key);
  if (connection == nullptr || stream == nullptr) return;
  network_.world_.note(was_reset);
  stream->is_sent = stream->is_received = true;
  end_if_done(*connection, key);
  observer_->on_reset(key, code);
}

void VirtualLinks::close(ConnectionId own, std::uint64_t code, std::string_view reason) {
  const Connection* connection = find(own);
  if (connection == nullptr) return;
  send(*connection, [far = connection->far, code, text = std::string(reason)](VirtualLinks& at) {
    at.on_far_close(far, code, text);
  });
  connections_.erase(own);
  later([this, own, code, text = std::string(reason)] {
    observer_->on_closed(own, {CloseReason::local, code, text});
  });
}

void VirtualLinks::close_all() {
  std::vector<ConnectionId> all;
  all.reserve(connections_.size());
  for (const auto& [own, connection] : connections_) all.push_back(own);
  for (const ConnectionId own : all) close(own, 0, "");
}

void VirtualLinks::on_far_close(ConnectionId own, std::uint64_t code, const std::string& text) {
  fail(own, CloseReason::remote, code, text);
}

void VirtualLinks::fail(ConnectionId own, CloseReason reason, std::uint64_t code,
                        std::string text) {
  const Connection* connection = find(own);
  if (connection == nullptr) return;
  const bool was_known = connection->is_open || connection->direction == Direction::outbound;
  network_.world_.note(was_closed);
  connections_.erase(own);
  if (was_known) observer_->on_closed(own, {reason, code, std::move(text)});
}

void VirtualLinks::silence(std::uint32_t node) {
  std::vector<ConnectionId> silent;
  for (const auto& [own, connection] : connections_)
    if (connection.node == node) silent.push_back(own);
  for (const ConnectionId own : silent) fail(own, CloseReason::idle_timeout, 0, {});
}

std::optional<Duration> VirtualLinks::round_trip(ConnectionId id) const {
  const Connection* connection = const_cast<VirtualLinks*>(this)->find(id);
  if (connection == nullptr || !connection->is_open) return std::nullopt;
  return 2 * network_.latency(number_, connection->node);
}

void VirtualLinks::send(const Connection& to, Network::Arrival arrival, std::size_t size) {
  network_.send(number_, to.node, size, std::move(arrival));
}

// QUIC lets only the side that dialled move; for the other it is as if it were gone.
void VirtualLinks::on_moved(std::uint32_t node) {
  for (auto& [own, connection] : connections_) {
    const bool is_mover = node == number_;
    if (!is_mover && connection.node != node) continue;
    if (!connection.is_open || (connection.direction == Direction::outbound) != is_mover) {
      timers_.call_at(timers_.now().instant + network_.config_.idle_timeout,
                      [this, id = own] { fail(id, CloseReason::idle_timeout, 0, {}); });
    } else if (!is_mover) {
      connection.remote = network_.seen_from(node, number_);
      later([this, id = own] {
        if (const Connection* moved = find(id))
          observer_->on_path(id, {network_.address(number_), to_multiaddr(moved->remote)});
      });
    }
  }
}

std::size_t VirtualLinks::break_with(std::uint32_t node) {
  std::size_t count = 0;
  for (const auto& [own, connection] : connections_) {
    if (connection.node != node) continue;
    count += 1;
    later([this, id = own] { fail(id, CloseReason::transport_error, 0, "reset"); });
  }
  return count;
}

bool VirtualLinks::has_connection_to(std::uint32_t node) const {
  return std::ranges::any_of(connections_,
                             [node](const auto& entry) { return entry.second.node == node; });
}

void VirtualLinks::later(std::function<void()> then) {
  timers_.call_at(timers_.now().instant, std::move(then));
}

VirtualLinks::Connection* VirtualLinks::find(ConnectionId id) {
  const auto entry = connections_.find(id);
  return entry == connections_.end() ? nullptr : &entry->second;
}

VirtualLinks::Stream* VirtualLinks::find(StreamKey key) {
  Connection* connection = find(key.connection);
  if (connection == nullptr) return nullptr;
  const auto entry = connection->streams.find(key.stream);
  return entry == connection->streams.end() ? nullptr : &entry->second;
}

bool VirtualLinks::is_own(const Connection& connection, std::uint64_t stream) const {
  return stream % 2 == connection.next_stream % 2;
}

void VirtualLinks::end_if_done(Connection& connection, StreamKey key) {
  const auto entry = connection.streams.find(key.stream);
  if (entry == connection.streams.end()) return;
  if (!entry->second.is_sent || !entry->second.is_received) return;
  connection.streams.erase(entry);
  if (!is_own(connection, key.stream)) return;
  connection.streams_opened -= 1;
  if (std::exchange(connection.was_out_of_streams, false)) {
    later([this, id = key.connection] {
      if (find(id) != nullptr) observer_->on_streams_available(id);
    });
  }
}

}  // namespace mycel::sim
