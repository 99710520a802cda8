#include "sim/carrier.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/base/check.hpp"

#include "sim/virtual_links.hpp"

namespace mycel::sim {
namespace {

using ports::CloseReason;

constexpr std::uint64_t lost_fact = 5;

// A header of QUIC, UDP and IP; what a link of some rate carries beside the data.
constexpr std::size_t packet_overhead_bytes = 60;
constexpr std::size_t dial_size_bytes = 1200;  // RFC 9000 §14.1
// As QUIC does, a dial that hears nothing is sent again after 1, 2 and 4 seconds.
constexpr std::uint64_t dials_max = 4;

constexpr std::string_view peer_lost_it = "the peer lost the connection";

std::uint64_t ticks_of(Instant time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

bool is_reminder(FlightKind kind) {
  return kind >= FlightKind::closed;
}

}  // namespace

Carrier::Carrier(World& world, const CarrierConfig& config, const DelaysConfig& delays)
    : world_(world),
      sink_(world.add(*this)),
      config_(config),
      delays_(delays, world.fork("latency")) {}

std::uint32_t Carrier::dial(VirtualLinks& dialler, Place address,
                            const std::optional<PeerId>& expected) {
  const std::uint32_t number = connections_.take();
  check(number < 1U << connection_number_bits, "a name has room for the connection's number");
  Connection& connection = connections_[number];
  connection.sequence = ++last_sequence_;
  connection.nodes = {dialler.number(), address.number};
  connection.latency = delays_.latency(dialler.number(), address.number);
  connection.ends[0].remote = address;
  dialler.hold(number, 0);
  Flight& flight = send(number, 1, FlightKind::dial, dial_size_bytes);
  if (expected) flight.data = Bytes::copy(expected->view());
  remind(number, 0, FlightKind::handshake_due, world_.now().instant + config_.handshake_timeout);
  refresh(number);
  return number;
}

Stream* Carrier::find(Connection& connection, std::uint64_t stream) {
  for (std::uint32_t at = connection.first_stream; at != nothing; at = streams_[at].next)
    if (streams_[at].number == stream) return &streams_[at];
  return nullptr;
}

Stream& Carrier::add_stream(Connection& connection, std::uint64_t stream) {
  const std::uint32_t index = streams_.take();
  streams_[index] = Stream{.number = stream, .next = connection.first_stream, .sides = {}};
  connection.first_stream = index;
  return streams_[index];
}

void Carrier::forget_if_done(Connection& connection, std::uint64_t stream) {
  std::uint32_t* at = &connection.first_stream;
  while (*at != nothing && streams_[*at].number != stream) at = &streams_[*at].next;
  if (*at == nothing) return;
  for (const StreamSide& side : streams_[*at].sides)
    if (side.state != StreamSide::State::done) return;
  const std::uint32_t index = *at;
  *at = streams_[index].next;
  streams_.give_back(index);
}

Flight& Carrier::make(std::uint32_t connection, Side to, FlightKind kind) {
  const std::uint32_t index = flights_.take();
  Flight& flight = flights_[index];
  flight.kind = kind;
  flight.to = to;
  flight.is_last = false;
  flight.connection = connection;
  flight.next = nothing;
  flight.own = index;
  flight.sequence = connections_[connection].sequence;
  flight.stream = 0;
  flight.value = 0;
  flight.sent_at = world_.now().instant;
  return flight;
}

void Carrier::post(Instant due, const Flight& flight) {
  world_.post(due, sink_, flight.own);
}

Flight& Carrier::send(std::uint32_t connection, Side to, FlightKind kind, std::size_t size) {
  Flight& flight = make(connection, to, kind);
  enqueue(connections_[connection], flight, size + packet_overhead_bytes);
  return flight;
}

void Carrier::enqueue(Connection& connection, Flight& flight, std::size_t size) {
  const Instant now = world_.now().instant;
  const std::uint32_t from = connection.nodes[other(flight.to)];
  const std::uint32_t to = connection.nodes[flight.to];
  if (seats_.has_nat(from)) seats_.send(from, to, now);
  Way& way = connection.ways[flight.to];
  if (way.tail != nothing && way.sent_at == now && way.arrives_at > now &&
      !delays_.has_rate(from, to)) {
    flights_[way.tail].next = flight.own;
  } else {
    const Instant departure = delays_.departure(from, to, size, now);
    way.arrives_at = std::max(way.arrives_at, delays_.arrival(departure, connection.latency));
    way.sent_at = now;
    post(way.arrives_at, flight);
  }
  way.tail = flight.own;
}

Flight* Carrier::growing(const Connection& connection, Side to, std::uint64_t stream) {
  const Way& way = connection.ways[to];
  const Instant now = world_.now().instant;
  if (way.tail == nothing || way.sent_at != now || way.arrives_at <= now) return nullptr;
  if (delays_.has_rate(connection.nodes[other(to)], connection.nodes[to])) return nullptr;
  Flight& flight = flights_[way.tail];
  const bool is_same = flight.kind == FlightKind::data && flight.stream == stream;
  return is_same ? &flight : nullptr;
}

Flight& Carrier::remind(std::uint32_t connection, Side to, FlightKind kind, Instant due) {
  Flight& flight = make(connection, to, kind);
  post(due, flight);
  return flight;
}

void Carrier::leave(std::uint32_t number, Side side, bool is_lost) {
  Connection& connection = connections_[number];
  End& end = connection.ends[side];
  end.at = nullptr;
  end.was_lost = is_lost;
  if (connection.ends[other(side)].at == nullptr) return erase(number);
  if (!is_lost) return;
  const Instant now = world_.now().instant;
  remind(number, other(side), FlightKind::probe_due, now + config_.keep_alive);
  remind(number, other(side), FlightKind::lost_due, now + config_.idle_timeout);
}

void Carrier::erase(std::uint32_t number) {
  Connection& connection = connections_[number];
  for (const Way& way : connection.ways) drop(way.waiting_first);
  for (std::uint32_t at = connection.first_stream; at != nothing; at = streams_[at].next)
    streams_.give_back(at);
  connection = Connection{};
  connections_.give_back(number);
}

void Carrier::drop(std::uint32_t head) {
  while (head != nothing) {
    Flight& flight = flights_[head];
    const std::uint32_t next = flight.next;
    flight.data = {};
    flight.more.clear();
    flights_.give_back(head);
    head = next;
  }
}

bool Carrier::is_alive(const Flight& flight) const {
  return connections_[flight.connection].sequence == flight.sequence;
}

bool Carrier::is_blocked(const Connection& connection, Side to) const {
  if (connection.is_severed) return true;
  return cuts_.is_blocked(connection.nodes[other(to)], connection.nodes[to]);
}

void Carrier::on_event(std::uint64_t item) {
  const auto head = static_cast<std::uint32_t>(item);
  Flight& flight = flights_[head];
  if (!is_alive(flight)) return drop(head);
  if (is_reminder(flight.kind)) {
    on_reminder(flight);
    return drop(head);
  }
  Connection& connection = connections_[flight.connection];
  if (connection.ways[flight.to].waiting_first != nothing || is_blocked(connection, flight.to))
    return hold(connection, head);
  deliver_all(head);
}

// A close is said once. Everything else would be sent again until it arrives.
void Carrier::hold(Connection& connection, std::uint32_t head) {
  const Side to = flights_[head].to;
  const bool is_lossy =
      connection.is_severed || cuts_.is_cut(connection.nodes[other(to)], connection.nodes[to]);
  Way& way = connection.ways[to];
  for (std::uint32_t next = nothing; head != nothing; head = next) {
    Flight& flight = flights_[head];
    next = std::exchange(flight.next, nothing);
    counts_.stalled += 1;
    if (flight.kind == FlightKind::close && is_lossy) {
      leave(flight.connection, other(to), true);
      drop(head);
      if (next != nothing) drop(next);
      return;
    }
    (way.waiting_first == nothing ? way.waiting_first : flights_[way.waiting_last].next) = head;
    way.waiting_last = head;
  }
}

void Carrier::deliver_all(std::uint32_t head) {
  for (std::uint32_t next = nothing; head != nothing; head = next) {
    Flight& flight = flights_[head];
    next = std::exchange(flight.next, nothing);
    if (is_alive(flight)) deliver(flight);
    drop(head);
  }
}

void Carrier::deliver(Flight& flight) {
  if (flight.kind == FlightKind::dial) return deliver_dial(flight);
  const End& end = connections_[flight.connection].ends[flight.to];
  if (end.at != nullptr) return end.at->receive(flight);
  const bool can_answer = end.was_lost && flight.kind != FlightKind::close &&
                          flight.kind != FlightKind::gone &&
                          seats_.links(connections_[flight.connection].nodes[flight.to]) != nullptr;
  if (can_answer) send(flight.connection, other(flight.to), FlightKind::gone, 0);
}

void Carrier::deliver_dial(Flight& flight) {
  Connection& connection = connections_[flight.connection];
  const std::uint32_t from = connection.nodes[0];
  const Instant now = world_.now().instant;
  VirtualLinks* const node = seats_.listener_at(connection.ends[0].remote, from, now);
  if (node != nullptr) {
    connection.ends[1].remote = seats_.send(from, connection.nodes[1], now);
    node->hold(flight.connection, 1);
    Flight& answer = send(flight.connection, 0, FlightKind::answer, dial_size_bytes);
    answer.data = std::exchange(flight.data, {});
    return;
  }
  flight.value += 1;
  if (flight.value == dials_max) return;
  Flight& again = make(flight.connection, 1, FlightKind::dial);
  again.value = flight.value;
  again.data = std::exchange(flight.data, {});
  if (seats_.has_nat(from)) seats_.send(from, connection.nodes[1], now);
  post(now + std::chrono::seconds(std::int64_t{1} << (flight.value - 1)), again);
}

// Both ends hear nothing more while either way is blocked: acknowledgements do not pass either.
void Carrier::refresh(std::uint32_t number) {
  Connection& connection = connections_[number];
  const bool is_now = is_blocked(connection, 0) || is_blocked(connection, 1);
  const Instant now = world_.now().instant;
  if (is_now && !connection.is_blocked) {
    connection.blocked_since = now;
    remind(number, 0, FlightKind::idle_due, now + config_.idle_timeout).value = ticks_of(now);
  }
  connection.is_blocked = is_now;
  for (const Side to : {Side{0}, Side{1}})
    if (connection.ways[to].waiting_first != nothing && !is_blocked(connection, to))
      remind(number, to, FlightKind::release_due, now);
}

// At once, or what was sent later and is still on its way would overtake it.
void Carrier::release(Connection& connection, Side to) {
  if (is_blocked(connection, to)) return;
  Way& way = connection.ways[to];
  way.waiting_last = nothing;
  const std::uint32_t head = std::exchange(way.waiting_first, nothing);
  if (head != nothing) deliver_all(head);
}

void Carrier::on_reminder(Flight& flight) {
  const std::uint32_t number = flight.connection;
  Connection& connection = connections_[number];
  switch (flight.kind) {
    case FlightKind::release_due:
      return release(connection, flight.to);
    case FlightKind::probe_due:
      return on_probe(number, flight.to);
    case FlightKind::lost_due:
      return fail(number, flight.to, CloseReason::idle_timeout);
    case FlightKind::idle_due:
      if (connection.is_blocked && ticks_of(connection.blocked_since) == flight.value)
        on_silence(number);
      return;
    case FlightKind::handshake_due:
      return on_handshake_due(number);
    default:
      if (VirtualLinks* const node = connection.ends[flight.to].at) node->receive(flight);
  }
}

void Carrier::fail(std::uint32_t number, Side side, CloseReason reason, std::string_view text) {
  VirtualLinks* const node = connections_[number].ends[side].at;
  if (node != nullptr) node->fail(number, side, reason, 0, text);
}

void Carrier::on_silence(std::uint32_t number) {
  world_.note(lost_fact);
  const std::uint64_t sequence = connections_[number].sequence;
  fail(number, 0, CloseReason::idle_timeout);
  if (connections_[number].sequence == sequence) fail(number, 1, CloseReason::idle_timeout);
}

// Whoever was started again at the lost end answers that it knows of nothing.
void Carrier::on_probe(std::uint32_t number, Side survivor) {
  const Connection& connection = connections_[number];
  const bool is_answered = seats_.links(connection.nodes[other(survivor)]) != nullptr &&
                           !is_blocked(connection, 0) && !is_blocked(connection, 1);
  if (is_answered) fail(number, survivor, CloseReason::remote, peer_lost_it);
}

void Carrier::on_handshake_due(std::uint32_t number) {
  const Connection& connection = connections_[number];
  if (connection.ends[0].is_open || connection.ends[0].at == nullptr) return;
  fail(number, 1, CloseReason::handshake_timeout);
  fail(number, 0, CloseReason::handshake_timeout);
}

void Carrier::on_cut_changed(std::uint32_t a, std::uint32_t b) {
  for (const std::uint32_t node : {a, b}) {
    const VirtualLinks* const links = seats_.links(node);
    if (links == nullptr) continue;
    for (const auto& held : links->connections_) {
      const auto& nodes = connections_[held.connection].nodes;
      if (std::minmax(nodes[0], nodes[1]) == std::minmax(a, b)) refresh(held.connection);
    }
  }
}

void Carrier::on_cuts_changed(std::uint32_t number) {
  const VirtualLinks* const links = seats_.links(number);
  if (links == nullptr) return on_cuts_changed();  // only its peers know of connections
  for (const auto& held : links->connections_) refresh(held.connection);
}

void Carrier::on_cuts_changed() {
  for (std::uint32_t number = 0; number < connections_.end(); ++number)
    if (connections_[number].sequence != 0) refresh(number);
}

std::size_t Carrier::break_between(std::uint32_t a, std::uint32_t b) {
  const VirtualLinks* const links = seats_.links(a);
  if (links == nullptr) return 0;
  std::size_t count = 0;
  for (const auto& held : links->connections_) {
    const Connection& connection = connections_[held.connection];
    if (connection.nodes[other(held.side)] != b) continue;
    count += 1;
    for (const Side side : {Side{0}, Side{1}})
      if (connection.ends[side].at != nullptr)
        remind(held.connection, side, FlightKind::broken, world_.now().instant);
  }
  return count;
}

// QUIC lets only the side that dialled move; for the other it is as if it were gone.
void Carrier::on_moved(std::uint32_t mover) {
  const VirtualLinks* const links = seats_.links(mover);
  if (links == nullptr) return;
  for (const auto& held : links->connections_) {
    Connection& connection = connections_[held.connection];
    if (held.side == 0) {
      if (connection.ends[0].is_open) send(held.connection, 1, FlightKind::moved, 0);
    } else {
      connection.is_severed = true;
      refresh(held.connection);
    }
  }
}

void Carrier::trace_to(Trace trace, bool is_full) {
  trace_ = std::move(trace);
  is_trace_full_ = is_full;
}

void Carrier::trace(TraceKind kind, std::uint32_t node, std::uint32_t far) const {
  if (!trace_ || (kind == TraceKind::delivery && !is_trace_full_)) return;
  trace_({.kind = kind, .at = world_.now().instant, .node = node, .other = far});
}

}  // namespace mycel::sim
