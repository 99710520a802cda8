#include "node/parts/witness_part.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "node/parts/signature_port.hpp"

namespace mycel::parts {
namespace {

namespace witness = dht::witness;

dht::Key key_of(const witness::Point& point) {
  dht::Key key;
  for (std::size_t i = 0; i < point.bytes.size(); ++i)
    key.words[i / 8] = key.words[i / 8] << 8 | std::to_integer<unsigned>(point.bytes[i]);
  return key;
}

std::vector<witness::Point> nearest_points(const dht::RoutingTable& table, const dht::Key& key,
                                           dht::RoutingTable::Which which) {
  std::vector<witness::Point> points;
  for (const PeerInfo& peer : table.nearest(key, witness::neighbours_max, which))
    points.push_back(witness::point_of(peer.id));
  return points;
}

// Relayed connections show the relay's address, which says nothing about the peer.
std::optional<witness::Endpoint> endpoint_of(const Multiaddr& remote) {
  const auto quic = wire::quic_address(remote);
  if (!quic) return std::nullopt;
  witness::Endpoint endpoint{.is_ipv6 = quic->is_ipv6, .port = quic->port};
  std::memcpy(endpoint.ip.data(), quic->ip.data(), endpoint.ip.size());
  return endpoint;
}

// The network that an address belongs to, as registries hand them out: the /16 of IPv4, the /32 of
// IPv6. What is private is of no region: it may be anywhere.
witness::RegionNumber network_of(const Multiaddr& address) {
  const auto quic = wire::quic_address(address);
  if (!quic || wire::is_loopback(address) || wire::is_private(address)) return {};
  const std::size_t size = quic->is_ipv6 ? 4 : 2;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | quic->ip[i];
  return witness::RegionNumber{number};
}

Refusal refusal_of(const witness::CollectionFailed& failed) {
  std::string text = "no quorum of witnesses: " + std::string(to_text(failed.failure));
  if (failed.refusal) text += ", the target says " + std::string(to_text(*failed.refusal));
  for (const witness::Refusal each : failed.rejections)
    text += "; a witness says " + std::string(to_text(each));
  for (const witness::Refusal each : failed.words_refused)
    text += "; an attestation was refused: " + std::string(to_text(each));
  return {std::string(to_text(failed.failure)), text};
}

}  // namespace

WitnessPart::WitnessPart(PartPorts ports, witness::Config config, Rng rng, links::Switch& streams,
                         links::ConnectionSource& connections, ports::Signatures& signatures,
                         WitnessEdges edges, OnEvent on_event)
    : ports_(std::move(ports)),
      self_(config.self),
      signatures_(signatures),
      edges_(std::move(edges)),
      on_event_(std::move(on_event)),
      requests_({.protocol = std::string(witness::witness_protocol),
                 .framing = {.size_max_bytes = witness::message_size_max_bytes},
                 .ends_with_request = true},
                streams, connections, ports_.timers, ports_.events, *this),
      driver_(
          ports_.driver, witness::Witnesses(std::move(config), surroundings(), rng),
          [this](witness::Output& output) { perform(output); },
          [this](witness::Output& output) { perform_early(output); }) {}

Result<void, ports::StoreError> WitnessPart::load() {
  const auto scanned = ports_.driver.store.scan(
      Table::meta, as_bytes(witness::store_prefix), [this](ByteView key, ByteView value) {
        const bool is_read =
            driver_.tell([&](witness::Witnesses& it, Now) { return it.load(key, value); });
        if (!is_read) ports_.log.warn("what witnesses stored cannot be read", {});
        return true;
      });
  if (!scanned) return scanned;
  driver_.tell([](witness::Witnesses& it, Now now) { it.start(now); });
  return {};
}

void WitnessPart::collect(const witness::Ask& ask, Then<witness::Verified<witness::Proof>> then) {
  const auto id =
      driver_.tell([&](witness::Witnesses& it, Now now) { return it.collect(now, ask); });
  waiting_.emplace(id, std::move(then));
}

witness::Surroundings WitnessPart::surroundings() const {
  using Which = dht::RoutingTable::Which;
  return {.nearest =
              [this](const witness::Point& key) {
                return nearest_points(edges_.table(), key_of(key), Which::answering);
              },
          .nodes =
              [this, self = witness::point_of(self_)] {
                const dht::RoutingTable& table = edges_.table();
                return witness::estimated_nodes(
                    self, nearest_points(table, table.self_key(), Which::all));
              },
          .observed =
              [this](const PeerId& peer) {
                const Multiaddr* remote = edges_.remote(peer);
                if (remote == nullptr) return witness::Observation{};
                return witness::Observation{endpoint_of(*remote),
                                            witness::round_trip_of(edges_.round_trip(peer))};
              },
          .is_convicted =
              [this](const witness::PeerKey& signer) {
                return edges_.trust_in(wire::peer_id_of(signer)) == witness::Trust{};
              }};
}

void WitnessPart::perform_early(witness::Output& output) {
  for (witness::Check& what : output.checks) check(what);
  for (const witness::Search& what : output.searches) search(what);
  for (witness::Send& what : output.sends)
    requests_.request(what.id, what.to, std::move(what.body));
}

void WitnessPart::perform(witness::Output& output) {
  for (const witness::Sign& what : output.signs) sign(what);
  for (witness::Answer& what : output.answers) requests_.answer(what.id, std::move(what.body));
  for (const InboundId refusal : output.refusals) requests_.refuse(refusal);
  for (witness::Event& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event(event); });
}

void WitnessPart::check(witness::Check& what) {
  signatures_.verify(to_port(what.checks), [this, alive = std::weak_ptr<int>(alive_),
                                            id = what.id](const std::vector<bool>& verdicts) {
    if (alive.expired()) return;
    const Genuine genuine(verdicts);
    driver_.tell([&](witness::Witnesses& it, Now now) { it.on_checked(now, id, genuine.span()); });
  });
}

void WitnessPart::sign(const witness::Sign& what) {
  const bool is_peer_key = what.key == witness::OwnKey::peer;
  const ports::SigningKey key{.scheme = is_peer_key ? ports::SignatureScheme::ed25519
                                                    : ports::SignatureScheme::ml_dsa_65};
  signatures_.sign(key, {what.bytes},
                   [this, alive = std::weak_ptr<int>(alive_),
                    id = what.id](const std::vector<Bytes>& signatures) {
                     if (alive.expired()) return;
                     driver_.tell([&](witness::Witnesses& it, Now now) {
                       it.on_signed(now, id, signatures.front());
                     });
                   });
}

void WitnessPart::search(const witness::Search& what) {
  edges_.find_nearest(
      Bytes::copy(what.key.view()), [this, id = what.id](const dht::LookupDone& done) {
        std::vector<witness::Candidate> candidates;
        if (const auto* found = std::get_if<dht::Peers>(&done.result)) {
          for (const PeerInfo& peer : found->nearest) {
            edges_.on_addresses(peer);
            candidates.push_back(
                {.peer = peer.id, .trust = edges_.trust_in(peer.id), .region = region_of(peer)});
          }
        }
        driver_.tell([&](witness::Witnesses& it, Now now) {
          it.on_candidates(now, id, std::move(candidates));
        });
      });
}

// Where it is connected from, or else where it is said to be.
witness::RegionNumber WitnessPart::region_of(const PeerInfo& peer) const {
  if (const Multiaddr* remote = edges_.remote(peer.id)) return network_of(*remote);
  for (const Multiaddr& address : peer.addresses)
    if (const auto network = network_of(address); network != witness::RegionNumber{})
      return network;
  return {};
}

void WitnessPart::on_event(const witness::Event& event) {
  on_event_(event);
  if (const auto* collected = std::get_if<witness::Collected>(&event)) {
    if (const auto waiting = waiting_.extract(collected->id)) waiting.mapped()(collected->proof);
  } else if (const auto* failed = std::get_if<witness::CollectionFailed>(&event)) {
    if (const auto waiting = waiting_.extract(failed->id))
      waiting.mapped()(Err{refusal_of(*failed)});
  }
}

void WitnessPart::on_answer(RequestId request, Bytes body) {
  const auto message = witness::decode(body);
  if (!message) return on_failure(request, RequestFailure::malformed);
  driver_.tell([&](witness::Witnesses& it, Now now) { it.on_answer(now, request, *message); });
}

void WitnessPart::on_failure(RequestId request, RequestFailure) {
  driver_.tell([&](witness::Witnesses& it, Now now) { it.on_failure(now, request); });
}

void WitnessPart::on_request(links::InboundRequest request) {
  const auto message = witness::decode(request.body);
  driver_.tell([&](witness::Witnesses& it, Now now) {
    if (message)
      it.on_request(now, request.id, request.peer, *message);
    else
      it.on_malformed(request.id);
  });
}

}  // namespace mycel::parts
