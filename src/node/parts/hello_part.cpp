#include "node/parts/hello_part.hpp"

#include <string>
#include <utility>

#include "foundation/wire/peer_id_text.hpp"

#include "protocol/session/identify_message.hpp"
#include "protocol/session/ping.hpp"

namespace mycel::parts {
namespace {

// A second hello of the same connection finds no room.
constexpr std::size_t hellos_per_connection = 1;

links::Gate gate() {
  return {
      .entrance = std::string(session::hello_protocol),
      .open = {std::string(session::identify_protocol),
               std::string(session::identify_push_protocol), std::string(session::ping_protocol)}};
}

Refusal refusal_of(const session::Refused& refused) {
  const std::string peer = wire::to_text(refused.peer);
  return {std::string(to_text(refused.reason)),
          refused.is_by_peer ? peer + " refuses this node: " + refused.text
                             : "this node refuses " + peer + ": " + refused.text};
}

}  // namespace

HelloPart::HelloPart(PartPorts ports, const session::HelloConfig& config, const PeerId& self,
                     links::Switch& streams, links::ConnectionSource& connections, OnEvent on_event)
    : ports_(std::move(ports)),
      on_event_(std::move(on_event)),
      switch_(streams),
      requests_({.protocol = std::string(session::hello_protocol),
                 .framing = {.size_max_bytes = session::hello_size_max_bytes},
                 .ends_with_request = true,
                 .timeout = config.timeout,
                 .inbound_per_connection = hellos_per_connection},
                streams, connections, ports_.timers, ports_.events, *this),
      driver_(ports_.driver, session::Hello(config, self),
              [this](session::HelloOutput& output) { perform(output); }) {
  switch_.guard(gate(), *this);
}

void HelloPart::when_settled(ConnectionId connection, Then<session::Standing> then) {
  const auto* session = machine().session(connection);
  if (session != nullptr && session->standing == session::Standing::unknown)
    return waiting_[connection].push_back(std::move(then));
  ports_.events.post(
      [then = std::move(then), is_there = session != nullptr,
       standing = session != nullptr ? session->standing : session::Standing::unknown] {
        if (is_there) return then(standing);
        then(Err{Refusal{"gone", "the connection ended before it was known who is there"}});
      });
}

void HelloPart::on_connected(ConnectionId connection, const ports::Connected& what) {
  driver_.tell([&](session::Hello& hello, Now now) {
    hello.on_connected(now, connection, what.peer, what.direction);
  });
}

void HelloPart::on_closed(ConnectionId connection, const ports::Closed& why) {
  const bool is_by_peer = why.reason == ports::CloseReason::remote;
  driver_.tell([&](session::Hello& hello, Now now) {
    hello.on_closed(now, connection, is_by_peer ? why.code : 0, why.text);
  });
  // After what the machine has to say of it.
  if (waiting_.contains(connection))
    ports_.events.post([this, connection] {
      settle(connection,
             Err{Refusal{"gone", "the connection ended before it was known who is there"}});
    });
}

void HelloPart::on_plain(ConnectionId connection) {
  driver_.tell([&](session::Hello& hello, Now now) { hello.on_plain(now, connection); });
}

void HelloPart::on_answer(RequestId request, Bytes body) {
  driver_.tell([&](session::Hello& hello, Now now) { hello.on_answer(now, request, body); });
}

void HelloPart::on_failure(RequestId request, RequestFailure why) {
  driver_.tell([&](session::Hello& hello, Now now) { hello.on_failure(now, request, why); });
}

void HelloPart::on_request(links::InboundRequest request) {
  driver_.tell([&](session::Hello& hello, Now now) {
    hello.on_message(now, request.id, request.connection, request.body);
  });
}

void HelloPart::perform(session::HelloOutput& output) {
  for (auto& request : output.requests)
    requests_.request_on(request.id, request.connection, std::move(request.body));
  for (auto& answer : output.answers) requests_.answer(answer.id, std::move(answer.body));
  for (const InboundId refusal : output.refusals) requests_.refuse(refusal);
  for (const auto& close : output.closes)
    ports_.links.close(close.connection, close.code, close.text);
  for (auto& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event(event); });
}

void HelloPart::on_event(const session::HelloEvent& event) {
  if (const auto* welcomed = std::get_if<session::Welcomed>(&event)) {
    switch_.admit(welcomed->connection,
                  welcomed->is_limited ? links::Access::limited : links::Access::full);
    on_event_(event);
    settle(welcomed->connection, welcomed->standing);
  } else if (const auto* refused = std::get_if<session::Refused>(&event)) {
    on_event_(event);
    settle(refused->connection, Err{refusal_of(*refused)});
  }
}

void HelloPart::settle(ConnectionId connection, const Result<session::Standing, Refusal>& outcome) {
  const auto waiting = waiting_.extract(connection);
  if (!waiting) return;
  for (const auto& then : waiting.mapped()) then(outcome);
}

}  // namespace mycel::parts
