#include "sim/signatures.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/crypto/ml_dsa.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::sim {
namespace {

using ports::SignatureScheme;

// On the machine of docs/performance.md.
Duration cost_of_signing(SignatureScheme scheme) {
  return scheme == SignatureScheme::ed25519 ? 30us : 320us;
}
Duration cost_of_checking(SignatureScheme scheme) {
  return scheme == SignatureScheme::ed25519 ? 40us : 200us;
}

std::size_t size_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::ed25519:
      return crypto::ed25519_signature_size_bytes;
    case SignatureScheme::ml_dsa_65:
      return crypto::ml_dsa_65_signature_size_bytes;
    case SignatureScheme::ml_dsa_87:
      return crypto::ml_dsa_87_signature_size_bytes;
  }
  return 0;
}

Bytes signature_of(SignatureScheme scheme, ByteView public_key, ByteView message) {
  crypto::Sha256 hash;
  hash.update(as_bytes("a signature of the simulated world"));
  hash.update(public_key);
  hash.update(message);
  const crypto::Digest digest = hash.finish();
  std::vector<std::byte> signature(size_of(scheme));
  for (std::size_t i = 0; i < signature.size(); ++i)
    signature[i] = digest.bytes[i % digest.bytes.size()];
  return Bytes(std::move(signature));
}

crypto::Ed25519PublicKey peer_key_of(const PeerId& self) {
  const auto key = wire::ed25519_key(self);
  check(key.has_value(), "nodes of the simulated world have Ed25519 keys");
  return *key;
}

Rng secrets_of(const PeerId& self) {
  const crypto::Digest digest = crypto::sha256(self.view());
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < sizeof(seed); ++i)
    seed = seed << 8 | std::to_integer<std::uint64_t>(digest.bytes[i]);
  return Rng(seed);
}

Bytes attestation_key_of(const PeerId& self) {
  std::vector<std::byte> key(crypto::ml_dsa_65_public_key_size_bytes);
  secrets_of(self).fork("attestation key").fill(key);
  return Bytes(std::move(key));
}

Bytes own_key(const PeerId& self, SignatureScheme scheme) {
  return scheme == SignatureScheme::ed25519 ? Bytes::copy(peer_key_of(self).view())
                                            : attestation_key_of(self);
}

}  // namespace

bool is_genuine(const ports::SignatureCheck& check) {
  return check.signature == signature_of(check.scheme, check.public_key, check.message);
}

StandInSignatures::StandInSignatures(ports::Timers& timers, const PeerId& self)
    : timers_(timers), self_(self) {}

void StandInSignatures::verify(std::vector<ports::SignatureCheck> checks, Verdicts then) {
  Duration cost{};
  std::vector<bool> verdicts;
  for (const ports::SignatureCheck& each : checks) {
    cost += cost_of_checking(each.scheme);
    verdicts.push_back(is_gullible_ || is_genuine(each));
  }
  timers_.call_at(timers_.now().instant + cost,
                  [verdicts = std::move(verdicts), then = std::move(then)] { then(verdicts); });
}

void StandInSignatures::sign(ports::SigningKey key, std::vector<Bytes> messages, Signed then) {
  std::vector<Bytes> signatures;
  for (const Bytes& message : messages) signatures.push_back(sign_now(key.scheme, message));
  const auto cost = static_cast<Duration::rep>(messages.size()) * cost_of_signing(key.scheme);
  timers_.call_at(timers_.now().instant + cost, [signatures = std::move(signatures),
                                                 then = std::move(then)] { then(signatures); });
}

Bytes StandInSignatures::sign_now(ports::SignatureScheme scheme, const Bytes& message) const {
  return signature_of(scheme, own_key(self_, scheme), message);
}

dht::witness::SignedKeyBundle StandInSignatures::bundle_of(const PeerId& self) {
  dht::witness::KeyBundle bundle{.peer = peer_key_of(self),
                                 .from = UnixTime{},
                                 .until = UnixTime{} + 24h * 365 * 100,
                                 .attestation_key = attestation_key_of(self)};
  const Bytes body = encode(bundle);
  return {std::move(bundle), body,
          signature_of(SignatureScheme::ed25519, peer_key_of(self).view(), body)};
}

dht::witness::Config witness_config_of(const PeerId& self) {
  dht::witness::Config config{.self = self};
  secrets_of(self).fork("nonces").fill(config.secret.bytes);
  config.key = StandInSignatures::bundle_of(self);
  return config;
}

}  // namespace mycel::sim
