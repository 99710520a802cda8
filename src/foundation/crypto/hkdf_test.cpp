// HKDF-SHA256 by RFC 5869, appendix A; scrypt by an answer of Python's hashlib.

#include "foundation/crypto/hkdf.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "foundation/crypto/passphrase_key.hpp"
#include "foundation/crypto/test_hex.hpp"

namespace mycel::crypto {
namespace {

std::string counting(int from, int to) {
  std::string hex;
  for (int i = from; i <= to; ++i) hex += to_hex(std::array{static_cast<std::byte>(i)});
  return hex;
}

TEST(Hkdf, derives_what_rfc_5869_says) {
  EXPECT_EQ(to_hex(hkdf_sha256<42>(from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                                   from_hex("000102030405060708090a0b0c"),
                                   from_hex("f0f1f2f3f4f5f6f7f8f9"))),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(
      to_hex(hkdf_sha256<82>(from_hex(counting(0x00, 0x4f)), from_hex(counting(0x60, 0xaf)),
                             from_hex(counting(0xb0, 0xff)))),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e"
      "590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(
      to_hex(hkdf_sha256<42>(from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), {}, {})),
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, an_empty_key_is_a_key_too) {
  // Noise ends its handshake with one. HMAC-SHA256 by hand, in two steps, gives the same.
  EXPECT_EQ(to_hex(hkdf_sha256<32>({}, {}, {})),
            "eb70f01dede9afafa449eee1b1286504e1f62388b3f7dd4f956697b0e828fe18");
}

TEST(PassphraseKey, is_what_scrypt_gives_elsewhere) {
  PassphraseSalt salt;
  std::ranges::copy(as_bytes("0123456789abcdef"), salt.begin());
  EXPECT_EQ(to_hex(passphrase_key(as_bytes("passphrase"), salt, {1024, 8, 16})),
            "ff94c08dd13f31b25d0534e28b79b3196bdc1d6a495095d80ea5a44d0e529a89");
}

TEST(PassphraseKey, two_salts_give_two_keys_and_one_gives_one) {
  constexpr ScryptCost quick = {16, 1, 1};
  PassphraseSalt other{};
  other[0] = std::byte{1};
  const auto key = passphrase_key(as_bytes("passphrase"), {}, quick);
  EXPECT_EQ(key, passphrase_key(as_bytes("passphrase"), {}, quick));
  EXPECT_NE(key, passphrase_key(as_bytes("passphrase"), other, quick));
  EXPECT_NE(key, passphrase_key(as_bytes("Passphrase"), {}, quick));
}

}  // namespace
}  // namespace mycel::crypto
