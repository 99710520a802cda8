#include "foundation/crypto/hkdf.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/openssl_glue.hpp"

namespace mycel::crypto {
namespace {

using ContextPtr = OpensslPtr<EVP_KDF_CTX, EVP_KDF_CTX_free>;

EVP_KDF* algorithm() {
  static EVP_KDF* const hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  check(hkdf != nullptr, "OpenSSL offers HKDF");
  return hkdf;
}

}  // namespace

void hkdf_sha256(ByteView key, ByteView salt, ByteView info, std::span<std::byte> output) {
  check(!output.empty() && output.size() <= hkdf_output_size_max_bytes,
        "HKDF gives 1 to 255 hashes of output");
  char digest[] = "SHA2-256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                               octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_SALT, salt),
                               octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  const ContextPtr context(EVP_KDF_CTX_new(algorithm()));
  check(context != nullptr &&
            EVP_KDF_derive(context.get(), raw(output.data()), output.size(), params) == 1,
        "HKDF takes any key");
}

}  // namespace mycel::crypto
