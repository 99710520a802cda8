#pragma once
// Signatures of the simulated world: an unforgeable stand-in of the real sizes and about the real
// costs. Real ones differ from run to run (ML-DSA signing is hedged), and no fingerprint may.
//
// A signature is a hash of the public key and what is signed. What makes it unforgeable is that
// only this class makes any, and that a node's own makes them for its own keys alone: liars too
// have no other.

#include <vector>

#include "foundation/crypto/ed25519.hpp"

#include "protocol/dht/witness/witnesses.hpp"

#include "runtime/ports/signatures.hpp"
#include "runtime/ports/timers.hpp"

namespace mycel::sim {

/// Whether who holds `check.public_key` signed that.
bool is_genuine(const ports::SignatureCheck& check);

class StandInSignatures final : public ports::Signatures {
 public:
  /// The keys of the peer `self`; peer keys are Ed25519 here.
  StandInSignatures(ports::Timers& timers, const PeerId& self);

  void verify(std::vector<ports::SignatureCheck> checks, Verdicts then) override;
  void sign(ports::SigningKey key, std::vector<Bytes> messages, Signed then) override;

  /// At once: for liars, who have time to spare.
  Bytes sign_now(ports::SignatureScheme scheme, const Bytes& message) const;
  /// Binds the attestation key of `self` to it, for as long as any run lasts.
  static dht::witness::SignedKeyBundle bundle_of(const PeerId& self);
  /// A defect to plant: every signature is taken for genuine.
  void set_gullible() { is_gullible_ = true; }

 private:
  ports::Timers& timers_;
  PeerId self_;
  bool is_gullible_ = false;
};

/// What a node of the simulated world witnesses with.
dht::witness::Config witness_config_of(const PeerId& self);

}  // namespace mycel::sim
