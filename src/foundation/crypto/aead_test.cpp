// AES-256-GCM by test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega),
// which NIST validates with.

#include "foundation/crypto/aead.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "foundation/crypto/test_hex.hpp"

namespace mycel::crypto {
namespace {

struct Vector {
  std::string key, nonce, associated, plain, sealed;
};

const std::string long_key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const Vector vectors[] = {
    {std::string(64, '0'), std::string(24, '0'), "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {std::string(64, '0'), std::string(24, '0'), "", std::string(32, '0'),
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {long_key, "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b"
     "5"
     "25b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "8"
     "38c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {long_key, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b"
     "5"
     "25b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "8"
     "38c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

template <class Array>
Array array_from(const std::string& hex) {
  Array array;
  std::ranges::copy(from_hex(hex), array.begin());
  return array;
}

TEST(Aead, seals_and_opens_as_nist_says) {
  for (const Vector& vector : vectors) {
    const auto key = array_from<AeadKey>(vector.key);
    const auto nonce = array_from<AeadNonce>(vector.nonce);
    const auto associated = from_hex(vector.associated);
    const auto sealed = seal(key, nonce, associated, from_hex(vector.plain));
    EXPECT_EQ(to_hex(sealed), vector.sealed);
    const auto opened = open(key, nonce, associated, sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(to_hex(*opened), vector.plain);
  }
}

TEST(Aead, any_change_is_noticed_and_nothing_is_given_out) {
  const auto key = array_from<AeadKey>(long_key);
  const AeadNonce nonce{};
  const auto sealed = seal(key, nonce, as_bytes("header"), as_bytes("secret"));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] ^= std::byte{0x10};
    std::array<std::byte, 6> plain{};
    EXPECT_FALSE(open_into(key, nonce, as_bytes("header"), changed, plain)) << "byte " << at;
    EXPECT_EQ(plain, (std::array<std::byte, 6>{}));
  }
  AeadNonce other_nonce{};
  other_nonce[11] = std::byte{1};
  EXPECT_FALSE(open(key, other_nonce, as_bytes("header"), sealed));
  EXPECT_FALSE(open(AeadKey{}, nonce, as_bytes("header"), sealed));
  EXPECT_FALSE(open(key, nonce, as_bytes("heade"), sealed));
  EXPECT_TRUE(open(key, nonce, as_bytes("header"), sealed));
}

TEST(Aead, less_than_a_tag_is_refused) {
  for (std::size_t size = 0; size < aead_tag_size_bytes; ++size)
    EXPECT_FALSE(open(AeadKey{}, AeadNonce{}, {}, std::vector<std::byte>(size)));
}

}  // namespace
}  // namespace mycel::crypto
