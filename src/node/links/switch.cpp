#include "node/links/switch.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/wire/multistream.hpp"

namespace mycel::links {
namespace {

using ports::StreamKey;

constexpr Duration negotiation_time_max = 10s;  // as js-libp2p and go-libp2p
constexpr std::uint64_t no_code = 0;
// Each refusal is a write of ours that the peer need not read. Nobody speaks so many protocols for
// one purpose.
constexpr std::size_t refused_proposals_max = 16;

// The number of the first stream that a dialler opens. RFC 9000 §2.1; the simulator counts alike.
// Counting arrivals instead would take a peer for a plain one whenever its first packet is late.
constexpr std::uint64_t first_stream_of_dialler = 0;

const Bytes& header_line() {
  static const Bytes line = wire::encode_line(wire::multistream_header);
  return line;
}

// Header and first proposal leave in one flight.
Bytes proposal_of(std::string_view protocol) {
  thread_local std::vector<std::byte> lines;  // used again: streams are many
  lines.clear();
  wire::append_line(lines, wire::multistream_header);
  wire::append_line(lines, protocol);
  return Bytes::copy(lines);
}

}  // namespace

void SwitchCounters::each(const CounterVisitor& visit) const {
  visit({"streams_opened_total", "Streams that this node opened."}, streams_opened);
  visit({"streams_accepted_total", "Streams that peers opened."}, streams_accepted);
  visit({"streams_parked_total", "Streams of peers that waited until their peer was known."},
        streams_parked);
  visit({"stream_failures_total", "Streams that no protocol took.", "reason", "parking_full"},
        streams_over_parking);
  visit({"stream_failures_total", "Streams that no protocol took.", "reason", "unsupported"},
        streams_unsupported);
  visit({"stream_failures_total", "Streams that no protocol took.", "reason", "malformed"},
        negotiations_malformed);
  visit({"stream_failures_total", "Streams that no protocol took.", "reason", "timeout"},
        negotiations_timed_out);
}

Switch::Switch(ports::Links& links, ports::Timers& timers, ConnectionObserver& observer)
    : links_(links), timers_(timers), observer_(observer), alarm_(timers, [this] { on_alarm(); }) {
  links_.observe(*this);
}

void Switch::serve(std::string protocol, StreamOwner& owner) {
  const bool is_new = owners_.emplace(std::move(protocol), &owner).second;
  check(is_new, "a protocol has one owner");
}

void Switch::guard(Gate gate, Gatekeeper& keeper) {
  gate_ = std::move(gate);
  keeper_ = &keeper;
}

void Switch::admit(ConnectionId connection, Access access) {
  Connection* const known = connections_.find(connection);
  if (known == nullptr) return;
  known->admission = access == Access::full ? Admission::full : Admission::limited;
  if (known->parked_bytes == 0) return;
  admitted_.push_back(connection);
  alarm_.set(timers_.now().instant);
}

std::vector<std::string> Switch::protocols() const {
  std::vector<std::string> names;
  names.reserve(owners_.size());
  for (const auto& [name, owner] : owners_) names.push_back(name);
  return names;
}

std::optional<StreamKey> Switch::open(ConnectionId connection, std::string_view protocol,
                                      StreamOwner& owner) {
  const auto key = is_connected(connection) ? links_.open(connection) : std::nullopt;
  if (!key) return std::nullopt;
  counters_.streams_opened += 1;
  add(*key,
      Stream{.owner = &owner, .direction = Direction::outbound, .proposal = std::string(protocol)});
  links_.write(*key, proposal_of(protocol), false);
  return key;
}

void Switch::write(StreamKey key, Bytes data, bool is_last) {
  Stream* stream = find(key);
  if (stream == nullptr) return;
  say_all(key, *stream);
  links_.write(key, std::move(data), is_last);
  if (!is_last) return;
  stream->is_sent = true;
  erase_if_done(key);
}

void Switch::reset(StreamKey key) {
  if (find(key) == nullptr) return;
  links_.reset(key, no_code);
  erase(key);
}

std::size_t Switch::stream_count(ConnectionId connection) const {
  const Connection* known = connections_.find(connection);
  return known == nullptr ? 0 : known->streams;
}

void Switch::on_connected(ConnectionId connection, const ports::Connected& what) {
  Connection& added = *connections_.emplace(connection, {}).first;
  added.peer = {what.peer, what.remote};
  added.direction = what.direction;
  if (gate_) {
    added.admission = Admission::waiting;
    keeper_->on_connected(connection, what);
  }
  observer_.on_connected(connection, what);
  // What the gatekeeper opened was not yet of a connection that the observer knew.
  if (const auto count = stream_count(connection); count > 0)
    observer_.on_streams(connection, count);
}

void Switch::on_closed(ConnectionId connection, const ports::Closed& why) {
  if (gate_) keeper_->on_closed(connection, why);
  if (!connections_.erase(connection)) return observer_.on_closed(connection, why);
  const bool is_farewell = why.reason == ports::CloseReason::remote && why.code == 0;
  const StreamEnd end = is_farewell ? StreamEnd::connection_closed : StreamEnd::connection_lost;
  const auto lost = take_streams(connection);
  observer_.on_closed(connection, why);
  for (const auto& [key, owner] : lost)
    if (owner != nullptr) owner->on_end(key, end);
  for (StreamOwner* const owner : owners()) owner->on_connection_lost(connection);
}

std::vector<std::pair<StreamKey, StreamOwner*>> Switch::take_streams(ConnectionId connection) {
  std::vector<std::pair<StreamKey, StreamOwner*>> taken;
  streams_.each_from({connection, 0}, [&](StreamKey key, const Stream& stream) {
    if (key.connection != connection) return false;
    negotiations_.cancel(stream.deadline);
    taken.emplace_back(key, stream.owner);
    return true;
  });
  for (const auto& [key, owner] : taken) streams_.erase(key);
  return taken;
}

void Switch::on_stream(StreamKey key) {
  counters_.streams_accepted += 1;
  add(key, Stream{});
}

void Switch::on_data(StreamKey key, Bytes data, bool is_last) {
  Stream* stream = find(key);
  if (stream == nullptr) return links_.consume(key, data.size());
  if (stream->step == Step::parked) return hold(key, std::move(data), is_last);
  if (stream->step != Step::open) return negotiate(key, std::move(data), is_last);
  stream->is_received = stream->is_received || is_last;
  StreamOwner& owner = *stream->owner;
  erase_if_done(key);
  owner.on_data(key, std::move(data), is_last);
}

// Reads lines until the protocol is settled; what follows belongs to the protocol, and so does its
// credit. Whoever has sent all that it had to say waits for the answer, and our lines go with it.
void Switch::negotiate(StreamKey key, Bytes data, bool is_last) {
  Stream* stream = find(key);
  while (stream->step != Step::open) {
    if (data.empty()) {
      say_all(key, *stream);
      return is_last ? end(key, StreamEnd::reset) : void();
    }
    const auto read = stream->lines.feed(data);
    if (!read) return end(key, StreamEnd::malformed);
    links_.consume(key, read->consumed);
    data = data.slice(read->consumed);
    if (read->line) on_line(key, *stream, *read->line);
    stream = find(key);
    if (stream == nullptr) return;
    if (stream->step == Step::parked) {
      if (data.empty() || !is_last) say_all(key, *stream);
      return hold(key, std::move(data), is_last);
    }
  }
  if (data.empty() || !is_last) say_all(key, *stream);
  if (data.empty() && !is_last) return;
  stream->is_received = is_last;
  StreamOwner& owner = *stream->owner;
  erase_if_done(key);
  owner.on_data(key, std::move(data), is_last);
}

void Switch::say_all(StreamKey key, Stream& stream) {
  if (!stream.unsaid.empty()) links_.write(key, Bytes(std::exchange(stream.unsaid, {})), false);
}

void Switch::on_line(StreamKey key, Stream& stream, std::string_view line) {
  if (stream.step == Step::header) {
    if (line != wire::multistream_header) return end(key, StreamEnd::malformed);
    stream.step = Step::protocol;
    if (stream.direction == Direction::inbound) append(stream.unsaid, header_line().view());
    return;
  }
  if (stream.direction == Direction::inbound) return on_proposal(key, stream, line);
  if (line == stream.proposal) {
    settle(stream);
    return stream.owner->on_negotiated(key);
  }
  end(key, line == wire::multistream_refusal ? StreamEnd::unsupported : StreamEnd::malformed);
}

void Switch::on_proposal(StreamKey key, Stream& stream, std::string_view line) {
  auto entry = owners_.find(line);
  // Also for a protocol that nobody here speaks: it says that the peer will say no hello.
  const bool is_waiting = is_waiting_for(key, line);
  if (is_waiting && entry != owners_.end()) {
    counters_.streams_parked += 1;
    stream.step = Step::parked;
    stream.proposal = line;
    connections_.find(key.connection)->parked_bytes += line.size();
    return;
  }
  if (!is_open_to(key.connection, line)) entry = owners_.end();
  if (entry == owners_.end() && ++stream.proposals > refused_proposals_max)
    return end(key, StreamEnd::malformed);
  if (line == wire::multistream_list) {
    append(stream.unsaid, wire::encode_protocol_list(protocols()));
    return say_all(key, stream);
  }
  if (entry == owners_.end()) {
    counters_.streams_unsupported += 1;
    append(stream.unsaid, wire::encode_line(wire::multistream_refusal));
    return say_all(key, stream);
  }
  append(stream.unsaid, wire::encode_line(line));
  stream.owner = entry->second;
  settle(stream);
  stream.owner->on_inbound(key, entry->first, connections_.find(key.connection)->peer);
}

// Whether that stream of a peer has to wait. Whoever begins with something else than the entrance
// will not come to it: the gatekeeper is told.
bool Switch::is_waiting_for(StreamKey key, std::string_view line) {
  const Connection& connection = *connections_.find(key.connection);
  if (connection.admission != Admission::waiting || line == gate_->entrance) return false;
  if (connection.direction == Direction::inbound && key.stream == first_stream_of_dialler)
    keeper_->on_plain(key.connection);
  return true;
}

bool Switch::is_open_to(ConnectionId connection, std::string_view protocol) const {
  if (connections_.find(connection)->admission == Admission::full) return true;
  return protocol == gate_->entrance ||
         std::ranges::find(gate_->open, protocol) != gate_->open.end();
}

// The bytes count against the peer's credit until the owner of the protocol takes them.
void Switch::hold(StreamKey key, Bytes data, bool is_last) {
  if (data.empty() && !is_last) return;
  Connection& connection = *connections_.find(key.connection);
  if (connection.parked_bytes + data.size() > parked_max_bytes) {
    counters_.streams_over_parking += 1;
    return end(key, StreamEnd::reset);
  }
  Stream& stream = *find(key);
  connection.parked_bytes += data.size();
  stream.held.push_back(std::move(data));
  stream.is_held_last = stream.is_held_last || is_last;
}

std::size_t Switch::parked_bytes_of(const Stream& stream) {
  std::size_t bytes = stream.proposal.size();
  for (const Bytes& piece : stream.held) bytes += piece.size();
  return bytes;
}

void Switch::release(ConnectionId connection) {
  Connection* const known = connections_.find(connection);
  if (known == nullptr) return;
  known->parked_bytes = 0;
  std::vector<StreamKey> parked;
  streams_.each_from({connection, 0}, [&](StreamKey key, const Stream& stream) {
    if (key.connection != connection) return false;
    if (stream.step == Step::parked) parked.push_back(key);
    return true;
  });
  for (const StreamKey key : parked) {
    Stream* stream = find(key);
    if (stream == nullptr) continue;
    stream->step = Step::protocol;
    const std::string line = std::exchange(stream->proposal, {});
    const std::vector<Bytes> held = std::exchange(stream->held, {});
    const bool is_last = stream->is_held_last;
    on_proposal(key, *stream, line);
    if (held.empty() && find(key) != nullptr) say_all(key, *find(key));
    for (std::size_t i = 0; i < held.size() && find(key) != nullptr; ++i)
      negotiate(key, held[i], is_last && i + 1 == held.size());
  }
}

void Switch::settle(Stream& stream) {
  negotiations_.cancel(stream.deadline);
  stream.step = Step::open;
  stream.proposal.clear();
}

void Switch::end(StreamKey key, StreamEnd why) {
  if (why == StreamEnd::malformed) counters_.negotiations_malformed += 1;
  if (why == StreamEnd::timeout) counters_.negotiations_timed_out += 1;
  StreamOwner* const owner = find(key)->owner;
  links_.reset(key, no_code);
  erase(key);
  if (owner != nullptr) owner->on_end(key, why);
}

void Switch::on_writable(StreamKey key) {
  const Stream* stream = find(key);
  if (stream != nullptr && stream->owner != nullptr) stream->owner->on_writable(key);
}

void Switch::on_reset(StreamKey key, std::uint64_t) {
  const Stream* stream = find(key);
  if (stream == nullptr) return;
  StreamOwner* const owner = stream->owner;
  links_.reset(key, no_code);  // the other direction is of no use any more
  erase(key);
  if (owner != nullptr) owner->on_end(key, StreamEnd::reset);
}

void Switch::on_streams_available(ConnectionId connection) {
  for (StreamOwner* const owner : owners()) owner->on_streams_available(connection);
}

// Each once, though it may serve several protocols.
std::vector<StreamOwner*> Switch::owners() const {
  std::vector<StreamOwner*> each;
  for (const auto& [name, owner] : owners_)
    if (std::ranges::find(each, owner) == each.end()) each.push_back(owner);
  return each;
}

void Switch::on_path(ConnectionId connection, const ports::PathChanged& what) {
  if (Connection* known = connections_.find(connection)) known->peer.remote = what.remote;
  observer_.on_path(connection, what);
}

void Switch::add(StreamKey key, Stream stream) {
  const Instant due = timers_.now().instant + negotiation_time_max;
  stream.deadline = negotiations_.add(due, key);
  alarm_.set(negotiations_.next());
  streams_.emplace(key, std::move(stream));
  Connection& connection = *connections_.emplace(key.connection, {}).first;
  connection.streams += 1;
  observer_.on_streams(key.connection, connection.streams);
}

void Switch::erase(StreamKey key) {
  const Stream* stream = find(key);
  if (stream == nullptr) return;
  negotiations_.cancel(stream->deadline);
  Connection& connection = *connections_.find(key.connection);
  if (stream->step == Step::parked)
    connection.parked_bytes -= std::min(connection.parked_bytes, parked_bytes_of(*stream));
  streams_.erase(key);
  connection.streams -= 1;
  observer_.on_streams(key.connection, connection.streams);
}

void Switch::erase_if_done(StreamKey key) {
  const Stream* stream = find(key);
  if (stream != nullptr && stream->is_sent && stream->is_received) erase(key);
}

void Switch::on_alarm() {
  for (const ConnectionId connection : std::exchange(admitted_, {})) release(connection);
  while (const auto key = negotiations_.pop_due(timers_.now().instant)) {
    if (find(*key) != nullptr) end(*key, StreamEnd::timeout);
  }
  alarm_.set(negotiations_.next());
}

}  // namespace mycel::links
