#pragma once
// Something that a peer signed, shipped as the bytes that were signed: nothing is encoded again to
// be checked, and a signature for one purpose is none for another.
// Source: libp2p specs, RFC 0002 "Signed Envelopes".

#include <cstddef>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/wire/fault.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::wire {

/// Longest envelope that is read.
inline constexpr std::size_t envelope_size_max_bytes = 65'536;

/// An envelope whose signature nobody has checked yet, unless open_envelope() returned it.
struct Envelope {
  PublicKey key;
  Bytes payload_type;  ///< multicodec of the payload, as bytes
  Bytes payload;
  Bytes signature;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// What is signed: domain, payload type and payload, each behind its length.
Bytes signing_bytes(std::string_view domain, ByteView payload_type, ByteView payload);

/// Signs the payload and encodes the envelope.
Bytes seal(const crypto::Ed25519PrivateKey& key, std::string_view domain, ByteView payload_type,
           ByteView payload);

Bytes encode(const Envelope& envelope);
/// Checks the form, not the signature. Faults: too_large, malformed, missing_field, not_canonical
/// (a field stands there twice), and those of the key.
Result<Envelope, Fault> decode_envelope(ByteView bytes);

/// Checks form, payload type and signature. Faults: those of decode_envelope(), unknown_kind
/// (another payload type, or a key whose signatures are not checked here: all but Ed25519),
/// bad_signature.
Result<Envelope, Fault> open_envelope(ByteView bytes, std::string_view domain,
                                      ByteView payload_type);

}  // namespace mycel::wire
