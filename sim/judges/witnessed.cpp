// A proof that an honest node accepts has a quorum of genuine words of distinct nodes that may
// witness it; what it finds is true as long as no more lie than are reckoned with; and nobody
// honest is ever convicted. Nothing is believed of the machine here: signatures are checked again,
// and the truth is the network's.

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "protocol/dht/witness/findings.hpp"

#include "sim/place.hpp"
#include "sim/run.hpp"
#include "sim/signatures.hpp"

namespace mycel::sim {
namespace {

namespace witness = dht::witness;

// Of docs/protocols/witness.md, whatever a node is configured with.
constexpr std::size_t quorum = 5, liars_max = 2;
/// Beyond the nearest that are wanted: the estimate of how many nodes there are is off by a
/// quarter, the tolerance is twice, and nobody knows of all nodes that came and went.
constexpr std::uint64_t estimate_slack = 2;

/// A word may be counted, and its signer convicted before the whole proof is accepted: 15 s, and as
/// long as a process stands still meanwhile.
constexpr Duration under_way_max = 60s;

bool is_signed(const witness::Draw& draw, const witness::ProofPart& part) {
  const witness::Attestation& word = part.attestation.content;
  if (!part.key || part.key->content.peer != word.signer || word.request != draw.digest())
    return false;
  return is_genuine({ports::SignatureScheme::ed25519, Bytes::copy(word.signer.view()),
                     part.key->body, part.key->signature}) &&
         is_genuine({ports::SignatureScheme::ml_dsa_65, part.key->content.attestation_key,
                     part.attestation.body, part.attestation.signature}) &&
         part.attestation.body == encode(word);
}

class Witnessed final : public Judge {
 public:
  std::string_view name() const override { return "witnessed"; }

  void on_fact(Run& run, const Fact& fact, bool is_calm) override {
    if (const auto* proven = std::get_if<Proven>(&fact)) {
      if (!run.fleet().is_honest(proven->node)) return;
      judge_signers(run, *proven, is_calm);
      judge_findings(run, *proven);
    } else if (const auto* gone = std::get_if<WentDown>(&fact)) {
      convicted_.erase(gone->node);  // what its disk has kept it tells again
    } else if (const auto* convicted = std::get_if<Convicted>(&fact)) {
      convicted_[convicted->node].try_emplace(convicted->peer, run.now());
      const auto number = run.fleet().number_of(convicted->peer);
      if (number && run.fleet().is_honest(convicted->node) && run.fleet().is_honest(*number))
        accuse(run, convicted->node,
               "convicted node " + std::to_string(*number) + ", which is honest");
    }
  }

 private:
  void accuse(Run& run, std::uint32_t node, const std::string& what) const {
    run.accuse(name(), "node " + std::to_string(node) + " " + what);
  }

  void judge_signers(Run& run, const Proven& fact, bool is_calm) {
    const witness::Proof& proof = *fact.proof;
    const witness::Operation& operation = proof.draw.operation;
    std::set<witness::PeerKey> signers;
    for (const witness::ProofPart& part : proof.parts) {
      const witness::PeerKey& signer = part.attestation.content.signer;
      const PeerId peer = wire::peer_id_of(signer);
      if (!is_signed(proof.draw, part)) accuse(run, fact.node, "counts a word that nobody signed");
      const auto convicted = convicted_[fact.node].find(peer);
      if (convicted != convicted_[fact.node].end() && convicted->second + under_way_max < run.now())
        accuse(run, fact.node, "believes a convict");
      if (!run.fleet().number_of(peer)) accuse(run, fact.node, "believes somebody who is nobody");
      if (signer == operation.source || signer == operation.target)
        accuse(run, fact.node, "lets a side witness its own operation");
      const std::uint64_t nodes = std::max<std::uint64_t>(run.core().size() / estimate_slack, 1);
      if (is_calm && !witness::is_eligible({}, nodes, proof.draw.drawn_point(), peer))
        accuse(run, fact.node, "believes a witness far from what was drawn");
      signers.insert(signer);
    }
    if (signers.size() < quorum)
      accuse(run, fact.node, "accepts a proof of " + std::to_string(signers.size()) + " witnesses");
  }

  void judge_findings(Run& run, const Proven& fact) const {
    std::vector<const witness::Attestation*> honest;
    for (const witness::ProofPart& part : fact.proof->parts)
      if (is_honest(run, part.attestation.content.signer))
        honest.push_back(&part.attestation.content);
    if (fact.proof->parts.size() - honest.size() > liars_max) return;
    const witness::Findings found = findings_of({}, fact.proof);
    const witness::Operation& operation = fact.proof->draw.operation;
    judge_observation(run, fact.node, operation.source, found.source, honest,
                      &witness::Attestation::source);
    judge_observation(run, fact.node, operation.target, found.target, honest,
                      &witness::Attestation::target);
    for (const witness::Point& neighbour : found.neighbours) {
      const auto names = [&](const witness::Attestation* word) {
        return std::ranges::find(word->neighbours, neighbour) != word->neighbours.end();
      };
      if (std::ranges::none_of(honest, names))
        accuse(run, fact.node, "finds a neighbour that only liars name");
    }
  }

  void judge_observation(Run& run, std::uint32_t node, const witness::PeerKey& of,
                         const witness::Observation& found,
                         const std::vector<const witness::Attestation*>& honest,
                         witness::Observation witness::Attestation::* seen) const {
    if (found.endpoint && is_honest(run, of) && !is_place_of(run, of, *found.endpoint))
      accuse(run, node, "finds a node at an address where it never was");
    if (found.round_trip == witness::RoundTrip{}) return;
    const auto is_below = [&](const auto* word) {
      return (word->*seen).round_trip != witness::RoundTrip{} &&
             (word->*seen).round_trip <= found.round_trip;
    };
    const auto is_above = [&](const auto* word) {
      return (word->*seen).round_trip >= found.round_trip;
    };
    if (std::ranges::none_of(honest, is_below) || std::ranges::none_of(honest, is_above))
      accuse(run, node, "finds a round trip beyond what any honest witness measured");
  }

  static bool is_honest(Run& run, const witness::PeerKey& key) {
    const auto number = run.fleet().number_of(wire::peer_id_of(key));
    return number && run.fleet().is_honest(*number);
  }

  // An address names its node, wherever that has moved.
  static bool is_place_of(Run& run, const witness::PeerKey& of, const witness::Endpoint& seen) {
    wire::QuicAddress address{.is_ipv6 = seen.is_ipv6, .port = seen.port};
    std::memcpy(address.ip.data(), seen.ip.data(), address.ip.size());
    const auto place = to_place(wire::quic_multiaddr(address));
    return place && run.fleet().number_of(wire::peer_id_of(of)) == place->number;
  }

  std::map<std::uint32_t, std::map<PeerId, Instant>> convicted_;  // by whom, and since when
};

}  // namespace

std::unique_ptr<Judge> make_judge_witnessed() {
  return std::make_unique<Witnessed>();
}

}  // namespace mycel::sim
