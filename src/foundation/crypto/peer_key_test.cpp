// Identity keys of all four kinds. The keys and signatures were made by the openssl command, except
// for the vector of RFC 6979, appendix A.2.5.

#include "foundation/crypto/peer_key.hpp"

#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/test_hex.hpp"

namespace mycel::crypto {
namespace {

struct Signed {
  std::string_view key, signature;
};

constexpr std::string_view message = "a message from a peer";

constexpr Signed rsa_2048 = {
    "30820122300d06092a864886f70d01010105000382010f003082010a0282010100e65e6a70fa5f909902ddec1d"
    "4e3515a6f84c08178aec4b2b5c94c0d0038aa881bf0a0852c77da47c3975d28e3d4560a27a946e22c2b48b7976"
    "97a5f648b6c8c93c196ec8ab4a5d00087b9f1e3dca61225d3ec5546dfaaaa7716d1c2104f207dd12441681cbc3"
    "ee67c2b7ff233dbb5dc2d1c80379fbfaa5e68dcd2f69d7c5d9186158ec70687908e546483f9992bece49fd1fff"
    "d8d450c7666806460a787f0311079dbec9c1c448b6c0df7a6efede3e4338e8e2e53dc9d6f49157daf5847f7473"
    "13dc885650d09e823b3999db60e478e113f048a6ab0dbbe731256e9d6f57f6ecda23831d8d57794af01780a720"
    "71ba1bc6a3eca55a8b71d123d18c96c91e7e890203010001",
    "31c5b4bb2fd6616d2804411b58270c65e285265e2149bf4569f02eb40e7a89ba9d348184fc2f80a3bce979ba97"
    "a25895cbcb2c51875a14dfc850acb9a90fb34a6c8fb09deefb0883f95882a255b461eed936cff10f03988937eb"
    "e615393d8630f5e8c01ea9810184c511b9cf0aeaf15c15b5a41bbc36ff540ba67c2ff56cd65f5bc6c7bbc31970"
    "5f3aa553a2ecadab427bcda155a7f7bd7deed6999f7d29d2eea6a5f2ceb81dfb971fbc1bcf7dc28b9587a72a3b"
    "e6112c4b32bbff4639b7e1be4a7437005088d2d931fe115e05e3f5add330aa57721158c2e0d45ad93a7b5b37f5"
    "034c7db9c4648e5c75708113ff9404aeee22643c83611ffe87f48fb14e35df"};
constexpr Signed rsa_1024 = {
    "30819f300d06092a864886f70d010101050003818d0030818902818100cf1259ddb3ea22c7fc7f9d8341f866af"
    "609400411fa99b5f669749ecf225bbccbb49bbc9749e93dc52550ac47cfd2825125cfcd596d4cf305e17b6decd"
    "53cbc28f82603c0c3a6205e366f56b733dbc07dd61c14a69172ed716e0faaa58142f4b8a55af6d105ff354332b"
    "1b85e7c8b2cb2a2fa802bcf08d9972b94c485b5cf8c30203010001",
    "c1b7e8e5a0188801048ba0edc5d71743989921c21d3e969a3abb40793cdcf4e2bff6e50e0fee4d0a77212b331f"
    "4cd01e37082c5f4c17b343b4a11b843ddcb0c2504e28d0c28b79d144f23f0069e835091dee168ad764a78d34b8"
    "1627f701ce6610aaa0a6dd9b38f4fbb3968e34451e033d9e12f31ff9deee5b419cee9129c453"};
constexpr Signed secp256k1 = {
    "02c186f31f1e3b061d3be2280a9ebd7aab7376a0cae38ac9c5f9eb4f4d56afcb20",
    "3045022100f3618555c903680caa5f3a8d2d9787c2893759a0e20bcf642ece2c986cea6a7902207848b94a27d1"
    "c437e348add1307c8b4ba74f808965457314c4fd6dd28cbe14e1"};
constexpr Signed p256 = {
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000448b864e10753446ffa46ef574696c86f35f5"
    "4947da48633479a929f8b35f4999c000d7e5d7067d11aeaf3870f44d719a4c5488a881463f7e1f62afd243c6af"
    "6a",
    "3045022100fa0cf4d836d5591d698f875d60e207d0f795954d26728c370a8e2cd04485e46c02203bae24b90df4"
    "7f33adadd4c32a827c2464654114fa8d5d3139e6870d8a6a8407"};
constexpr Signed p384 = {
    "3076301006072a8648ce3d020106052b810400220362000412d43ceb84b793b6aef21243da02698206a1d571a1"
    "18878839e18c02af1a79b77f81bbd3da0f9299333497b0e0c5cc1d3c2ab56369f33d10669cf6d44d8487b3bd62"
    "ee136bd6d55daa0fb8bb10365c2993004a15b4d53b9953adf6eeeb9ea920",
    "3066023100d2ba29f18f193801c03286f1b8d8e46095588040173eff32bbad422d6bb2c109c4d32c966ac30ef7"
    "dca861232496e256023100d2d6912ece8c0e3554de3276717ae89570e3cbb464d5d73d6ac8977c29b62dc7983c"
    "1d07b92a0e8feef7ee5fb8e2c611"};
constexpr Signed p256_explicit = {
    "3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100ffffffff00000001"
    "000000000000000000000000ffffffffffffffffffffffff305b0420ffffffff00000001000000000000000000"
    "000000fffffffffffffffffffffffc04205ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e"
    "27d2604b031500c49d360886e704936a6678e1139d26b7819f7e900441046b17d1f2e12c4247f8bce6e563a440"
    "f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb64068"
    "37bf51f5022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101034200"
    "04cb897ac2fe3bf66ebf9a3838cf004c17b94fa207ef90cf6a1c4b5c042007642e6f150db6be253c5db93b189d"
    "18e5ea56a9206f3f7ec236a12363b82b6ee62a51",
    "304402201610873dc5058508c4807ca0018b13df51f4f5d3a8a55c2082a7f2eebf6eed770220184a916081e75d"
    "239edab2c4ff91cda0b34fcc4c98e4870f572a91c0555d7973"};

bool accepts(PeerKeyKind kind, const Signed& by, std::string_view text = message) {
  return verify_peer_signature(kind, from_hex(by.key), as_bytes(text), from_hex(by.signature));
}

TEST(PeerKey, every_kind_of_identity_key_verifies_what_it_signed) {
  EXPECT_TRUE(accepts(PeerKeyKind::rsa, rsa_2048));
  EXPECT_TRUE(accepts(PeerKeyKind::secp256k1, secp256k1));
  EXPECT_TRUE(accepts(PeerKeyKind::ecdsa, p256));
  EXPECT_TRUE(accepts(PeerKeyKind::ecdsa, p384));
  const Ed25519PrivateKey key(Ed25519PrivateKey::Seed{});
  EXPECT_TRUE(verify_peer_signature(PeerKeyKind::ed25519, key.public_key().view(),
                                    as_bytes(message), key.sign(as_bytes(message)).view()));
}

TEST(PeerKey, ecdsa_verifies_the_vector_of_rfc_6979) {
  const Signed sample = {
      "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
      "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
      "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"};
  EXPECT_TRUE(accepts(PeerKeyKind::ecdsa, sample, "sample"));
  EXPECT_FALSE(accepts(PeerKeyKind::ecdsa, sample, "Sample"));
}

TEST(PeerKey, another_message_is_refused) {
  for (const auto& [kind, by] :
       {std::pair{PeerKeyKind::rsa, rsa_2048}, std::pair{PeerKeyKind::secp256k1, secp256k1},
        std::pair{PeerKeyKind::ecdsa, p256}})
    EXPECT_FALSE(accepts(kind, by, "another message"));
}

TEST(PeerKey, a_changed_or_cut_signature_is_refused) {
  for (const auto& [kind, by] :
       {std::pair{PeerKeyKind::rsa, rsa_2048}, std::pair{PeerKeyKind::secp256k1, secp256k1},
        std::pair{PeerKeyKind::ecdsa, p256}}) {
    const auto key = from_hex(by.key);
    const auto signature = from_hex(by.signature);
    for (std::size_t at = 0; at < signature.size(); ++at) {
      auto changed = signature;
      changed[at] ^= std::byte{1};
      EXPECT_FALSE(verify_peer_signature(kind, key, as_bytes(message), changed)) << at;
      EXPECT_FALSE(
          verify_peer_signature(kind, key, as_bytes(message), ByteView(signature).first(at)));
    }
    auto longer = signature;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(verify_peer_signature(kind, key, as_bytes(message), longer));
  }
}

TEST(PeerKey, a_key_of_one_kind_is_not_taken_for_another) {
  EXPECT_FALSE(accepts(PeerKeyKind::ecdsa, rsa_2048));
  EXPECT_FALSE(accepts(PeerKeyKind::rsa, p256));
  EXPECT_FALSE(accepts(PeerKeyKind::ecdsa, secp256k1));
  EXPECT_FALSE(accepts(PeerKeyKind::ed25519, secp256k1));
  EXPECT_FALSE(accepts(static_cast<PeerKeyKind>(4), p256));
}

TEST(PeerKey, bytes_after_the_key_are_refused) {
  for (const auto& [kind, by] :
       {std::pair{PeerKeyKind::rsa, rsa_2048}, std::pair{PeerKeyKind::secp256k1, secp256k1},
        std::pair{PeerKeyKind::ecdsa, p256}}) {
    auto key = from_hex(by.key);
    key.push_back(std::byte{0});
    EXPECT_FALSE(verify_peer_signature(kind, key, as_bytes(message), from_hex(by.signature)));
  }
}

TEST(PeerKey, a_short_rsa_key_and_a_curve_of_ones_own_are_refused) {
  EXPECT_FALSE(accepts(PeerKeyKind::rsa, rsa_1024));
  EXPECT_FALSE(accepts(PeerKeyKind::ecdsa, p256_explicit));
}

TEST(PeerKey, an_rsa_exponent_that_makes_verifying_slow_is_refused) {
  auto key = from_hex(rsa_2048.key);
  key[key.size() - 3] = std::byte{1};  // still 65537
  EXPECT_TRUE(verify_peer_signature(PeerKeyKind::rsa, key, as_bytes(message),
                                    from_hex(rsa_2048.signature)));
  key.back() = std::byte{0};  // even
  EXPECT_FALSE(verify_peer_signature(PeerKeyKind::rsa, key, as_bytes(message),
                                     from_hex(rsa_2048.signature)));
}

TEST(PeerKey, a_refused_key_leaves_no_error_behind_for_tls_to_find) {
  ERR_clear_error();
  EXPECT_FALSE(accepts(PeerKeyKind::ecdsa, {"30820122", "3045"}));
  EXPECT_FALSE(accepts(PeerKeyKind::secp256k1, {secp256k1.key, "3045"}));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace mycel::crypto
