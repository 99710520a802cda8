#include "runtime/quic/certificate.hpp"

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "foundation/wire/key.hpp"

#include "runtime/quic/identity_extension.hpp"

namespace mycel::quic {
namespace {

constexpr UnixTime now{CalendarClock::duration{1767225600000}};

crypto::Ed25519PrivateKey identity() {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{42};
  return crypto::Ed25519PrivateKey(seed);
}

std::vector<std::byte> der_of(X509* certificate) {
  std::vector<std::byte> der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &to);
  return der;
}

/// A good certificate, changed and signed again by its own key.
std::vector<std::byte> changed(const std::function<void(X509*)>& change) {
  const Certificate made = make_certificate(identity(), now);
  change(made.certificate.get());
  X509_sign(made.certificate.get(), made.key.get(), EVP_sha256());
  return der_of(made.certificate.get());
}

CertificateFault fault_of(ByteView der) {
  const auto verdict = verify_certificate(der, now);
  EXPECT_FALSE(verdict);
  return verdict ? CertificateFault::malformed : verdict.error();
}

void add_extension(X509* certificate, const char* oid, ByteView value, bool is_critical) {
  ASN1_OBJECT* object = OBJ_txt2obj(oid, 1);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  X509_EXTENSION* extension =
      X509_EXTENSION_create_by_OBJ(nullptr, object, is_critical ? 1 : 0, octets);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
  ASN1_OBJECT_free(object);
}

constexpr const char* libp2p_oid = "1.3.6.1.4.1.53594.1.1";

std::vector<std::byte> from_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

TEST(Certificate, names_the_identity_that_made_it) {
  const auto verdict = verify_certificate(changed([](X509*) {}), now);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(*verdict, wire::peer_id_of(identity().public_key()));
}

TEST(Certificate, is_as_short_as_others_make_it) {
  EXPECT_LT(changed([](X509*) {}).size(), 420u) << "the handshake must fit into few packets";
}

TEST(Certificate, holds_for_wrong_clocks_and_not_for_ever) {
  const auto der = changed([](X509*) {});
  EXPECT_TRUE(verify_certificate(der, now - 24h * 300));
  EXPECT_TRUE(verify_certificate(der, now + 24h * 365 * 50));
  const auto early = verify_certificate(der, now - 24h * 400);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error(), CertificateFault::not_yet_valid);
  const auto late = verify_certificate(der, now + 24h * 365 * 101);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), CertificateFault::expired);
}

TEST(Certificate, without_or_with_two_identities_is_refused) {
  EXPECT_EQ(fault_of(changed([](X509* x) { X509_EXTENSION_free(X509_delete_ext(x, 0)); })),
            CertificateFault::no_identity);
  EXPECT_EQ(fault_of(changed([](X509* x) { X509_add_ext(x, X509_get_ext(x, 0), -1); })),
            CertificateFault::no_identity);
}

TEST(Certificate, with_an_unknown_critical_extension_is_refused) {
  const std::vector<std::byte> value(3);
  EXPECT_EQ(fault_of(changed([&](X509* x) { add_extension(x, "1.2.3.4", value, true); })),
            CertificateFault::unknown_extension);
  EXPECT_TRUE(verify_certificate(
      changed([&](X509* x) { add_extension(x, "1.2.3.4", value, false); }), now));
}

TEST(Certificate, of_somebody_else_proves_nothing) {
  // Mallory copies the extension of an honest certificate into her own.
  const Certificate honest = make_certificate(identity(), now);
  const auto stolen = changed([&](X509* x) {
    X509_EXTENSION_free(X509_delete_ext(x, 0));
    X509_add_ext(x, X509_get_ext(honest.certificate.get(), 0), -1);
  });
  EXPECT_EQ(fault_of(stolen), CertificateFault::bad_identity_proof);
}

TEST(Certificate, that_others_signed_is_refused) {
  const Certificate made = make_certificate(identity(), now);
  const KeyPtr other(EVP_EC_gen("P-256"));
  X509_sign(made.certificate.get(), other.get(), EVP_sha256());
  EXPECT_EQ(fault_of(der_of(made.certificate.get())), CertificateFault::not_self_signed);
}

TEST(Certificate, signed_by_a_weak_hash_is_refused) {
  const Certificate made = make_certificate(identity(), now);
  X509_sign(made.certificate.get(), made.key.get(), EVP_sha1());
  EXPECT_EQ(fault_of(der_of(made.certificate.get())), CertificateFault::not_self_signed);
}

TEST(Certificate, with_a_curve_of_its_own_is_refused) {
  const Certificate made = make_certificate(identity(), now);
  EVP_PKEY_set_utf8_string_param(made.key.get(), "encoding", "explicit");
  X509_set_pubkey(made.certificate.get(), made.key.get());
  X509_sign(made.certificate.get(), made.key.get(), EVP_sha256());
  EXPECT_EQ(fault_of(der_of(made.certificate.get())), CertificateFault::key_not_allowed);
}

TEST(Certificate, with_bytes_changed_or_missing_is_refused) {
  const auto der = changed([](X509*) {});
  for (std::size_t i = 0; i < der.size(); ++i) {
    auto damaged = der;
    damaged[i] ^= std::byte{1};
    EXPECT_FALSE(verify_certificate(damaged, now)) << "byte " << i;
    EXPECT_FALSE(verify_certificate(ByteView(der).first(i), now));
  }
  auto longer = der;
  longer.push_back(std::byte{0});
  EXPECT_EQ(fault_of(longer), CertificateFault::malformed);
  EXPECT_EQ(fault_of(std::vector<std::byte>(certificate_size_max_bytes + 1)),
            CertificateFault::malformed);
}

TEST(Certificate, with_a_malformed_identity_is_refused) {
  for (const char* hex : {"", "30", "3000", "30020400", "3004040004000400", "0404000000"}) {
    const auto der = changed([&](X509* x) {
      X509_EXTENSION_free(X509_delete_ext(x, 0));
      add_extension(x, libp2p_oid, from_hex(hex), true);
    });
    EXPECT_EQ(fault_of(der), CertificateFault::bad_identity) << hex;
  }
}

TEST(Certificate, whose_time_is_before_our_era_is_read) {
  // go-libp2p's certificates begin in the year 1.
  const auto der = changed([](X509* x) {
    ASN1_TIME_set_string(X509_getm_notBefore(x), "00010101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "40960101000000Z");
  });
  EXPECT_TRUE(verify_certificate(der, now));
}

TEST(IdentityExtension, lengths_of_all_sizes_round_trip) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{127}, std::size_t{128},
                                 std::size_t{255}, std::size_t{256}, std::size_t{1100}}) {
    const std::vector<std::byte> key(size, std::byte{1});
    const std::vector<std::byte> signature(size + 3, std::byte{2});
    const auto der = encode_identity({key, signature});
    const auto back = decode_identity(der);
    ASSERT_TRUE(back.has_value()) << size;
    EXPECT_TRUE(equal(back->key, key));
    EXPECT_TRUE(equal(back->signature, signature));
  }
}

TEST(IdentityExtension, only_the_shortest_length_is_read) {
  EXPECT_TRUE(decode_identity(from_hex("3006040101040102")).has_value());
  EXPECT_FALSE(decode_identity(from_hex("308106040101040102")).has_value());
  EXPECT_FALSE(decode_identity(from_hex("3080040101040102")).has_value());
  EXPECT_FALSE(decode_identity(from_hex("300604010104010200")).has_value());
}

}  // namespace
}  // namespace mycel::quic
