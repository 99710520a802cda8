#pragma once
// Signatures on the worker threads, in batches that are short enough to share them fairly.

#include <cstddef>
#include <vector>

#include "node/keys/keystore.hpp"
#include "runtime/ports/signatures.hpp"
#include "runtime/ports/workers.hpp"

namespace mycel::keys {

/// What one worker does in one go: 32 verifications take 1.3 ms (Ed25519) to 7 ms (ML-DSA-87).
inline constexpr std::size_t signature_batch_size_max = 32;

/// `workers` and `keystore` outlive it; calls that are under way may outlive it themselves.
class WorkerSignatures final : public ports::Signatures {
 public:
  WorkerSignatures(ports::Workers& workers, const Keystore& keystore)
      : workers_(workers), keystore_(keystore) {}

  void verify(std::vector<ports::SignatureCheck> checks, Verdicts then) override;
  /// Ed25519: number 0 is the peer key, others are as Keystore::agent_key() gave them out.
  /// ML-DSA-65: number 0 is the attestation key. A key that the keystore never named is our own
  /// mistake.
  void sign(ports::SigningKey key, std::vector<Bytes> messages, Signed then) override;

 private:
  void sign_attestations(std::vector<Bytes> messages, Signed then);

  ports::Workers& workers_;
  const Keystore& keystore_;
};

}  // namespace mycel::keys
