#pragma once
// Signing and verifying in batches, on the workers in the world and by an unforgeable stand-in of
// the same sizes in the simulator.

#include <cstdint>
#include <functional>
#include <vector>

#include "foundation/base/bytes.hpp"

namespace mycel::ports {

enum class SignatureScheme : std::uint8_t { ed25519, ml_dsa_65, ml_dsa_87 };

struct SignatureCheck {
  SignatureScheme scheme = SignatureScheme::ed25519;
  Bytes public_key;
  Bytes message;  ///< with its domain tag, as it was signed
  Bytes signature;
};

/// One of this node's own keys, by its number in the keystore.
struct SigningKey {
  SignatureScheme scheme = SignatureScheme::ed25519;
  std::uint32_t number = 0;
};

class Signatures {
 public:
  /// Verdicts in the order of the checks. Called later, never before verify() returns.
  using Verdicts = std::function<void(std::vector<bool>)>;
  using Signed = std::function<void(std::vector<Bytes>)>;

  virtual void verify(std::vector<SignatureCheck> checks, Verdicts then) = 0;
  virtual void sign(SigningKey key, std::vector<Bytes> messages, Signed then) = 0;

 protected:
  ~Signatures() = default;
};

}  // namespace mycel::ports
