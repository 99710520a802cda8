#pragma once
// Ping of a node over the wire, and who waits for a round trip.

#include <functional>
#include <map>

#include "protocol/session/ping.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::parts {

class PingPart final : public links::RequestsObserver {
 public:
  using OnEvent = std::function<void(const session::PingEvent&)>;

  PingPart(PartPorts ports, session::PingConfig config, Rng rng, links::Switch& streams,
           links::ConnectionSource& connections, OnEvent on_event);
  PingPart(const PingPart&) = delete;
  PingPart& operator=(const PingPart&) = delete;

  void ping(const PeerId& peer, Then<Duration> then);
  void on_peer_connected(const PeerId& peer);
  void on_peer_disconnected(const PeerId& peer);
  links::Requests& requests() { return requests_; }
  const session::Ping& machine() const { return driver_.machine(); }

 private:
  void on_answer(RequestId request, Bytes body) override;
  void on_failure(RequestId request, RequestFailure why) override;
  void on_request(links::InboundRequest request) override;
  void perform(session::PingOutput& output);
  void on_event(const session::PingEvent& event);

  PartPorts ports_;
  OnEvent on_event_;
  std::map<session::OperationId, Then<Duration>> waiting_;
  links::Requests requests_;
  drive::Driver<session::Ping, session::PingOutput> driver_;
};

}  // namespace mycel::parts
