#pragma once
// The name of an agent: its Ed25519 public key as a decentralised identifier.
// Source: W3C CCG, did:key method: "did:key:z" and base58btc of multicodec 0xed01 and the key.

#include <string>
#include <string_view>

#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// "did:key:z6Mk...": 56 characters.
std::string to_did(const crypto::Ed25519PublicKey& key);

/// Reads what to_did() writes; a path, query or fragment is malformed. Faults: malformed,
/// too_large, unknown_kind (another method, or a key that is not Ed25519).
Result<crypto::Ed25519PublicKey, Fault> parse_did(std::string_view text);

}  // namespace mycel::wire
