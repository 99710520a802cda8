// ML-DSA by published known answers: the accumulated vectors of C2SP's CCTV (keys and deterministic
// signatures of 100 seeds) and the example keys of RFC 9881.

#include "foundation/crypto/ml_dsa.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "foundation/crypto/test_hex.hpp"

namespace mycel::crypto {
namespace {

/// SHAKE128, written to and then read from.
struct Shake128 {
  Shake128() { EVP_DigestInit_ex(context, EVP_shake128(), nullptr); }
  ~Shake128() { EVP_MD_CTX_free(context); }
  void write(ByteView bytes) { EVP_DigestUpdate(context, bytes.data(), bytes.size()); }
  void read(std::span<std::byte> bytes) {
    EVP_DigestSqueeze(context, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

MlDsaPrivateKey::Seed counting_seed() {
  MlDsaPrivateKey::Seed seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i);
  return seed;
}

constexpr MlDsaPrivateKey::Hedge deterministic{};

class MlDsa : public testing::TestWithParam<MlDsaStrength> {
 protected:
  MlDsaPrivateKey key{GetParam(), counting_seed()};
};
INSTANTIATE_TEST_SUITE_P(BothStrengths, MlDsa,
                         testing::Values(MlDsaStrength::ml_dsa_65, MlDsaStrength::ml_dsa_87),
                         [](const auto& param_info) {
                           return param_info.param == MlDsaStrength::ml_dsa_65 ? "s65" : "s87";
                         });

TEST_P(MlDsa, keys_and_signatures_of_a_hundred_seeds_are_those_that_c2sp_published) {
  Shake128 seeds;
  Shake128 answers;
  for (int i = 0; i < 100; ++i) {
    MlDsaPrivateKey::Seed seed;
    seeds.read(seed);
    const MlDsaPrivateKey one(GetParam(), seed);
    const Bytes signature = one.sign({}, deterministic);
    answers.write(one.public_key().view());
    answers.write(signature);
    ASSERT_TRUE(one.public_key().verify({}, signature));
  }
  std::array<std::byte, 32> result;
  answers.read(result);
  EXPECT_EQ(to_hex(result),
            GetParam() == MlDsaStrength::ml_dsa_65
                ? "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199"
                : "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b");
}

TEST_P(MlDsa, sizes_are_those_of_fips_204) {
  const bool is_65 = GetParam() == MlDsaStrength::ml_dsa_65;
  EXPECT_EQ(key.public_key().view().size(), is_65 ? 1952U : 2592U);
  EXPECT_EQ(key.sign(as_bytes("message"), deterministic).size(), is_65 ? 3309U : 4627U);
  EXPECT_EQ(key.seed(), counting_seed());
}

// The first and last bytes of the example public keys of RFC 9881, appendix C.
TEST_P(MlDsa, the_example_seed_of_rfc_9881_makes_its_example_key) {
  const std::string hex = to_hex(key.public_key().view());
  const bool is_65 = GetParam() == MlDsaStrength::ml_dsa_65;
  EXPECT_TRUE(hex.ends_with(is_65 ? "c47196a4e81b2104bc460a051e02f2e8444f"
                                  : "222f8ba90a974073326b31212aece0a34a60"));
  EXPECT_TRUE(is_65 || hex.starts_with("9792bcec2f2430686a82fccf3c2f5ff6"));
}

TEST_P(MlDsa, hedged_signatures_differ_and_all_verify) {
  MlDsaPrivateKey::Hedge hedge{};
  hedge[0] = std::byte{1};
  const Bytes one = key.sign(as_bytes("message"), deterministic);
  const Bytes two = key.sign(as_bytes("message"), hedge);
  EXPECT_NE(one, two);
  EXPECT_EQ(two, key.sign(as_bytes("message"), hedge));
  EXPECT_TRUE(key.public_key().verify(as_bytes("message"), one));
  EXPECT_TRUE(key.public_key().verify(as_bytes("message"), two));
}

TEST_P(MlDsa, a_signature_for_one_context_is_refused_in_another) {
  const Bytes signature = key.sign(as_bytes("message"), deterministic, as_bytes("votes"));
  const MlDsaPublicKey& verifier = key.public_key();
  EXPECT_TRUE(verifier.verify(as_bytes("message"), signature, as_bytes("votes")));
  EXPECT_FALSE(verifier.verify(as_bytes("message"), signature, as_bytes("cards")));
  EXPECT_FALSE(verifier.verify(as_bytes("message"), signature));
  const std::string longest(255, 'c');
  EXPECT_TRUE(verifier.verify({}, key.sign({}, deterministic, as_bytes(longest)).view(),
                              as_bytes(longest)));
  EXPECT_FALSE(verifier.verify({}, signature, as_bytes(longest + "c")));
}

TEST_P(MlDsa, tampering_is_refused) {
  const Bytes signature = key.sign(as_bytes("message"), deterministic);
  const MlDsaPublicKey& verifier = key.public_key();
  EXPECT_FALSE(verifier.verify(as_bytes("massage"), signature));
  std::vector<std::byte> changed(signature.begin(), signature.end());
  for (std::size_t at = 0; at < changed.size(); at += 97) {
    changed[at] ^= std::byte{1};
    EXPECT_FALSE(verifier.verify(as_bytes("message"), changed)) << "byte " << at;
    changed[at] ^= std::byte{1};
  }
  EXPECT_TRUE(verifier.verify(as_bytes("message"), changed));
  EXPECT_FALSE(verifier.verify(as_bytes("message"), signature.slice(1).view()));
  EXPECT_FALSE(verifier.verify(as_bytes("message"), {}));
}

TEST_P(MlDsa, a_public_key_is_remade_from_its_bytes_and_no_others) {
  const ByteView bytes = key.public_key().view();
  const auto again = MlDsaPublicKey::from(GetParam(), bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->strength(), GetParam());
  EXPECT_TRUE(again->verify(as_bytes("m"), key.sign(as_bytes("m"), deterministic).view()));
  EXPECT_FALSE(MlDsaPublicKey::from(GetParam(), bytes.first(bytes.size() - 1)));
  EXPECT_FALSE(MlDsaPublicKey::from(GetParam(), {}));
}

}  // namespace
}  // namespace mycel::crypto
