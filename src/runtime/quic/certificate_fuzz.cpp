// Any bytes as a peer's certificate, and as the extension inside a certificate that is otherwise
// good, so that the fuzzer reaches what stands behind its signature.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "foundation/base/check.hpp"

#include "runtime/quic/certificate.hpp"
#include "runtime/quic/identity_extension.hpp"

namespace {

using namespace mycel;
using namespace mycel::quic;

constexpr UnixTime now{CalendarClock::duration{1767225600000}};

const Certificate& good() {
  static const Certificate made = [] {
    crypto::Ed25519PrivateKey::Seed seed{};
    return make_certificate(crypto::Ed25519PrivateKey(seed), now);
  }();
  return made;
}

void verify_with_extension(ByteView value) {
  X509* certificate = X509_dup(good().certificate.get());
  X509_EXTENSION* extension = X509_get_ext(certificate, 0);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  X509_EXTENSION_set_data(extension, octets);
  X509_sign(certificate, good().key.get(), EVP_sha256());
  std::vector<std::byte> der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &to);
  static_cast<void>(verify_certificate(der, now));
  ASN1_OCTET_STRING_free(octets);
  X509_free(certificate);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto identity = decode_identity(bytes);
  if (identity) check(equal(encode_identity(*identity), bytes), "DER has one spelling");
  static_cast<void>(verify_certificate(bytes, now));
  verify_with_extension(bytes);
  return 0;
}
