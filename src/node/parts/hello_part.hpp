#pragma once
// Hello of a node over the wire: it is the keeper of the gate that new connections wait at.

#include <functional>
#include <map>
#include <vector>

#include "protocol/session/hello.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::parts {

class HelloPart final : public links::RequestsObserver, public links::Gatekeeper {
 public:
  using OnEvent = std::function<void(const session::HelloEvent&)>;

  HelloPart(PartPorts ports, const session::HelloConfig& config, const PeerId& self,
            links::Switch& streams, links::ConnectionSource& connections, OnEvent on_event);
  HelloPart(const HelloPart&) = delete;
  HelloPart& operator=(const HelloPart&) = delete;

  const session::Hello& machine() const { return driver_.machine(); }
  /// Calls `then` once it is settled who is at the other end, or that the connection is no more.
  void when_settled(ConnectionId connection, Then<session::Standing> then);

 private:
  void on_answer(RequestId request, Bytes body) override;
  void on_failure(RequestId request, RequestFailure why) override;
  void on_request(links::InboundRequest request) override;
  void on_connected(ConnectionId connection, const ports::Connected& what) override;
  void on_closed(ConnectionId connection, const ports::Closed& why) override;
  void on_plain(ConnectionId connection) override;
  void perform(session::HelloOutput& output);
  void on_event(const session::HelloEvent& event);
  void settle(ConnectionId connection, const Result<session::Standing, Refusal>& outcome);

  PartPorts ports_;
  OnEvent on_event_;
  links::Switch& switch_;
  std::map<ConnectionId, std::vector<Then<session::Standing>>> waiting_;
  links::Requests requests_;
  drive::Driver<session::Hello, session::HelloOutput> driver_;
};

}  // namespace mycel::parts
