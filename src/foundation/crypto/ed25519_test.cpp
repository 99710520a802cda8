// Ed25519 by the test vectors of RFC 8032 §7.1, and by what a verifier must refuse.

#include "foundation/crypto/ed25519.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "foundation/crypto/test_hex.hpp"

namespace mycel::crypto {
namespace {

Ed25519PrivateKey key_from(std::string_view seed_hex) {
  Ed25519PrivateKey::Seed seed;
  std::ranges::copy(from_hex(seed_hex), seed.begin());
  return Ed25519PrivateKey(seed);
}

Ed25519PublicKey public_key(std::string_view hex) {
  return *Ed25519PublicKey::from(from_hex(hex));
}

struct Vector {
  std::string_view seed, public_key, message, signature;
};

constexpr Vector rfc_8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

TEST(Ed25519, signs_and_verifies_as_rfc_8032_says) {
  for (const Vector& vector : rfc_8032) {
    const Ed25519PrivateKey key = key_from(vector.seed);
    const auto message = from_hex(vector.message);
    EXPECT_EQ(to_hex(key.public_key().view()), vector.public_key);
    EXPECT_EQ(to_hex(key.sign(message).view()), vector.signature);
    EXPECT_TRUE(verify(public_key(vector.public_key), message, from_hex(vector.signature)));
  }
}

TEST(Ed25519, a_key_gives_back_the_seed_it_was_made_from) {
  EXPECT_EQ(to_hex(key_from(rfc_8032[0].seed).seed()), rfc_8032[0].seed);
}

TEST(Ed25519, a_changed_bit_anywhere_is_refused) {
  const auto key = public_key(rfc_8032[2].public_key);
  const auto signature = from_hex(rfc_8032[2].signature);
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto changed = signature;
    changed[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_FALSE(verify(key, from_hex("af82"), changed)) << "bit " << bit;
  }
  EXPECT_FALSE(verify(key, from_hex("af83"), signature));
  EXPECT_FALSE(verify(public_key(rfc_8032[1].public_key), from_hex("af82"), signature));
}

TEST(Ed25519, wrong_sizes_are_refused) {
  const auto signature = from_hex(rfc_8032[0].signature);
  const auto key = public_key(rfc_8032[0].public_key);
  EXPECT_FALSE(verify(key, {}, ByteView(signature).first(63)));
  EXPECT_FALSE(verify(key, {}, {}));
  EXPECT_FALSE(Ed25519PublicKey::from(ByteView(signature).first(31)));
  EXPECT_FALSE(Ed25519PublicKey::from(ByteView(signature).first(33)));
}

// S + L is the same scalar, so a lax verifier would take a second signature for one message.
TEST(Ed25519, a_scalar_of_the_group_order_or_more_is_refused) {
  const auto order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  auto signature = from_hex(rfc_8032[1].signature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += std::to_integer<unsigned>(signature[32 + i]) + std::to_integer<unsigned>(order[i]);
    signature[32 + i] = static_cast<std::byte>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0U);
  EXPECT_FALSE(verify(public_key(rfc_8032[1].public_key), from_hex("72"), signature));
}

// With a key of small order, R = identity and S = 0 would sign every message, or many.
TEST(Ed25519, keys_of_small_order_verify_nothing) {
  constexpr std::string_view small_order[] = {
      "0100000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000080",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  };
  for (const auto key : small_order) {
    for (const auto commitment : small_order) {
      const auto signature = from_hex(std::string(commitment) + std::string(64, '0'));
      for (const auto message : {"", "a", "b", "c", "d", "e", "f", "g"})
        EXPECT_FALSE(verify(public_key(key), as_bytes(message), signature)) << key;
    }
  }
}

TEST(Ed25519, keys_that_are_not_canonical_verify_nothing) {
  // p + 1 and p: other spellings of y = 1 and y = 0.
  for (const auto key : {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                         "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto signature = from_hex("01" + std::string(126, '0'));
    EXPECT_FALSE(verify(public_key(key), as_bytes("message"), signature));
  }
}

}  // namespace
}  // namespace mycel::crypto
