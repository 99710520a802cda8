#pragma once
// Identify and identify push of a node over the wire.

#include <functional>
#include <memory>
#include <vector>

#include "protocol/session/identify.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::parts {

class IdentifyPart {
 public:
  using OnEvent = std::function<void(const session::IdentifyEvent&)>;

  IdentifyPart(PartPorts ports, session::IdentifyConfig config, const PeerId& self, Rng rng,
               links::Switch& streams, links::ConnectionSource& connections, OnEvent on_event);
  IdentifyPart(const IdentifyPart&) = delete;
  IdentifyPart& operator=(const IdentifyPart&) = delete;

  void set_local(const Addresses& addresses, const std::vector<std::string>& protocols,
                 const Bytes& sealed_peer_record);
  void on_peer_connected(ConnectionId connection, const PeerId& peer, const Multiaddr& remote);
  void on_peer_disconnected(const PeerId& peer);

  /// For liars of the simulator: see Driver.
  void bend(drive::Bend<session::IdentifyOutput> bend) { driver_.bend(std::move(bend)); }

  const session::Identify& identify() const { return driver_.machine(); }

 private:
  struct Asking final : links::RequestsObserver {
    explicit Asking(IdentifyPart& owner) : part(owner) {}
    void on_answer(RequestId request, Bytes body) override;
    void on_failure(RequestId request, RequestFailure why) override;
    void on_request(links::InboundRequest request) override;
    IdentifyPart& part;
  };
  struct Pushing final : links::RequestsObserver {
    explicit Pushing(IdentifyPart& owner) : part(owner) {}
    void on_answer(RequestId, Bytes) override {}
    void on_failure(RequestId, RequestFailure) override {}
    void on_request(links::InboundRequest request) override;
    IdentifyPart& part;
  };

  void perform(session::IdentifyOutput& output);

  PartPorts ports_;
  OnEvent on_event_;
  Asking asking_{*this};
  Pushing pushing_{*this};
  links::Requests requests_;
  links::Requests pushes_;
  Sequence<RequestId> push_ids_;
  drive::Driver<session::Identify, session::IdentifyOutput> driver_;
};

}  // namespace mycel::parts
