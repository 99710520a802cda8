#include "node/parts/identify_part.hpp"

#include <utility>

namespace mycel::parts {
namespace {

constexpr links::Framing framing{.size_max_bytes = session::identify_frame_size_max_bytes};

links::RequestsConfig asking_config() {
  return {.protocol = std::string(session::identify_protocol),
          .framing = framing,
          .has_request_body = false,
          .ends_with_request = true,
          .answer_frames_max = session::identify_frames_max};
}
links::RequestsConfig pushing_config() {
  return {.protocol = std::string(session::identify_push_protocol),
          .framing = framing,
          .has_answer = false};
}

}  // namespace

IdentifyPart::IdentifyPart(PartPorts ports, session::IdentifyConfig config, const PeerId& self,
                           Rng rng, links::Switch& streams, links::ConnectionSource& connections,
                           OnEvent on_event)
    : ports_(std::move(ports)),
      on_event_(std::move(on_event)),
      requests_(asking_config(), streams, connections, ports_.timers, ports_.events, asking_),
      pushes_(pushing_config(), streams, connections, ports_.timers, ports_.events, pushing_),
      driver_(ports_.driver, session::Identify(std::move(config), self, rng),
              [this](session::IdentifyOutput& output) { perform(output); }) {}

void IdentifyPart::set_local(const Addresses& addresses, const std::vector<std::string>& protocols,
                             const Bytes& sealed_peer_record) {
  driver_.tell([&](session::Identify& identify, Now now) {
    identify.set_local(now, addresses, protocols, sealed_peer_record);
  });
}

void IdentifyPart::on_peer_connected(ConnectionId connection, const PeerId& peer,
                                     const Multiaddr& remote) {
  driver_.tell([&](session::Identify& identify, Now now) {
    identify.on_peer_connected(now, connection, peer, remote);
  });
}

void IdentifyPart::on_peer_disconnected(const PeerId& peer) {
  driver_.tell(
      [&](session::Identify& identify, Now now) { identify.on_peer_disconnected(now, peer); });
}

void IdentifyPart::perform(session::IdentifyOutput& output) {
  for (const auto& request : output.requests)
    requests_.request_on(request.id, request.connection, {});
  for (auto& answer : output.answers) requests_.answer(answer.id, std::move(answer.body));
  for (auto& push : output.pushes)
    pushes_.request_on(push_ids_.next(), push.connection, std::move(push.body), false);
  for (auto& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event_(event); });
}

void IdentifyPart::Asking::on_answer(RequestId request, Bytes body) {
  part.driver_.tell(
      [&](session::Identify& identify, Now now) { identify.on_answer(now, request, body); });
}

void IdentifyPart::Asking::on_failure(RequestId request, RequestFailure why) {
  part.driver_.tell(
      [&](session::Identify& identify, Now now) { identify.on_failure(now, request, why); });
}

void IdentifyPart::Asking::on_request(links::InboundRequest request) {
  part.driver_.tell([&](session::Identify& identify, Now now) {
    identify.on_request(now, request.id, request.connection, request.peer);
  });
}

void IdentifyPart::Pushing::on_request(links::InboundRequest request) {
  part.driver_.tell([&](session::Identify& identify, Now now) {
    identify.on_push(now, request.peer, request.body);
  });
  part.pushes_.dismiss(request.id);
}

}  // namespace mycel::parts
