#include "runtime/quic/certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/peer_key.hpp"
#include "foundation/wire/key.hpp"

#include "runtime/quic/identity_extension.hpp"

namespace mycel::quic {
namespace {

constexpr const char* identity_oid = "1.3.6.1.4.1.53594.1.1";
constexpr long x509_version_3 = 2;

constexpr Duration valid_before = 24h * 365;
constexpr Duration valid_after = 24h * 365 * 100;

// Bounds on the certificate's own key, so that nobody can make us verify slowly.
constexpr int rsa_size_min_bits = 2048;
constexpr int rsa_size_max_bits = 8192;

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, OpensslFree<ASN1_OCTET_STRING_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

/// Leaves the thread's error queue as it was: a forgotten entry would make the next TLS call on
/// this thread look broken.
struct ErrorQueueGuard {
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

const ASN1_OBJECT* identity_object() {
  static const ObjectPtr object(OBJ_txt2obj(identity_oid, 1));
  check(object != nullptr, "an object id parses");
  return object.get();
}

std::time_t to_seconds(UnixTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// DER of the certificate's SubjectPublicKeyInfo.
std::vector<std::byte> public_key_info(const X509* certificate) {
  X509_PUBKEY* key = X509_get_X509_PUBKEY(certificate);
  const int size = key == nullptr ? -1 : i2d_X509_PUBKEY(key, nullptr);
  if (size <= 0) return {};
  std::vector<std::byte> der(static_cast<std::size_t>(size));
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509_PUBKEY(key, &to);
  return der;
}

void add_identity(X509* certificate, const crypto::Ed25519PrivateKey& identity) {
  const Bytes key = wire::encode(wire::to_public_key(identity.public_key()));
  const auto signature = identity.sign(identity_message(public_key_info(certificate)));
  const auto value = encode_identity({key, signature.view()});
  const OctetsPtr octets(ASN1_OCTET_STRING_new());
  check(octets != nullptr && ASN1_OCTET_STRING_set(
                                 octets.get(), reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size())) == 1,
        "the identity extension fits into memory");
  const ExtensionPtr extension(
      X509_EXTENSION_create_by_OBJ(nullptr, identity_object(), 1, octets.get()));
  check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
        "the identity extension is added");
}

void set_random_serial(X509* certificate) {
  BIGNUM* serial = BN_new();
  check(serial != nullptr && BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nullptr,
        "a serial number is drawn");
  BN_free(serial);
}

bool is_strong_signature(const X509* certificate) {
  constexpr std::array allowed = {NID_ecdsa_with_SHA256,       NID_ecdsa_with_SHA384,
                                  NID_ecdsa_with_SHA512,       NID_ED25519,
                                  NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
                                  NID_sha512WithRSAEncryption, NID_rsassaPss};
  return std::ranges::find(allowed, X509_get_signature_nid(certificate)) != allowed.end();
}

bool is_allowed_key(EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_ED25519) return true;
  const int bits = EVP_PKEY_get_bits(key);
  if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS)
    return bits >= rsa_size_min_bits && bits <= rsa_size_max_bits;
  if (kind != EVP_PKEY_EC) return false;
  // A curve that the peer describes itself may be one whose keys it can forge.
  int is_explicit = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) ==
          1 &&
      is_explicit != 0)
    return false;
  std::array<char, 32> curve{};
  if (EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) != 1) return false;
  const int nid = OBJ_txt2nid(curve.data());
  return nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 || nid == NID_secp521r1;
}

/// The value of libp2p's extension, once every extension is understood.
Result<ByteView, CertificateFault> find_identity(const X509* certificate) {
  std::optional<ByteView> identity;
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate, i);
    if (OBJ_cmp(X509_EXTENSION_get_object(extension), identity_object()) == 0) {
      if (identity) return Err{CertificateFault::no_identity};
      const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
      identity = ByteView(reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(value)),
                          static_cast<std::size_t>(ASN1_STRING_length(value)));
    } else if (X509_EXTENSION_get_critical(extension) != 0 &&
               X509_supported_extension(extension) == 0) {
      return Err{CertificateFault::unknown_extension};
    }
  }
  if (!identity) return Err{CertificateFault::no_identity};
  return *identity;
}

Result<void, CertificateFault> check_times(const X509* certificate, UnixTime now) {
  std::time_t seconds = to_seconds(now);
  // X509_cmp_time() is 0 for a time that it cannot read.
  if (X509_cmp_time(X509_get0_notBefore(certificate), &seconds) >= 0)
    return Err{CertificateFault::not_yet_valid};
  if (X509_cmp_time(X509_get0_notAfter(certificate), &seconds) <= 0)
    return Err{CertificateFault::expired};
  return {};
}

Result<void, CertificateFault> check_own_key(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || !is_allowed_key(key)) return Err{CertificateFault::key_not_allowed};
  if (!is_strong_signature(certificate) || X509_verify(certificate, key) != 1)
    return Err{CertificateFault::not_self_signed};
  return {};
}

Result<PeerId, CertificateFault> prove_identity(const X509* certificate, ByteView extension) {
  const auto identity = decode_identity(extension);
  if (!identity) return Err{CertificateFault::bad_identity};
  const auto key = wire::decode_public_key(identity->key);
  if (!key) return Err{CertificateFault::bad_identity};
  const auto message = identity_message(public_key_info(certificate));
  if (!crypto::verify_peer_signature(static_cast<crypto::PeerKeyKind>(key->type), key->data,
                                     message, identity->signature))
    return Err{CertificateFault::bad_identity_proof};
  return wire::peer_id_of(*key);
}

}  // namespace

Certificate make_certificate(const crypto::Ed25519PrivateKey& identity, UnixTime now) {
  const ErrorQueueGuard guard;
  Certificate made{CertificatePtr(X509_new()), KeyPtr(EVP_EC_gen("P-256"))};
  X509* certificate = made.certificate.get();
  check(certificate != nullptr && made.key != nullptr, "a certificate's key is made");
  check(X509_set_version(certificate, x509_version_3) == 1, "certificates have version 3");
  set_random_serial(certificate);
  check(ASN1_TIME_set(X509_getm_notBefore(certificate), to_seconds(now - valid_before)) != nullptr,
        "a certificate's start is set");
  check(ASN1_TIME_set(X509_getm_notAfter(certificate), to_seconds(now + valid_after)) != nullptr,
        "a certificate's end is set");
  check(X509_set_pubkey(certificate, made.key.get()) == 1, "a certificate has its key");
  add_identity(certificate, identity);
  check(X509_sign(certificate, made.key.get(), EVP_sha256()) > 0, "a certificate is signed");
  return made;
}

Result<PeerId, CertificateFault> verify_certificate(ByteView der, UnixTime now) {
  const ErrorQueueGuard guard;
  if (der.empty() || der.size() > certificate_size_max_bytes)
    return Err{CertificateFault::malformed};
  const auto* from = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = from + der.size();
  const CertificatePtr certificate(d2i_X509(nullptr, &from, static_cast<long>(der.size())));
  if (certificate == nullptr || from != end) return Err{CertificateFault::malformed};

  // The cheap questions first: signatures are verified for those who pass them.
  const auto extension = find_identity(certificate.get());
  if (!extension) return Err{extension.error()};
  if (const auto times = check_times(certificate.get(), now); !times) return Err{times.error()};
  if (const auto own = check_own_key(certificate.get()); !own) return Err{own.error()};
  return prove_identity(certificate.get(), *extension);
}

std::string_view to_text(CertificateFault fault) {
  switch (fault) {
    case CertificateFault::malformed:
      return "the certificate is malformed";
    case CertificateFault::key_not_allowed:
      return "the certificate's key is of a kind that is not allowed";
    case CertificateFault::not_self_signed:
      return "the certificate is not signed by its own key";
    case CertificateFault::not_yet_valid:
      return "the certificate is not valid yet; is the clock right?";
    case CertificateFault::expired:
      return "the certificate has expired; is the clock right?";
    case CertificateFault::unknown_extension:
      return "the certificate has a critical extension that is not known";
    case CertificateFault::no_identity:
      return "the certificate does not name one libp2p identity";
    case CertificateFault::bad_identity:
      return "the certificate's libp2p identity is malformed";
    case CertificateFault::bad_identity_proof:
      return "the identity key did not sign the certificate's key";
  }
  return "unknown";
}

}  // namespace mycel::quic
