#include "node/links/requests.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"

namespace mycel::links {

using ports::StreamKey;
namespace {

// Takes `id` out of the line at `key`, and the line away when nobody is left in it.
template <class Lines, class Key>
void leave(Lines& lines, const Key& key, RequestId id) {
  const auto line = lines.find(key);
  if (line == lines.end()) return;
  std::erase(line->second, id);
  if (line->second.empty()) lines.erase(line);
}

}  // namespace

Requests::Requests(RequestsConfig config, Switch& streams, ConnectionSource& connections,
                   ports::Timers& timers, drive::EventQueue& events, RequestsObserver& observer)
    : config_(std::move(config)),
      switch_(streams),
      connections_(connections),
      timers_(timers),
      events_(events),
      observer_(observer),
      alarm_(timers, [this] { on_alarm(); }) {
  switch_.serve(config_.protocol, *this);
}

void Requests::request(RequestId id, const PeerId& to, Bytes body, bool expects_answer) {
  start(id, Outbound{.peer = to,
                     .connection = {},
                     .stream = {},
                     .body = std::move(body),
                     .expects_answer = expects_answer});
}

void Requests::request_on(RequestId id, ConnectionId connection, Bytes body, bool expects_answer) {
  start(id, Outbound{.peer = std::nullopt,
                     .connection = connection,
                     .stream = {},
                     .body = std::move(body),
                     .expects_answer = expects_answer});
}

void Requests::start(RequestId id, Outbound outbound) {
  counters_.sent += 1;
  const bool is_too_many = requests_.size() >= config_.under_way_max;
  outbound.deadline = deadlines_.add(timers_.now().instant + config_.timeout, id);
  alarm_.set(deadlines_.next());
  const auto connection = outbound.connection;
  const auto peer = outbound.peer;
  check(requests_.emplace(id, std::move(outbound)).second, "a request id is used once");
  if (is_too_many) return fail_later(id, RequestFailure::overloaded);
  peer ? reach(id, *peer) : send(id, *connection);
}

void Requests::reach(RequestId id, const PeerId& peer) {
  if (const auto connection = connections_.want(peer)) return send(id, *connection);
  waiting_for_peer_[peer].push_back(id);
}

void Requests::send(RequestId id, ConnectionId connection) {
  requests_.find(id)->connection = connection;
  if (!switch_.is_connected(connection)) return fail_later(id, RequestFailure::unreachable);
  if (!open(id, connection)) waiting_for_stream_[connection].push_back(id);
}

// False while the peer takes no more streams.
bool Requests::open(RequestId id, ConnectionId connection) {
  Outbound& outbound = *requests_.find(id);
  outbound.stream = switch_.open(connection, config_.protocol, *this);
  if (!outbound.stream) return false;
  const StreamKey key = *outbound.stream;
  const bool is_forgotten = !outbound.expects_answer || !config_.has_answer;
  const bool is_last = is_forgotten || config_.ends_with_request;
  streams_.emplace(
      key,
      Stream{.request = id, .inbound = {}, .peer = {}, .reader = MessageReader(config_.framing)});
  if (config_.has_request_body)
    switch_.write(key, config_.framing.frame(outbound.body), is_last);
  else if (is_last)
    switch_.write(key, {}, true);
  return true;
}

void Requests::cancel(RequestId id) {
  forget(id);
}

// Leaves nothing of a request behind, wherever it has come to.
bool Requests::forget(RequestId id) {
  Outbound* known = requests_.find(id);
  if (known == nullptr) return false;
  const Outbound outbound = std::move(*known);
  requests_.erase(id);
  deadlines_.cancel(outbound.deadline);
  if (outbound.stream) {
    erase(*outbound.stream);
    switch_.reset(*outbound.stream);
  } else if (outbound.connection) {
    leave(waiting_for_stream_, *outbound.connection, id);
  } else {
    leave(waiting_for_peer_, *outbound.peer, id);
  }
  return true;
}

void Requests::on_reachable(const PeerId& peer, ConnectionId connection) {
  const auto entry = waiting_for_peer_.find(peer);
  if (entry == waiting_for_peer_.end()) return;
  const std::deque<RequestId> waiting = std::move(entry->second);
  waiting_for_peer_.erase(entry);
  for (const RequestId id : waiting)
    if (requests_.contains(id)) send(id, connection);
}

void Requests::on_unreachable(const PeerId& peer) {
  const auto entry = waiting_for_peer_.find(peer);
  if (entry == waiting_for_peer_.end()) return;
  const std::deque<RequestId> waiting = std::move(entry->second);
  waiting_for_peer_.erase(entry);
  for (const RequestId id : waiting) fail(id, RequestFailure::unreachable);
}

void Requests::on_streams_available(ConnectionId connection) {
  const auto entry = waiting_for_stream_.find(connection);
  if (entry == waiting_for_stream_.end()) return;
  std::deque<RequestId>& waiting = entry->second;
  while (!waiting.empty() && open(waiting.front(), connection)) waiting.pop_front();
  if (waiting.empty()) waiting_for_stream_.erase(entry);
}

// What waited for a stream was never sent: it may still reach its peer another way.
void Requests::on_connection_lost(ConnectionId connection) {
  const auto entry = waiting_for_stream_.find(connection);
  if (entry == waiting_for_stream_.end()) return;
  const std::deque<RequestId> waiting = std::move(entry->second);
  waiting_for_stream_.erase(entry);
  for (const RequestId id : waiting) {
    Outbound* request = requests_.find(id);
    if (request == nullptr) continue;
    const auto peer = request->peer;
    if (!peer) {
      fail(id, RequestFailure::unreachable);
      continue;
    }
    request->connection.reset();
    reach(id, *peer);
  }
}

void Requests::fail(RequestId id, RequestFailure why) {
  if (!forget(id)) return;
  counters_.failed += 1;
  observer_.on_failure(id, why);
}

// A peer may close an idle connection in the moment in which it is used again: the request goes
// over a new one, once, for who closes that, too, wants nothing of us. A peer that was stopping may
// get it twice.
void Requests::try_again(RequestId id) {
  Outbound& outbound = *requests_.find(id);
  if (!outbound.peer || std::exchange(outbound.is_second_try, true))
    return fail(id, RequestFailure::unreachable);
  probe("a request met a connection that its peer had just closed");
  outbound.connection.reset();
  reach(id, PeerId(*outbound.peer));
}

void Requests::fail_later(RequestId id, RequestFailure why) {
  events_.post([this, id, why] { fail(id, why); });
}

// An answer of several frames is their bytes in a row: protobuf merges them.
Result<Bytes, wire::Fault> Requests::next_answer(Stream& stream) const {
  if (config_.answer_frames_max == 1) return stream.reader.next();
  auto frame = stream.reader.next();
  for (; frame; frame = stream.reader.next()) {
    if (stream.frames.size() == config_.answer_frames_max) return Err{wire::Fault::too_large};
    stream.frames.push_back(std::move(*frame));
  }
  const bool is_whole = frame.error() == wire::Fault::truncated && stream.is_finished_by_peer &&
                        stream.reader.unread_bytes() == 0 && !stream.frames.empty();
  if (!is_whole) return frame;
  if (stream.frames.size() == 1) return stream.frames.front();
  std::vector<std::byte> all;
  for (const Bytes& part : stream.frames) append(all, part);
  return Bytes(std::move(all));
}

void Requests::on_inbound(StreamKey key, std::string_view, const StreamPeer& peer) {
  if (inbound_total_ >= config_.inbound_max ||
      inbound_of(key.connection) >= config_.inbound_per_connection) {
    counters_.refused += 1;
    return switch_.reset(key);
  }
  inbound_total_ += 1;
  Stream& stream = *streams_
                        .emplace(key, Stream{.request = {},
                                             .inbound = {},
                                             .is_inbound = true,
                                             .peer = peer,
                                             .reader = MessageReader(config_.framing)})
                        .first;
  touch(key, stream);
  if (!config_.has_request_body) accept(key, stream, {});
}

void Requests::on_data(StreamKey key, Bytes data, bool is_last) {
  Stream* known = streams_.find(key);
  if (known == nullptr) return switch_.consume(key, data.size());
  Stream& stream = *known;
  stream.is_finished_by_peer = is_last;
  const bool has_use = stream.is_inbound ? config_.has_request_body : stream.request.has_value();
  if (stream.is_inbound && has_use) {
    stream.unread_bytes += data.size();
  } else {
    switch_.consume(key, data.size());
  }
  if (has_use) stream.reader.feed(std::move(data));
  stream.is_inbound ? read_request(key, stream) : read_answer(key, stream);
}

void Requests::on_writable(StreamKey key) {
  Stream* stream = streams_.find(key);
  if (stream != nullptr && stream->is_inbound) read_request(key, *stream);
}

void Requests::read_answer(StreamKey key, Stream& stream) {
  if (!stream.request) return finish_if_done(key, stream);  // what follows the answer is of no use
  const RequestId id = *stream.request;
  const Outbound& outbound = *requests_.find(id);
  const bool is_forgotten = !outbound.expects_answer || !config_.has_answer;
  auto message = next_answer(stream);
  if (!message && message.error() != wire::Fault::truncated)
    return fail(id, RequestFailure::malformed);
  if (!message && !stream.is_finished_by_peer) return;
  if (!message && !is_forgotten) return fail(id, RequestFailure::refused);
  counters_.answered += is_forgotten ? 0 : 1;
  deadlines_.cancel(outbound.deadline);
  requests_.erase(id);
  stream.request.reset();
  stream.reader = {};
  stream.frames.clear();
  if (!is_forgotten && !config_.ends_with_request) switch_.write(key, {}, true);
  touch(key, stream);
  finish_if_done(key, stream);
  if (!is_forgotten) observer_.on_answer(id, std::move(*message));
}

// One request at a time, and none while the peer leaves its answers unread. The credit of a request
// returns when it is taken, so a peer that is too quick is slowed down by its own window.
void Requests::read_request(StreamKey key, Stream& stream) {
  if (stream.inbound) return;
  if (stream.reader.unread_bytes() > 0 && switch_.writable(key) == 0) return;
  auto message = config_.has_request_body ? stream.reader.next()
                                          : Result<Bytes, wire::Fault>(Err{wire::Fault::truncated});
  // A request that is longer than the window comes only if what came of it is credited.
  const std::size_t kept = message ? stream.reader.unread_bytes() : 0;
  if (stream.unread_bytes > kept)
    switch_.consume(key, std::exchange(stream.unread_bytes, kept) - kept);
  if (message) return accept(key, stream, std::move(*message));
  if (message.error() != wire::Fault::truncated) {
    counters_.refused += 1;
    return give_up(key);
  }
  if (!stream.is_finished_by_peer) return;
  switch_.write(key, {}, true);
  erase(key);
}

void Requests::accept(StreamKey key, Stream& stream, Bytes body) {
  counters_.received += 1;
  const InboundId id = inbound_ids_.next();
  stream.inbound = id;
  inbound_.emplace(id, key);
  observer_.on_request({.id = id,
                        .connection = key.connection,
                        .peer = stream.peer.peer,
                        .remote = stream.peer.remote,
                        .body = std::move(body)});
}

void Requests::answer(InboundId id, Bytes body) {
  const StreamKey* known = inbound_.find(id);
  if (known == nullptr) return;
  const StreamKey key = *known;
  const Stream& stream = *streams_.find(key);
  const bool was_last = stream.is_finished_by_peer && stream.reader.unread_bytes() == 0;
  switch_.write(key, config_.framing.frame(std::move(body)), was_last || !config_.has_request_body);
  was_last ? erase(key) : dismiss(id);
}

void Requests::dismiss(InboundId id) {
  const StreamKey* known = inbound_.find(id);
  if (known == nullptr) return;
  const StreamKey key = *known;
  inbound_.erase(id);
  Stream& stream = *streams_.find(key);
  stream.inbound.reset();
  touch(key, stream);
  if (stream.reader.unread_bytes() == 0 && !stream.is_finished_by_peer) return;
  // Reading on may report the next request, and no call of ours may do that.
  events_.post([this, key] {
    if (Stream* again = streams_.find(key)) read_request(key, *again);
  });
}

void Requests::refuse(InboundId id) {
  const StreamKey* known = inbound_.find(id);
  if (known == nullptr) return;
  counters_.refused += 1;
  give_up(StreamKey(*known));  // a copy: `known` goes with it
}

void Requests::give_up(StreamKey key) {
  erase(key);
  switch_.reset(key);
}

void Requests::on_end(StreamKey key, StreamEnd why) {
  const Stream* stream = streams_.find(key);
  if (stream == nullptr) return;
  const auto request = stream->request;
  erase(key);
  if (!request) return;
  if (Outbound* outbound = requests_.find(*request)) outbound->stream.reset();
  switch (why) {
    case StreamEnd::unsupported:
      return fail(*request, RequestFailure::unsupported);
    case StreamEnd::connection_lost:
      return fail(*request, RequestFailure::unreachable);
    case StreamEnd::connection_closed:
      return try_again(*request);
    case StreamEnd::timeout:
      return fail(*request, RequestFailure::timeout);
    case StreamEnd::malformed:
      return fail(*request, RequestFailure::malformed);
    case StreamEnd::reset:
      return fail(*request, RequestFailure::refused);
  }
}

std::size_t Requests::held() const {
  return requests_.size() + waiting_for_peer_.size() + waiting_for_stream_.size() +
         streams_.size() + inbound_.size() + deadlines_.size();
}

void Requests::finish_if_done(StreamKey key, Stream& stream) {
  if (stream.is_finished_by_peer) erase(key);
}

void Requests::erase(StreamKey key) {
  const Stream* stream = streams_.find(key);
  if (stream == nullptr) return;
  deadlines_.cancel(stream->deadline);
  if (stream->inbound) inbound_.erase(*stream->inbound);
  if (stream->is_inbound) inbound_total_ -= 1;
  streams_.erase(key);
}

// A stream that carries no request may rest so long, and no longer. Its deadline is left where it
// is: when it comes, and the stream was used since, it is set again.
void Requests::touch(StreamKey key, Stream& stream) {
  stream.rests_since = timers_.now().instant;
  if (stream.deadline != DeadlineId{}) return;
  stream.deadline = deadlines_.add(stream.rests_since + config_.inbound_idle_max, key);
  alarm_.set(deadlines_.next());
}

void Requests::on_rest(StreamKey key) {
  Stream& stream = *streams_.find(key);
  stream.deadline = {};
  const Instant due = stream.rests_since + config_.inbound_idle_max;
  if (due <= timers_.now().instant) return give_up(key);
  stream.deadline = deadlines_.add(due, key);
}

// Few: the limit of a connection is the most that are looked at.
std::size_t Requests::inbound_of(ConnectionId connection) const {
  std::size_t count = 0;
  streams_.each_from({connection, 0}, [&](StreamKey key, const Stream& stream) {
    count += key.connection == connection && stream.is_inbound ? 1 : 0;
    return key.connection == connection;
  });
  return count;
}

void Requests::on_alarm() {
  while (const auto due = deadlines_.pop_due(timers_.now().instant)) {
    if (const auto* request = std::get_if<RequestId>(&*due))
      fail(*request, RequestFailure::timeout);
    if (const auto* key = std::get_if<StreamKey>(&*due)) on_rest(*key);
  }
  alarm_.set(deadlines_.next());
}

}  // namespace mycel::links
