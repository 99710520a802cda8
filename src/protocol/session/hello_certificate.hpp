#pragma once
// Who belongs to a closed network: its authority signs the id of the peer. TLS has proved that the
// peer holds the key of that id, so the certificate is no secret and needs no challenge of its own.
//
//   envelope (libp2p signed envelope of the authority's key)
//     payload: network, peer, expiry
//
// The network is part of what is signed: one authority may have several, and a certificate of one
// is none of another.

#include <cstddef>
#include <string>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::session {

inline constexpr std::string_view certificate_domain = "mycel-membership-certificate";
inline constexpr std::string_view certificate_payload_type = "/mycel/membership-certificate";
/// An envelope with a network's name and the longest peer id is about 250 bytes; the rest is for
/// fields of later versions.
inline constexpr std::size_t certificate_size_max_bytes = 1024;
/// With "network-" in front it is the name of a key, which has at most 64 characters.
inline constexpr std::size_t network_size_max = 48;

/// 1 to 48 of [a-z0-9._-], the first a letter or a digit.
bool is_network_name(std::string_view name);

struct Certificate {
  std::string network;
  PeerId peer;
  UnixTime expires{};
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

Bytes seal_certificate(const crypto::Ed25519PrivateKey& authority, const Certificate& certificate);

/// A certificate that `authority` signed; whom and until when it admits is for the caller to look
/// at. Faults: too_large, malformed, missing_field, those of wire::open_envelope(), wrong_signer
/// (somebody else's signature, good as it may be).
Result<Certificate, wire::Fault> open_certificate(ByteView envelope,
                                                  const crypto::Ed25519PublicKey& authority);

}  // namespace mycel::session
