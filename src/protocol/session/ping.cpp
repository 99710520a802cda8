#include "protocol/session/ping.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mycel::session {
namespace {

/// RFC 6298 gives a new sample an eighth of the weight.
constexpr int smoothing = 8;

/// Says nothing about the peer: we could not even ask.
bool is_our_doing(RequestFailure failure) {
  return failure == RequestFailure::overloaded;
}

}  // namespace

void PingOutput::clear() {
  persist.clear();
  durability = Durability::buffered;
  requests.clear();
  answers.clear();
  refusals.clear();
  events.clear();
}

void PingCounters::each(const CounterVisitor& visit) const {
  visit({"pings_sent_total", "Pings sent."}, sent);
  visit({"pings_answered_total", "Pings that came back."}, answered);
  visit({"pings_missed_total", "Pings that did not come back."}, missed);
  visit({"pings_echoed_total", "Pings of peers that were answered."}, echoed);
  visit({"pings_refused_total", "Pings of peers that were not 32 bytes."}, refused);
  visit({"peers_silent_total", "Times a connected peer stopped answering."}, silent);
}

OperationId Ping::ping(Now now, const PeerId& peer) {
  const OperationId operation = operation_ids_.next();
  const auto current = request_of_.find(peer);
  const bool is_full = current == request_of_.end()
                           ? under_way_.size() >= config_.under_way_max
                           : under_way_.at(current->second).sharers.size() >= config_.sharers_max;
  if (is_full) {
    output_.events.emplace_back(PingFailed{operation, peer, RequestFailure::overloaded});
    return operation;
  }
  UnderWay& under_way =
      current == request_of_.end() ? send(now, peer) : under_way_.at(current->second);
  under_way.sharers.push_back(operation);
  return operation;
}

Ping::UnderWay& Ping::send(Now now, const PeerId& peer) {
  std::array<std::byte, ping_size_bytes> payload;
  rng_.fill(payload);
  const RequestId id = request_ids_.next();
  const Bytes bytes = Bytes::copy(ByteView(payload));
  counters_.sent += 1;
  output_.requests.push_back({id, peer, bytes, config_.timeout});
  request_of_.emplace(peer, id);
  return under_way_.emplace(id, UnderWay{peer, bytes, now.instant, {}}).first->second;
}

void Ping::on_peer_connected(Now now, const PeerId& id) {
  if (peers_.size() >= config_.peers_max) return;
  const auto [peer, is_new] = peers_.try_emplace(id);
  if (is_new) plan(now, id, peer->second);
}

void Ping::on_peer_disconnected(Now, const PeerId& id) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  due_.cancel(found->second.due);
  peers_.erase(found);
}

// Jitter, so that the pings of many connections do not stay in step.
void Ping::plan(Now now, const PeerId& id, Peer& peer) {
  due_.cancel(peer.due);
  peer.due = {};
  if (config_.every <= Duration{} || !peer.is_supported) return;
  const Duration fifth = config_.every / 5;
  const auto jitter = rng_.below(2 * static_cast<std::uint64_t>(fifth.count()) + 1);
  const Duration pause = config_.every - fifth + Duration(static_cast<Duration::rep>(jitter));
  peer.due = due_.add(now.instant + pause, id);
}

void Ping::on_deadline(Now now) {
  while (const auto id = due_.pop_due(now.instant)) {
    Peer& peer = peers_.at(*id);
    peer.due = {};
    plan(now, *id, peer);
    const bool has_room = under_way_.size() < config_.under_way_max;
    if (has_room && !request_of_.contains(*id)) send(now, *id);
  }
}

std::optional<Ping::UnderWay> Ping::take(RequestId request) {
  const auto found = under_way_.find(request);
  if (found == under_way_.end()) return std::nullopt;
  std::optional<UnderWay> ping(std::move(found->second));
  under_way_.erase(found);
  request_of_.erase(ping->peer);
  return ping;
}

void Ping::on_answer(Now now, RequestId request, ByteView payload) {
  const auto ping = take(request);
  if (!ping) return;
  if (!equal(payload, ping->payload)) {
    return fail(*ping, RequestFailure::malformed);
  }
  counters_.answered += 1;
  const Duration round_trip = now.instant - ping->sent;
  for (const OperationId operation : ping->sharers)
    output_.events.emplace_back(PingSucceeded{operation, ping->peer, round_trip});
  const auto found = peers_.find(ping->peer);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  peer.misses = 0;
  peer.round_trip =
      peer.round_trip ? *peer.round_trip + (round_trip - *peer.round_trip) / smoothing : round_trip;
}

void Ping::on_failure(Now, RequestId request, RequestFailure failure) {
  if (const auto ping = take(request)) fail(*ping, failure);
}

void Ping::fail(const UnderWay& ping, RequestFailure failure) {
  counters_.missed += 1;
  for (const OperationId operation : ping.sharers)
    output_.events.emplace_back(PingFailed{operation, ping.peer, failure});
  const auto found = peers_.find(ping.peer);
  if (found != peers_.end()) on_miss(ping.peer, found->second, failure);
}

void Ping::on_miss(const PeerId& id, Peer& peer, RequestFailure failure) {
  if (is_our_doing(failure)) return;
  if (failure == RequestFailure::unsupported) {
    peer.is_supported = false;  // it is there, and will never answer
    due_.cancel(peer.due);
    peer.due = {};
    return;
  }
  peer.misses += 1;
  if (peer.misses != config_.misses_max) return;
  counters_.silent += 1;
  output_.events.emplace_back(PeerSilent{id, peer.misses});
}

void Ping::on_request(Now, InboundId request, const Bytes& payload) {
  if (payload.size() != ping_size_bytes) {
    counters_.refused += 1;
    output_.refusals.push_back(request);
    return;
  }
  counters_.echoed += 1;
  output_.answers.push_back({request, payload});
}

void Ping::take_output(PingOutput& output) {
  std::swap(output_, output);
}

std::optional<Duration> Ping::round_trip(const PeerId& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? std::nullopt : found->second.round_trip;
}

}  // namespace mycel::session
