#include "node/parts/trust_part.hpp"

#include <string>
#include <utility>

#include "foundation/wire/key.hpp"

#include "protocol/dht/witness/equivocation.hpp"

#include "node/parts/signature_port.hpp"

namespace mycel::parts {
namespace {

namespace witness = dht::witness;

/// What has to be genuine for the evidence to convict whom it names; none: it cannot.
std::optional<witness::EquivocationExam> exam_of(const Evidence& evidence) {
  const auto proof = witness::decode_equivocation(evidence.proof);
  if (!proof) return std::nullopt;
  auto exam = examine(*proof);
  if (!exam) return std::nullopt;
  const auto& signer = exam->proof.first.attestation.content.signer;
  if (wire::peer_id_of(signer) != evidence.against) return std::nullopt;
  return *std::move(exam);
}

}  // namespace

TrustPart::TrustPart(PartPorts ports, trust::Config config, links::Switch& streams,
                     links::ConnectionSource& connections, ports::Signatures& signatures,
                     OnEvent on_event)
    : ports_(std::move(ports)),
      signatures_(signatures),
      on_event_(std::move(on_event)),
      requests_({.protocol = std::string(trust::trust_protocol),
                 .framing = {.size_max_bytes = trust::message_size_max_bytes},
                 .ends_with_request = true},
                streams, connections, ports_.timers, ports_.events, *this),
      driver_(
          ports_.driver, trust::Ledger(std::move(config)),
          [this](trust::Output& output) { perform(output); },
          [this](trust::Output& output) { perform_early(output); }) {}

Result<void, ports::StoreError> TrustPart::load() {
  return ports_.driver.store.scan(
      Table::meta, as_bytes(trust::store_prefix), [this](ByteView key, ByteView value) {
        const bool is_read =
            driver_.tell([&](trust::Ledger& it, Now) { return it.load(key, value); });
        if (!is_read) ports_.log.warn("stored evidence cannot be read", {});
        return true;
      });
}

void TrustPart::on_evidence(const Evidence& evidence) {
  driver_.tell([&](trust::Ledger& it, Now) { it.on_evidence(evidence); });
}

void TrustPart::on_fault(const PeerId& peer) {
  driver_.tell([&](trust::Ledger& it, Now now) { it.on_fault(now, peer); });
}

void TrustPart::on_peer(const PeerId& peer) {
  driver_.tell([&](trust::Ledger& it, Now) { it.on_peer(peer); });
}

void TrustPart::on_peer_gone(const PeerId& peer) {
  driver_.tell([&](trust::Ledger& it, Now) { it.on_peer_gone(peer); });
}

void TrustPart::perform_early(trust::Output& output) {
  for (const trust::Check& what : output.checks) check(what);
  for (trust::Send& what : output.sends) requests_.request(what.id, what.to, std::move(what.body));
}

void TrustPart::perform(trust::Output& output) {
  for (trust::Answer& what : output.answers) requests_.answer(what.id, std::move(what.body));
  for (const InboundId refusal : output.refusals) requests_.refuse(refusal);
  for (const trust::Event& event : output.events)
    ports_.events.post([this, event] { on_event_(event); });
}

void TrustPart::check(const trust::Check& what) {
  auto exam = exam_of(what.evidence);
  if (!exam) return ports_.events.post([this, id = what.id] { tell(id, false); });
  auto checks = to_port(exam->checks);
  signatures_.verify(std::move(checks), [this, alive = std::weak_ptr<int>(alive_), id = what.id,
                                         exam = *std::move(exam)](const std::vector<bool>& all) {
    if (!alive.expired()) tell(id, static_cast<bool>(conclude(exam, Genuine(all).span())));
  });
}

void TrustPart::tell(trust::CheckId id, bool is_proven) {
  driver_.tell([&](trust::Ledger& it, Now now) { it.on_checked(now, id, is_proven); });
}

void TrustPart::on_answer(RequestId request, Bytes body) {
  const auto message = trust::decode(body);
  if (!message) return on_failure(request, RequestFailure::malformed);
  driver_.tell([&](trust::Ledger& it, Now) { it.on_answer(request, *message); });
}

void TrustPart::on_failure(RequestId request, RequestFailure why) {
  driver_.tell([&](trust::Ledger& it, Now) { it.on_failure(request, why); });
}

void TrustPart::on_request(links::InboundRequest request) {
  const auto message = trust::decode(request.body);
  if (!message) return requests_.refuse(request.id);
  driver_.tell(
      [&](trust::Ledger& it, Now now) { it.on_request(now, request.id, request.peer, *message); });
}

}  // namespace mycel::parts
