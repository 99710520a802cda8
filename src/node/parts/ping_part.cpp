#include "node/parts/ping_part.hpp"

#include <utility>

#include "foundation/wire/peer_id_text.hpp"

namespace mycel::parts {

PingPart::PingPart(PartPorts ports, session::PingConfig config, Rng rng, links::Switch& streams,
                   links::ConnectionSource& connections, OnEvent on_event)
    : ports_(std::move(ports)),
      on_event_(std::move(on_event)),
      requests_({.protocol = std::string(session::ping_protocol),
                 .framing = {.fixed_size_bytes = session::ping_size_bytes},
                 .timeout = config.timeout},
                streams, connections, ports_.timers, ports_.events, *this),
      driver_(ports_.driver, session::Ping(config, rng),
              [this](session::PingOutput& output) { perform(output); }) {}

void PingPart::ping(const PeerId& peer, Then<Duration> then) {
  const auto operation =
      driver_.tell([&](session::Ping& ping, Now now) { return ping.ping(now, peer); });
  waiting_.emplace(operation, std::move(then));
}

void PingPart::on_peer_connected(const PeerId& peer) {
  driver_.tell([&](session::Ping& ping, Now now) { ping.on_peer_connected(now, peer); });
}

void PingPart::on_peer_disconnected(const PeerId& peer) {
  driver_.tell([&](session::Ping& ping, Now now) { ping.on_peer_disconnected(now, peer); });
}

void PingPart::perform(session::PingOutput& output) {
  for (auto& request : output.requests)
    requests_.request(request.id, request.peer, std::move(request.payload));
  for (auto& answer : output.answers) requests_.answer(answer.id, std::move(answer.payload));
  for (const InboundId refusal : output.refusals) requests_.refuse(refusal);
  for (auto& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event(event); });
}

void PingPart::on_event(const session::PingEvent& event) {
  on_event_(event);
  if (const auto* succeeded = std::get_if<session::PingSucceeded>(&event)) {
    if (const auto waiting = waiting_.extract(succeeded->operation))
      waiting.mapped()(succeeded->round_trip);
  } else if (const auto* failed = std::get_if<session::PingFailed>(&event)) {
    const std::string reason(to_text(failed->failure));
    if (const auto waiting = waiting_.extract(failed->operation))
      waiting.mapped()(Err{Refusal{
          reason, "no answer to a ping of " + wire::to_text(failed->peer) + ": " + reason}});
  }
}

void PingPart::on_answer(RequestId request, Bytes body) {
  driver_.tell([&](session::Ping& ping, Now now) { ping.on_answer(now, request, body); });
}

void PingPart::on_failure(RequestId request, RequestFailure why) {
  driver_.tell([&](session::Ping& ping, Now now) { ping.on_failure(now, request, why); });
}

void PingPart::on_request(links::InboundRequest request) {
  driver_.tell(
      [&](session::Ping& ping, Now now) { ping.on_request(now, request.id, request.body); });
}

}  // namespace mycel::parts
