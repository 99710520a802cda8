#pragma once
// The certificate that stands for a libp2p peer in TLS: self-signed, with a key of its own, and
// an extension in which the peer's identity key vouches for that key.
// Source: libp2p specs, tls/tls.md.

#include <cstddef>
#include <memory>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::quic {

template <auto free_it>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    free_it(object);
  }
};
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

/// The largest certificate that is looked at. One with an RSA-8192 identity has about 4 KiB.
inline constexpr std::size_t certificate_size_max_bytes = 16 * 1024;

struct Certificate {
  CertificatePtr certificate;
  KeyPtr key;
};

/// A new ECDSA P-256 certificate for `identity`, valid for longer than any clock is wrong. The
/// lifetime of its key is the time that we use it, not what is written in it.
Certificate make_certificate(const crypto::Ed25519PrivateKey& identity, UnixTime now);

enum class CertificateFault : std::uint8_t {
  malformed,        ///< no X.509, or bytes left over, or too large
  key_not_allowed,  ///< the certificate's own key is of a kind or size that nobody should use
  not_self_signed,  ///< its signature is not by its own key, or by a weak algorithm
  not_yet_valid,
  expired,
  unknown_extension,   ///< a critical extension that is not understood here
  no_identity,         ///< without libp2p's extension, or with two of them
  bad_identity,        ///< libp2p's extension is malformed, or its key is
  bad_identity_proof,  ///< the identity key did not sign the certificate's key
};

/// Words for people: "the identity key did not sign the certificate's key".
std::string_view to_text(CertificateFault fault);

/// Who presented this certificate (DER), if all of it holds at `now`.
Result<PeerId, CertificateFault> verify_certificate(ByteView der, UnixTime now);

}  // namespace mycel::quic
