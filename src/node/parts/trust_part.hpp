#pragma once
// Trust in a node: the ledger, the wire, and who checks what others bring as evidence.

#include <functional>
#include <memory>

#include "protocol/trust/ledger.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"
#include "runtime/ports/signatures.hpp"

namespace mycel::parts {

class TrustPart final : public links::RequestsObserver {
 public:
  using OnEvent = std::function<void(const trust::Event&)>;

  TrustPart(PartPorts ports, trust::Config config, links::Switch& streams,
            links::ConnectionSource& connections, ports::Signatures& signatures, OnEvent on_event);
  TrustPart(const TrustPart&) = delete;
  TrustPart& operator=(const TrustPart&) = delete;

  /// Takes up what the store remembers.
  Result<void, ports::StoreError> load();

  /// What a part of this node has proved.
  void on_evidence(const Evidence& evidence);
  /// What a part of this node has seen, and cannot prove to others.
  void on_fault(const PeerId& peer);
  /// A peer may be told what is known of others.
  void on_peer(const PeerId& peer);
  void on_peer_gone(const PeerId& peer);
  links::Requests& requests() { return requests_; }

  trust::Score score_of(const PeerId& peer) const {
    return machine().score_of(ports_.timers.now(), peer);
  }

  // For liars of the simulator: see Driver.
  void bend(drive::Bend<trust::Output> bend) { driver_.bend(std::move(bend)); }
  void stir() { driver_.stir(); }

  const trust::Ledger& machine() const { return driver_.machine(); }

 private:
  void on_answer(RequestId request, Bytes body) override;
  void on_failure(RequestId request, RequestFailure why) override;
  void on_request(links::InboundRequest request) override;

  void perform_early(trust::Output& output);
  void perform(trust::Output& output);
  void check(const trust::Check& what);
  void tell(trust::CheckId id, bool is_proven);

  PartPorts ports_;
  ports::Signatures& signatures_;
  OnEvent on_event_;
  links::Requests requests_;
  drive::Driver<trust::Ledger, trust::Output> driver_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace mycel::parts
