#pragma once
// What the tests of this folder share: identities, an operation with all that may be said about it,
// and a small world of nodes that carry each other's messages at once. Signatures are real.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "foundation/wire/key.hpp"

#include "protocol/dht/witness/findings.hpp"
#include "protocol/dht/witness/witnesses.hpp"

namespace mycel::dht::witness {

inline constexpr Now start_of_tests{Instant{} + 1h,
                                    UnixTime{CalendarClock::duration{1'800'000'000'000}}};

struct Identity {
  crypto::Ed25519PrivateKey peer_key;
  crypto::MlDsaPrivateKey attestation_key;
  PeerKey key;
  PeerId id;
  SignedKeyBundle bundle;
};

inline SignedKeyBundle bundle_of(const crypto::Ed25519PrivateKey& peer_key,
                                 const crypto::MlDsaPrivateKey& attestation_key) {
  return sign_key_bundle({.peer = peer_key.public_key(),
                          .from = start_of_tests.unix - 24h,
                          .until = start_of_tests.unix + 24h,
                          .attestation_key = Bytes::copy(attestation_key.public_key().view())},
                         peer_key);
}

/// The same for the same number. Keys are made once: that takes its time.
inline const Identity& identity(std::uint32_t number) {
  static std::map<std::uint32_t, Identity> made;
  if (const auto known = made.find(number); known != made.end()) return known->second;
  crypto::Ed25519PrivateKey::Seed seed{};
  for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::byte>(number >> (8 * i));
  const crypto::Ed25519PrivateKey peer_key(seed);
  const crypto::MlDsaPrivateKey attestation_key(crypto::MlDsaStrength::ml_dsa_65, seed);
  const PeerKey& key = peer_key.public_key();
  return made
      .emplace(number, Identity{peer_key, attestation_key, key, wire::peer_id_of(key),
                                bundle_of(peer_key, attestation_key)})
      .first->second;
}

template <class T>
Unverified<T> sign(const Identity& by, const T& word) {
  const Bytes body = encode(word);
  return {word, body, by.attestation_key.sign(body, {})};
}

inline Nonce nonce(std::uint8_t number) {
  Nonce nonce;
  nonce.bytes.fill(std::byte{number});
  return nonce;
}

inline Endpoint endpoint(std::uint8_t last) {
  return {.ip = {std::byte{192}, std::byte{0}, std::byte{2}, std::byte{last}}, .port = 4001};
}

inline std::vector<Point> nearest_of(const Point& key, std::vector<Point> all,
                                     std::size_t count = neighbours_max) {
  std::ranges::sort(all, [&](const Point& a, const Point& b) { return is_nearer(key, a, b); });
  all.resize(std::min(count, all.size()));
  return all;
}

/// One operation of node 0 at node 1, in a mesh of `nodes` nodes, numbered from 0.
struct Case {
  std::uint32_t nodes = 40;
  Rules rules;
  Now now = start_of_tests;
  KeyCache keys;
  Draw draw = make_draw(1);

  View view() const { return {.rules = rules, .now = now, .nodes = nodes, .keys = keys}; }

  Draw make_draw(std::uint8_t number) const {
    const Identity& source = identity(0);
    const Identity& target = identity(1);
    Draw made{.source_nonce = nonce(number)};
    Operation& operation = made.operation;
    operation.id.bytes.fill(std::byte{number});
    operation.source = source.key;
    operation.target = target.key;
    operation.key = crypto::sha256(as_bytes("a key"));
    operation.time = now.unix;
    operation.commitment = commitment_to(operation.id, source.key, made.source_nonce);
    sign_challenge(made);
    return made;
  }
  static void sign_challenge(Draw& draw) {
    draw.challenge.nonce = nonce(99);
    draw.challenge.signature =
        identity(1).peer_key.sign(challenge_bytes(draw.operation, draw.challenge.nonce));
  }

  /// Nodes by their distance to the drawn point, without source and target.
  std::vector<std::uint32_t> by_distance() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t number = 2; number < nodes; ++number) all.push_back(number);
    std::ranges::sort(all, [&, drawn = draw.drawn_point()](std::uint32_t a, std::uint32_t b) {
      return is_nearer(drawn, point_of(identity(a).id), point_of(identity(b).id));
    });
    return all;
  }
  std::vector<std::uint32_t> eligible() const {
    auto all = by_distance();
    std::erase_if(all, [&, drawn = draw.drawn_point()](std::uint32_t each) {
      return !is_eligible(rules, nodes, drawn, identity(each).id);
    });
    return all;
  }

  Attestation word_of(std::uint32_t number) const {
    return {.request = draw.digest(),
            .signer = identity(number).key,
            .key = draw.operation.key,
            .time = now.unix,
            .source = {endpoint(10), RoundTrip{5}},
            .target = {endpoint(20), RoundTrip{6}},
            .neighbours = nearest_of(draw.operation.key, points())};
  }
  std::vector<Point> points() const {
    std::vector<Point> points;
    for (std::uint32_t number = 0; number < nodes; ++number)
      points.push_back(point_of(identity(number).id));
    return points;
  }
  ProofPart part_of(std::uint32_t number) const { return part_of(number, word_of(number)); }
  static ProofPart part_of(std::uint32_t number, const Attestation& word) {
    return {sign(identity(number), word), identity(number).bundle};
  }
  /// By the `count` nearest.
  Proof proof(std::size_t count) const {
    Proof proof{.draw = draw};
    for (const std::uint32_t number : eligible())
      if (proof.parts.size() < count) proof.parts.push_back(part_of(number));
    return proof;
  }
};

/// "accepted", or the name of the refusal.
inline std::string outcome(const Judgement& judgement) {
  return judgement.proof ? "accepted" : std::string(to_text(judgement.proof.error()));
}
inline std::vector<std::string> reasons(const std::vector<Refusal>& refusals) {
  std::vector<std::string> words;
  for (const Refusal refusal : refusals) words.emplace_back(to_text(refusal));
  return words;
}

}  // namespace mycel::dht::witness
