#include "node/control/witness_api.hpp"

#include <map>
#include <string>
#include <utility>

#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "protocol/dht/witness/findings.hpp"

#include "node/control/json_words.hpp"

namespace mycel::control {
namespace {

namespace witness = dht::witness;
using Proven = Result<witness::Verified<witness::Proof>, parts::Refusal>;

/// Power-of-two buckets of milliseconds, as people read them.
std::string to_text(witness::RoundTrip round_trip) {
  if (round_trip == witness::RoundTrip{}) return "unknown";
  return "below " + std::to_string(1U << (round_trip.value() - 1)) + " ms";
}

std::string to_text(const std::optional<witness::Endpoint>& endpoint) {
  if (!endpoint) return "unknown";
  wire::QuicAddress address{.is_ipv6 = endpoint->is_ipv6, .port = endpoint->port};
  for (std::size_t i = 0; i < address.ip.size(); ++i)
    address.ip[i] = std::to_integer<std::uint8_t>(endpoint->ip[i]);
  return wire::to_text(wire::quic_multiaddr(address));
}

json::object to_json(const witness::Observation& seen) {
  return {{"addr", to_text(seen.endpoint)}, {"round_trip", to_text(seen.round_trip)}};
}

/// Points that are peers this node knows, by their names; others by the hash of theirs.
json::array neighbours_json(const daemon::Daemon& daemon, const witness::Proof& proof,
                            const std::vector<witness::Point>& points) {
  std::map<witness::Point, PeerId> known;
  const auto know = [&](const PeerId& peer) { known.emplace(witness::point_of(peer), peer); };
  know(daemon.wiring().self());
  know(wire::peer_id_of(proof.draw.operation.target));
  for (const PeerId& peer : daemon.wiring().dht().dht().table().peers()) know(peer);
  json::array all;
  for (const witness::Point& point : points) {
    const auto peer = known.find(point);
    all.emplace_back(peer != known.end() ? wire::to_text(peer->second)
                                         : "sha256:" + wire::to_base64url(point.view()));
  }
  return all;
}

json::object proof_json(const daemon::Daemon& daemon, const std::string& key,
                        const witness::Verified<witness::Proof>& proof) {
  const witness::Findings found = findings_of({}, proof);
  json::array witnesses;
  for (const witness::ProofPart& part : proof->parts) {
    const witness::Attestation& word = part.attestation.content;
    witnesses.push_back(json::object{{"peer", wire::to_text(wire::peer_id_of(word.signer))},
                                     {"source", to_json(word.source)},
                                     {"target", to_json(word.target)},
                                     {"neighbours", word.neighbours.size()}});
  }
  return {{"key", key},
          {"at", wire::to_text(wire::peer_id_of(proof->draw.operation.target))},
          {"witnesses", std::move(witnesses)},
          {"source", to_json(found.source)},
          {"target", to_json(found.target)},
          {"neighbours", neighbours_json(daemon, *proof, found.neighbours)}};
}

void collect(daemon::Daemon& daemon, const std::string& key, const PeerId& target,
             const http::Reply& reply) {
  const Instant began = daemon.loop().now().instant;
  daemon.wiring().reach(target, [&daemon, key, target, reply, began](const auto& reached) {
    if (!reached) return reply(refuse(reached.error()));
    daemon.wiring().witness()->collect({.target = target,
                                        .key = crypto::sha256(as_bytes(key)),
                                        .kind = witness::OperationKind::verify},
                                       [&daemon, key, reply, began](const Proven& proof) {
                                         if (!proof) return reply(refuse(proof.error()));
                                         json::object body = proof_json(daemon, key, *proof);
                                         body["ms"] = to_ms(daemon.loop().now().instant - began);
                                         reply(answer(body));
                                       });
  });
}

/// The nearest that can be a target: only Ed25519 peers take part.
std::optional<PeerId> target_among(const dht::LookupDone& done) {
  const auto* found = std::get_if<dht::Peers>(&done.result);
  if (found == nullptr) return std::nullopt;
  for (const PeerInfo& peer : found->nearest)
    if (wire::ed25519_key(peer.id)) return peer.id;
  return std::nullopt;
}

}  // namespace

void witness_operation(daemon::Daemon& daemon, const http::Request& request,
                       const http::Reply& reply) {
  const auto body = body_of(request);
  const std::string key = body ? text_field(*body, "key") : "";
  const std::string at = body ? text_field(*body, "at") : "";
  if (key.empty()) return reply(refuse(400, "bad_input", "the body must name a key"));
  if (daemon.wiring().witness() == nullptr)
    return reply(refuse(409, "no_witness", "this node takes no part in witnessing"));
  if (!at.empty()) {
    const auto peer = wire::parse_peer_id(at);
    if (!peer) return reply(refuse(400, "bad_input", "\"" + at + "\" is no peer id"));
    return collect(daemon, key, *peer, reply);
  }
  daemon.wiring().dht().look_up(
      [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, as_bytes(key)); },
      [&daemon, key, reply](const dht::LookupDone& done) {
        const auto target = target_among(done);
        if (!target)
          return reply(refuse(404, "not_found", "no node that is near to " + key + " answers"));
        collect(daemon, key, *target, reply);
      });
}

void show_trust(const daemon::Daemon& daemon, const http::Reply& reply) {
  json::array rows;
  if (const auto* trust = daemon.wiring().trust())
    for (const PeerId& peer : trust->machine().convicted())
      rows.push_back(json::object{
          {"peer", wire::to_text(peer)},
          {"because", "signed two different lists for one key and slot"},
          {"proof", wire::to_base64url(trust->machine().evidence_against(peer)->proof)}});
  reply(answer({{"convicted", std::move(rows)}}));
}

}  // namespace mycel::control
