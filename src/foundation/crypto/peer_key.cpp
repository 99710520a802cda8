#include "foundation/crypto/peer_key.hpp"

#include <array>
#include <string_view>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/openssl_glue.hpp"

namespace mycel::crypto {
namespace {

using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using ContextPtr = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestPtr = OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;
using NumberPtr = OpensslPtr<BIGNUM, BN_free>;

KeyPtr key_from_spki(ByteView der, const char* kind) {
  if (der.size() > peer_key_size_max_bytes) return nullptr;
  const unsigned char* at = raw(der.data());
  KeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (key == nullptr || at != raw(der.data()) + der.size()) return nullptr;
  return EVP_PKEY_is_a(key.get(), kind) == 1 ? std::move(key) : nullptr;
}

// A long exponent makes a short key slow: Go takes at most 31 bits, and so do we.
bool has_usual_exponent(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return false;
  const NumberPtr owned(exponent);
  return BN_num_bits(exponent) <= 31 && BN_is_odd(exponent) == 1 && BN_is_one(exponent) == 0;
}

KeyPtr rsa_key(ByteView der) {
  KeyPtr key = key_from_spki(der, "RSA");
  if (key == nullptr) return nullptr;
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < peer_rsa_size_min_bits || bits > peer_rsa_size_max_bits) return nullptr;
  return has_usual_exponent(key.get()) ? std::move(key) : nullptr;
}

bool has_known_curve(const EVP_PKEY* key) {
  int is_explicit = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) !=
          1 ||
      is_explicit != 0)
    return false;
  std::array<char, 32> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(),
                                     &size) != 1)
    return false;
  const std::string_view curve(name.data(), size);
  return curve == "prime256v1" || curve == "secp384r1" || curve == "secp521r1";
}

KeyPtr ecdsa_key(ByteView der) {
  KeyPtr key = key_from_spki(der, "EC");
  return key != nullptr && has_known_curve(key.get()) ? std::move(key) : nullptr;
}

KeyPtr secp256k1_key(ByteView point) {
  constexpr std::size_t compressed_size_bytes = 33;
  if (point.size() != compressed_size_bytes) return nullptr;
  if (point[0] != std::byte{2} && point[0] != std::byte{3}) return nullptr;
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  check(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1, "OpenSSL offers ECDSA");
  char curve[] = "secp256k1";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
                         octets(OSSL_PKEY_PARAM_PUB_KEY, point), OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) return nullptr;
  return KeyPtr(key);
}

// ECDSA needs nothing more; RSA's default padding is PKCS#1 v1.5.
bool verify_sha256(EVP_PKEY* key, ByteView message, ByteView signature) {
  const DigestPtr context(EVP_MD_CTX_new());
  check(context != nullptr, "memory for a digest");
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA2-256", nullptr, nullptr, key, nullptr) !=
      1)
    return false;
  return EVP_DigestVerify(context.get(), raw(signature.data()), signature.size(),
                          raw(message.data()), message.size()) == 1;
}

bool verify_ed25519(ByteView key, ByteView message, ByteView signature) {
  const auto public_key = Ed25519PublicKey::from(key);
  return public_key && verify(*public_key, message, signature);
}

KeyPtr key_of(PeerKeyKind kind, ByteView key) {
  switch (kind) {
    case PeerKeyKind::rsa:
      return rsa_key(key);
    case PeerKeyKind::secp256k1:
      return secp256k1_key(key);
    case PeerKeyKind::ecdsa:
      return ecdsa_key(key);
    case PeerKeyKind::ed25519:
      break;
  }
  return nullptr;
}

}  // namespace

bool verify_peer_signature(PeerKeyKind kind, ByteView key, ByteView message, ByteView signature) {
  if (kind == PeerKeyKind::ed25519) return verify_ed25519(key, message, signature);
  if (signature.empty() || signature.size() > peer_key_size_max_bytes) return false;
  const ErrorQueueGuard guard;
  const KeyPtr public_key = key_of(kind, key);
  return public_key != nullptr && verify_sha256(public_key.get(), message, signature);
}

}  // namespace mycel::crypto
