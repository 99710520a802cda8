#include "sim/virtual_links.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel::sim {
namespace {

using ports::CloseReason;
using ports::StreamKey;
using State = StreamSide::State;

// Kinds of facts in the fingerprint.
enum Fact : std::uint64_t { dialled = 1, delivered, was_reset, was_closed };

constexpr std::size_t finish_size_bytes = 300;  // a client's certificate takes the most of it
constexpr std::size_t packet_size_bytes = 1200;

/// What was written in pieces and fits into one packet comes as one, as with QUIC.
void join_small(Flight& flight) {
  if (flight.more.empty()) return;
  std::size_t size = flight.data.size();
  for (const Bytes& piece : flight.more) size += piece.size();
  if (size > packet_size_bytes) return;
  std::vector<std::byte> whole;
  whole.reserve(size);
  append(whole, flight.data);
  for (const Bytes& piece : flight.more) append(whole, piece);
  flight.data = Bytes(std::move(whole));
  flight.more.clear();
}

}  // namespace

VirtualLinks::VirtualLinks(Carrier& carrier, StreamLimits limits, std::uint32_t number,
                           const PeerId& peer)
    : carrier_(carrier), limits_(limits), number_(number) {
  Seat& seat = carrier_.seats().at(number);
  check(seat.links == nullptr, "a node number is attached once at a time");
  seat.links = this;
  seat.peer = peer;
}

// A crash. The peers notice after their idle time, since nothing tells them.
VirtualLinks::~VirtualLinks() {
  carrier_.seats().at(number_).links = nullptr;
  for (const Held& held : connections_) {
    const bool was_told = carrier_.connection(held.connection).ends[held.side].is_closing;
    carrier_.leave(held.connection, held.side, !was_told);
  }
}

void VirtualLinks::hold(std::uint32_t connection, Side side) {
  End& end = carrier_.connection(connection).ends[side];
  end.at = this;
  end.position = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back({connection, side});
}

void VirtualLinks::let_go(std::uint32_t connection, Side side) {
  const std::uint32_t position = carrier_.connection(connection).ends[side].position;
  const Held last = connections_.back();
  connections_[position] = last;
  carrier_.connection(last.connection).ends[last.side].position = position;
  connections_.pop_back();
  if (connections_.size() < connections_.capacity() / 4) connections_.shrink_to_fit();
  carrier_.leave(connection, side, false);
}

VirtualLinks::Found VirtualLinks::find(ConnectionId connection) const {
  const auto side = static_cast<Side>(connection.value() & 1);
  const auto number =
      static_cast<std::uint32_t>(connection.value() >> 1) & ((1U << connection_number_bits) - 1);
  if (number >= carrier_.connections_end()) return {};
  Connection& found = carrier_.connection(number);
  const End& end = found.ends[side];
  if (end.at != this || end.is_closing || name_of(found, number, side) != connection) return {};
  return {&found, number, side};
}

VirtualLinks::Found VirtualLinks::find(StreamKey key) const {
  Found found = find(key.connection);
  if (!found) return {};
  found.stream = carrier_.find(*found.connection, key.stream);
  if (found.stream == nullptr || found.own().state != State::live) return {};
  return found;
}

ConnectionId VirtualLinks::dial(const Multiaddr& address, std::optional<PeerId> expected) {
  carrier_.counts().dials += 1;
  carrier_.world().note(dialled);
  const Place nowhere{.number = number_, .port = 0};
  const std::uint32_t number = carrier_.dial(*this, to_place(address).value_or(nowhere), expected);
  return name_of(carrier_.connection(number), number, 0);
}

void VirtualLinks::receive(Flight& flight) {
  const Found at{&carrier_.connection(flight.connection), flight.connection, flight.to};
  if (flight.kind == FlightKind::closed) {
    const ConnectionId own = name(at);
    let_go(at.number, at.side);
    return observer_->on_closed(
        own, {CloseReason::local, flight.value, std::string(as_text(flight.data.view()))});
  }
  if (at.end().is_closing) return;
  switch (flight.kind) {
    case FlightKind::answer:
      return on_answer(at, flight);
    case FlightKind::finish:
      return on_finish(at);
    case FlightKind::data:
      return on_data(at, flight);
    case FlightKind::credit:
      return on_credit(at, flight);
    case FlightKind::reset:
      return on_far_reset(at, flight);
    case FlightKind::close:
      return fail(at.number, at.side, CloseReason::remote, flight.value,
                  as_text(flight.data.view()));
    case FlightKind::gone:
      return fail(at.number, at.side, CloseReason::remote, 0, "the peer lost the connection");
    case FlightKind::broken:
      return fail(at.number, at.side, CloseReason::transport_error, 0, "reset");
    case FlightKind::moved:
      return on_moved(at);
    case FlightKind::streams_available:
      return observer_->on_streams_available(name(at));
    default:
      check(false, "the carrier keeps the rest for itself");
  }
}

ports::Connected VirtualLinks::connected(const Found& at) const {
  return {carrier_.seats().peer(at.end().remote.number), address(), to_multiaddr(at.end().remote),
          at.side == 0 ? Direction::outbound : Direction::inbound};
}

void VirtualLinks::on_answer(const Found& at, const Flight& flight) {
  const ports::Connected what = connected(at);
  if (!flight.data.empty() && !equal(flight.data, what.peer.view())) {
    Flight& refusal = carrier_.send(at.number, 1, FlightKind::close, 0);
    refusal.data = Bytes::copy("wrong peer");
    return fail(at.number, at.side, CloseReason::wrong_peer, 0, {});
  }
  at.end().is_open = true;
  carrier_.send(at.number, 1, FlightKind::finish, finish_size_bytes);
  carrier_.trace(TraceKind::connected, number_, at.end().remote.number);
  observer_->on_connected(name(at), what);
}

void VirtualLinks::on_finish(const Found& at) {
  at.end().is_open = true;
  observer_->on_connected(name(at), connected(at));
}

void VirtualLinks::on_moved(const Found& at) {
  const std::uint32_t node = at.end().remote.number;
  at.end().remote = carrier_.seats().send(node, number_, carrier_.world().now().instant);
  observer_->on_path(name(at), {address(), to_multiaddr(at.end().remote)});
}

std::optional<StreamKey> VirtualLinks::open(ConnectionId id) {
  const Found at = find(id);
  if (!at || !at.end().is_open) return std::nullopt;
  End& end = at.end();
  if (end.streams_opened == limits_.open_max) {
    end.was_out_of_streams = true;
    return std::nullopt;
  }
  end.streams_opened += 1;
  const StreamKey key{id, end.streams_made++ * 2 + at.side};
  StreamSide& own = carrier_.add_stream(*at.connection, key.stream).sides[at.side];
  own.state = State::live;
  own.is_announced = true;
  return key;
}

// Writes of one instant travel together, as they would in one packet.
void VirtualLinks::write(StreamKey key, Bytes data, bool is_last) {
  const Found at = find(key);
  if (!at || at.own().is_sent) return;
  at.own().unacknowledged += static_cast<std::uint32_t>(data.size());
  at.own().is_sent = is_last;
  Flight* flight = carrier_.growing(*at.connection, other(at.side), key.stream);
  if (flight == nullptr) {
    flight = &carrier_.send(at.number, other(at.side), FlightKind::data, data.size());
    flight->stream = key.stream;
  }
  flight->is_last = is_last;
  if (!data.empty()) {
    if (flight->data.empty()) {
      flight->data = std::move(data);
    } else {
      flight->more.push_back(std::move(data));
    }
  }
  if (is_last) end_if_done(at);
}

std::size_t VirtualLinks::writable(StreamKey key) const {
  const Found at = find(key);
  if (!at || at.own().is_sent) return 0;
  if (at.own().unacknowledged < limits_.window_bytes)
    return limits_.window_bytes - at.own().unacknowledged;
  at.own().was_full = true;
  return 0;
}

void VirtualLinks::on_data(const Found& at, Flight& flight) {
  const StreamKey key{name(at), flight.stream};
  Stream* stream = carrier_.find(*at.connection, key.stream);
  if (stream == nullptr) return;  // both sides gave it up
  StreamSide& own = stream->sides[at.side];
  if (own.state == State::unknown) own.state = State::live;
  if (own.state == State::done) return;
  World& world = carrier_.world();
  carrier_.counts().deliveries += 1;
  world.note(delivered);
  world.fingerprint().fold((std::uint64_t{at.end().remote.number} << 32) | number_);
  world.fingerprint().fold(key.stream << 1 | (flight.is_last ? 1 : 0));
  carrier_.trace(TraceKind::delivery, number_, at.end().remote.number);
  if (!std::exchange(own.is_announced, true)) observer_->on_stream(key);
  join_small(flight);
  const std::size_t last = flight.more.size();
  for (std::size_t i = 0; i <= last; ++i) {
    Bytes piece = std::move(i == 0 ? flight.data : flight.more[i - 1]);
    if (piece.empty() && !(flight.is_last && i == last)) continue;
    world.fingerprint().fold(piece.view());
    carrier_.counts().bytes += piece.size();
    const Found open = find(key);
    if (!open) continue;
    open.own().unconsumed += static_cast<std::uint32_t>(piece.size());
    observer_->on_data(key, std::move(piece), flight.is_last && i == last);
  }
  const Found open = find(key);
  if (!open || !flight.is_last) return;
  open.own().is_received = true;
  end_if_done(open);
}

void VirtualLinks::consume(StreamKey key, std::size_t count) {
  const Found at = find(key);
  if (!at) return;
  StreamSide& own = at.own();
  check(count <= own.unconsumed, "a received byte is consumed once");
  own.unconsumed -= static_cast<std::uint32_t>(count);
  own.consumed += static_cast<std::uint32_t>(count);
  if (own.consumed < limits_.window_bytes / 2) return;
  Flight& credit = carrier_.send(at.number, other(at.side), FlightKind::credit, 0);
  credit.stream = key.stream;
  credit.value = std::exchange(own.consumed, 0);
}

void VirtualLinks::on_credit(const Found& at, const Flight& flight) {
  const StreamKey key{name(at), flight.stream};
  const Found open = find(key);
  if (!open) return;
  StreamSide& own = open.own();
  own.unacknowledged -= std::min(static_cast<std::uint32_t>(flight.value), own.unacknowledged);
  if (own.unacknowledged >= limits_.window_bytes) return;
  if (std::exchange(own.was_full, false)) observer_->on_writable(key);
}

void VirtualLinks::reset(StreamKey key, std::uint64_t code) {
  const Found at = find(key);
  if (!at) return;
  Flight& flight = carrier_.send(at.number, other(at.side), FlightKind::reset, 0);
  flight.stream = key.stream;
  flight.value = code;
  at.own().is_sent = at.own().is_received = true;
  end_if_done(at);
}

void VirtualLinks::on_far_reset(const Found& at, const Flight& flight) {
  Found open = at;
  open.stream = carrier_.find(*at.connection, flight.stream);
  if (open.stream == nullptr || open.own().state == State::done) return;
  const StreamKey key{name(at), flight.stream};
  carrier_.world().note(was_reset);
  const bool is_known = open.own().is_announced;
  open.own().is_sent = open.own().is_received = true;
  end_if_done(open);
  if (is_known) observer_->on_reset(key, flight.value);
}

void VirtualLinks::close(ConnectionId own, std::uint64_t code, std::string_view reason) {
  const Found at = find(own);
  if (!at) return;
  at.end().is_closing = true;
  const Bytes text = Bytes::copy(reason);
  for (Flight* const flight :
       {&carrier_.remind(at.number, at.side, FlightKind::closed, carrier_.world().now().instant),
        &carrier_.send(at.number, other(at.side), FlightKind::close, reason.size())}) {
    flight->value = code;
    flight->data = text;
  }
}

void VirtualLinks::close_all() {
  std::vector<ConnectionId> all;
  all.reserve(connections_.size());
  for (const Held& held : connections_)
    all.push_back(name_of(carrier_.connection(held.connection), held.connection, held.side));
  for (const ConnectionId own : all) close(own, 0, "");
}

void VirtualLinks::fail(std::uint32_t number, Side side, CloseReason reason, std::uint64_t code,
                        std::string_view text) {
  const Connection& connection = carrier_.connection(number);
  const End end = connection.ends[side];
  if (end.is_closing) return;
  const ConnectionId own = name_of(connection, number, side);
  const bool is_known = end.is_open || side == 0;
  carrier_.world().note(was_closed);
  if (end.is_open) carrier_.trace(TraceKind::disconnected, number_, end.remote.number);
  let_go(number, side);
  if (is_known) observer_->on_closed(own, {reason, code, std::string(text)});
}

std::optional<Duration> VirtualLinks::round_trip(ConnectionId id) const {
  const Found at = find(id);
  if (!at || !at.end().is_open) return std::nullopt;
  return 2 * at.connection->latency;
}

bool VirtualLinks::has_connection_to(std::uint32_t node) const {
  return std::ranges::any_of(connections_, [&](const Held& held) {
    return carrier_.connection(held.connection).nodes[other(held.side)] == node;
  });
}

void VirtualLinks::end_if_done(const Found& at) {
  StreamSide& own = at.own();
  if (!own.is_sent || !own.is_received || own.state == State::done) return;
  own.state = State::done;
  const bool is_ours = at.stream->number % 2 == at.side;
  carrier_.forget_if_done(*at.connection, at.stream->number);
  if (!is_ours) return;
  End& end = at.end();
  end.streams_opened -= 1;
  if (std::exchange(end.was_out_of_streams, false))
    carrier_.remind(at.number, at.side, FlightKind::streams_available,
                    carrier_.world().now().instant);
}

}  // namespace mycel::sim
