#pragma once
// A signed body and its signature, one after the other.

#include <optional>

#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/ml_dsa.hpp"

#include "protocol/dht/witness/fixed_bytes.hpp"
#include "protocol/dht/witness/statement.hpp"

namespace mycel::dht::witness {

template <class T>
void write_signed(FixedWriter& to, const Unverified<T>& signed_one) {
  to.bytes(signed_one.body).bytes(signed_one.signature);
}

template <class T>
Unverified<T> read_signed(FixedReader& from, std::size_t body_size, std::size_t signature_size,
                          Result<T, wire::Fault> (*decode)(ByteView)) {
  const Bytes body = Bytes::copy(from.bytes(body_size));
  const Bytes signature = Bytes::copy(from.bytes(signature_size));
  if (!from.ok()) return {};
  auto content = decode(body);
  if (!content) {
    from.fail(content.error());
    return {};
  }
  return {*std::move(content), body, signature};
}

inline SignedAttestation read_attestation(FixedReader& from) {
  return read_signed(from, attestation_size_bytes, crypto::ml_dsa_65_signature_size_bytes,
                     decode_attestation);
}
inline SignedRejection read_rejection(FixedReader& from) {
  return read_signed(from, rejection_size_bytes, crypto::ml_dsa_65_signature_size_bytes,
                     decode_rejection);
}
inline SignedKeyBundle read_key_bundle(FixedReader& from) {
  return read_signed(from, key_bundle_size_bytes, crypto::ed25519_signature_size_bytes,
                     decode_key_bundle);
}

inline void write_optional_key(FixedWriter& to, const std::optional<SignedKeyBundle>& key) {
  to.number(key ? 1 : 0, 1);
  if (key) write_signed(to, *key);
}
inline std::optional<SignedKeyBundle> read_optional_key(FixedReader& from) {
  if (!from.flag()) return std::nullopt;
  return read_key_bundle(from);
}

}  // namespace mycel::dht::witness
