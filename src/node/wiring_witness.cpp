// The edges of witnesses, trust and cross-checking: who is believed, and what follows from it.

#include <memory>
#include <utility>

#include "foundation/wire/peer_id_text.hpp"

#include "node/wiring.hpp"

namespace mycel {
namespace {

template <class Peers>
std::vector<PeerId> ids_of(const Peers& peers) {
  std::vector<PeerId> ids;
  ids.reserve(peers.size());
  for (const auto& peer : peers) ids.push_back(peer.id);
  return ids;
}

}  // namespace

void Wiring::on_witness_event(const dht::witness::Event& event) {
  if (const auto* evidence = std::get_if<Evidence>(&event)) {
    tell("equivocation", evidence->against);
    trust_->on_evidence(*evidence);
  } else if (const auto* witnessed = std::get_if<dht::witness::Witnessed>(&event)) {
    tell("witnessed", self_);
    if (on_proof) on_proof(witnessed->proof);
  } else if (const auto* collected = std::get_if<dht::witness::Collected>(&event)) {
    if (on_proof) on_proof(collected->proof);
  }
}

// Whoever is proven to have lied is asked nothing any more, neither as a witness nor in lookups.
void Wiring::on_trust_event(const trust::Event& event) {
  const auto& convicted = *std::get_if<trust::Convicted>(&event);
  dht_.bar(convicted.peer);
  tell("convicted", convicted.peer);
  if (!convicted.is_known)
    ports_.log.warn("a peer is proven to have told two stories",
                    {{"peer", wire::to_text(convicted.peer)}});
}

void Wiring::on_cross_check_event(const dht::CrossCheckEvent& event) {
  const auto& found = *std::get_if<dht::Inconsistent>(&event);
  tell("inconsistent", found.peer);
  ports_.log.warn("a peer hides its neighbours",
                  {{"peer", wire::to_text(found.peer)}, {"hidden", found.hidden.size()}});
  if (trust_) trust_->on_fault(found.peer);
}

// What the edges need.

std::unique_ptr<parts::WitnessPart> Wiring::make_witness(const NodeSetup& setup) {
  if (!setup.witness || ports_.signatures == nullptr) return nullptr;
  return std::make_unique<parts::WitnessPart>(
      part_ports(), *setup.witness, Rng(setup.seed).fork("witness"), switch_, connect_,
      *ports_.signatures,
      parts::WitnessEdges{
          .find_nearest =
              [this](const Bytes& key, auto then) {
                dht_.look_up([&](dht::Dht& dht, Now now) { return dht.find_nearest(now, key); },
                             std::move(then));
              },
          .table = [this]() -> const dht::RoutingTable& { return dht_.dht().table(); },
          .remote = [this](const PeerId& peer) { return connect_.connector().remote_of(peer); },
          .round_trip = [this](const PeerId& peer) { return ping_.machine().round_trip(peer); },
          .on_addresses =
              [this](const PeerInfo& peer) {
                connect_.add_addresses(peer, connect::Source::learned);
              },
          .trust_in =
              [this](const PeerId& peer) {
                return dht::witness::Trust{trust_->score_of(peer).value()};
              }},
      [this](const auto& event) { on_witness_event(event); });
}

std::unique_ptr<parts::TrustPart> Wiring::make_trust(const NodeSetup& setup) {
  if (!setup.witness || ports_.signatures == nullptr) return nullptr;
  return std::make_unique<parts::TrustPart>(part_ports(), trust::Config{.self = setup.self},
                                            switch_, connect_, *ports_.signatures,
                                            [this](const auto& event) { on_trust_event(event); });
}

std::unique_ptr<parts::CrossCheckPart> Wiring::make_cross_check(const NodeSetup& setup) {
  if (!setup.cross_check) return nullptr;
  using OnPeers = parts::CrossCheckEdges::OnPeers;
  return std::make_unique<parts::CrossCheckPart>(
      part_ports(), *setup.cross_check, Rng(setup.seed).fork("cross check"),
      parts::CrossCheckEdges{
          .find_nearest =
              [this](const Bytes& key, const OnPeers& then) {
                dht_.look_up([&](dht::Dht& dht, Now now) { return dht.find_nearest(now, key); },
                             [this, then](const dht::LookupDone& done) {
                               const auto* found = std::get_if<dht::Peers>(&done.result);
                               if (found == nullptr) return then(std::nullopt);
                               for (const PeerInfo& peer : found->nearest)
                                 connect_.add_addresses(peer, connect::Source::learned);
                               then(ids_of(found->nearest));
                             });
              },
          .ask =
              [this](const PeerId& peer, const Bytes& key, const OnPeers& then) {
                dht_.send(peer, {.type = dht::MessageType::find_node, .key = key},
                          [then](const std::optional<dht::Message>& answer) {
                            if (!answer) return then(std::nullopt);
                            then(ids_of(answer->closer));
                          });
              }},
      [this](const auto& event) { on_cross_check_event(event); });
}

}  // namespace mycel
