#pragma once
// The X.509 extension by which a libp2p identity key vouches for a certificate's key:
//   SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }
// Source: libp2p specs, tls/tls.md.

#include <optional>
#include <vector>

#include "foundation/base/bytes.hpp"

namespace mycel::quic {

struct IdentityExtension {
  ByteView key;        ///< protobuf of the identity's public key
  ByteView signature;  ///< over identity_message()
};

/// What the identity key signs: a domain, and the certificate's SubjectPublicKeyInfo in DER.
std::vector<std::byte> identity_message(ByteView public_key_info);

std::vector<std::byte> encode_identity(const IdentityExtension& identity);
/// Views into `der`. None unless it is exactly this, in DER.
std::optional<IdentityExtension> decode_identity(ByteView der);

}  // namespace mycel::quic
