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

// Header and first proposal leave in one flight.
Bytes proposal_of(std::string_view protocol) {
  constexpr std::size_t framing = 8;  // two lengths and two newlines
  std::vector<std::byte> lines;
  lines.reserve(wire::multistream_header.size() + protocol.size() + framing);
  wire::append_line(lines, wire::multistream_header);
  wire::append_line(lines, protocol);
  return Bytes(std::move(lines));
}

}  // namespace

void SwitchCounters::each(const CounterVisitor& visit) const {
  visit({"streams_opened_total", "Streams that this node opened."}, streams_opened);
  visit({"streams_accepted_total", "Streams that peers opened."}, streams_accepted);
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
  connections_.emplace(connection, {}).first->peer = {what.peer, what.remote};
  observer_.on_connected(connection, what);
}

void Switch::on_closed(ConnectionId connection, const ports::Closed& why) {
  if (!connections_.erase(connection)) return observer_.on_closed(connection, why);
  const auto lost = take_streams(connection);
  observer_.on_closed(connection, why);
  for (const auto& [key, owner] : lost)
    if (owner != nullptr) owner->on_end(key, StreamEnd::connection_lost);
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
  if (stream->step != Step::open) return negotiate(key, std::move(data), is_last);
  stream->is_received = stream->is_received || is_last;
  StreamOwner& owner = *stream->owner;
  erase_if_done(key);
  owner.on_data(key, std::move(data), is_last);
}

// Reads lines until the protocol is settled; what follows belongs to the protocol, and so does its
// credit.
void Switch::negotiate(StreamKey key, Bytes data, bool is_last) {
  Stream* stream = find(key);
  while (stream->step != Step::open) {
    if (data.empty()) return is_last ? end(key, StreamEnd::reset) : void();
    const auto read = stream->lines.feed(data);
    if (!read) return end(key, StreamEnd::malformed);
    links_.consume(key, read->consumed);
    data = data.slice(read->consumed);
    if (read->line) on_line(key, *stream, *read->line);
    stream = find(key);
    if (stream == nullptr) return;
  }
  if (data.empty() && !is_last) return;
  stream->is_received = is_last;
  StreamOwner& owner = *stream->owner;
  erase_if_done(key);
  owner.on_data(key, std::move(data), is_last);
}

void Switch::on_line(StreamKey key, Stream& stream, std::string_view line) {
  if (stream.step == Step::header) {
    if (line != wire::multistream_header) return end(key, StreamEnd::malformed);
    stream.step = Step::protocol;
    if (stream.direction == Direction::inbound)
      links_.write(key, wire::encode_line(wire::multistream_header), false);
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
  const auto entry = owners_.find(line);
  if (entry == owners_.end() && ++stream.proposals > refused_proposals_max)
    return end(key, StreamEnd::malformed);
  if (line == wire::multistream_list)
    return links_.write(key, wire::encode_protocol_list(protocols()), false);
  if (entry == owners_.end()) {
    counters_.streams_unsupported += 1;
    return links_.write(key, wire::encode_line(wire::multistream_refusal), false);
  }
  links_.write(key, wire::encode_line(line), false);
  stream.owner = entry->second;
  settle(stream);
  stream.owner->on_inbound(key, entry->first, connections_.find(key.connection)->peer);
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
  streams_.erase(key);
  Connection& connection = *connections_.find(key.connection);
  connection.streams -= 1;
  observer_.on_streams(key.connection, connection.streams);
}

void Switch::erase_if_done(StreamKey key) {
  const Stream* stream = find(key);
  if (stream != nullptr && stream->is_sent && stream->is_received) erase(key);
}

void Switch::on_alarm() {
  while (const auto key = negotiations_.pop_due(timers_.now().instant)) {
    if (find(*key) != nullptr) end(*key, StreamEnd::timeout);
  }
  alarm_.set(negotiations_.next());
}

}  // namespace mycel::links
