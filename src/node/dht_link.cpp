#include "node/dht_link.hpp"

#include <utility>

namespace mycel {

DhtLink::DhtLink(std::string protocol, links::Switch& streams, links::ConnectionSource& connections,
                 ports::Timers& timers, drive::EventQueue& events)
    : requests_({.protocol = std::move(protocol), .framing = {.size_max_bytes = dht::message_size_max_bytes}},
                streams, connections, timers, events, *this) {}

void DhtLink::send(const dht::Request& request) {
  requests_.request(request.id, request.to, dht::encode(request.message), request.expects_answer);
}

void DhtLink::reply(const dht::Answer& answer) {
  switch (answer.reply) {
    case dht::Reply::message: return requests_.answer(answer.inbound, dht::encode(answer.message));
    case dht::Reply::nothing: return requests_.dismiss(answer.inbound);
    case dht::Reply::refusal: return requests_.refuse(answer.inbound);
  }
}

void DhtLink::on_answer(RequestId request, Bytes body) {
  const auto message = dht::decode(body);
  if (!message) {
    malformed_ += 1;
    return on_failure(request, RequestFailure::malformed);
  }
  dht_->tell([&](dht::Dht& dht, Now now) { dht.on_answer(now, request, *message); });
}

void DhtLink::on_failure(RequestId request, RequestFailure why) {
  dht_->tell([&](dht::Dht& dht, Now now) { dht.on_failure(now, request, why); });
}

void DhtLink::on_request(links::InboundRequest request) {
  const auto message = dht::decode(request.body);
  if (!message) {
    malformed_ += 1;
    return requests_.refuse(request.id);
  }
  dht_->tell([&](dht::Dht& dht, Now now) { dht.on_request(now, request.id, request.peer, *message); });
}

}  // namespace mycel
