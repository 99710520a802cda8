// The public keys of the libp2p specification (peer-ids.md, "Test vectors") and the ids that other
// implementations make of them.

#include "foundation/wire/key.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "foundation/wire/peer_id_text.hpp"
#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

struct KeyVector {
  KeyType type;
  std::string_view encoded;
  std::string_view peer;
  std::string_view cid;
};

const KeyVector vectors[] = {
    {KeyType::ed25519, "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
     "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", ""},
    {KeyType::ed25519, "08011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
     "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7",
     "bafzaajaiaejcb2sknrr6fhcsbk7pkud3cmxml6mvi53k5pv6pojeehxknekenurm"},
    {KeyType::secp256k1,
     "08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99",
     "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY",
     "bafzaajiiaijcca3xo7uzjzcsyilaj6i54cj44qk7kqzpoao5rti2pjx6udtdbp6kte"},
    {KeyType::ecdsa,
     "0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004de3d300fa36ae0e8f5d530899d83aba"
     "b"
     "44abf3161f162a4bc901d8e6ecda020e8b6d5f8da30525e71d6851510c098e5c47c646a597fb4dcec034e9f77c409"
     "e"
     "62",
     "QmVMT29id3TUASyfZZ6k9hmNyc2nYabCo4uMSpDw4zrgDk",
     "bafzbeidigywdclqvl5hxfefwp5onbffcfife7pza57mmfb4tiqmtkdjw64"},
    {KeyType::rsa,
     "080012a60430820222300d06092a864886f70d01010105000382020f003082020a0282020100e1beab071d08200bd"
     "e"
     "24eef00d049449b07770ff9910257b2d7d5dda242ce8f0e2f12e1af4b32d9efd2c090f66b0f29986dbb645dae9880"
     "0"
     "89704a94e5066d594162ae6ee8892e6ec70701db0a6c445c04778eb3de1293aa1a23c3825b85c6620a2bc3f82f9b0"
     "c"
     "309bc0ab3aeb1873282bebd3da03c33e76c21e9beb172fd44c9e43be32e2c99827033cf8d0f0c606f4579326c930e"
     "b"
     "4e854395ad941256542c793902185153c474bed109d6ff5141ebf9cd256cf58893a37f83729f97e7cb435ec679d2e"
     "3"
     "3901d27bb35aa0d7e20561da08885ef0abbf8e2fb48d6a5487047a9ecb1ad41fa7ed84f6e3e8ecd5d98b3982d2a90"
     "1"
     "b4454991766da295ab78822add5612a2df83bcee814cf50973e80d7ef38111b1bd87da2ae92438a2c8cbcc70b31ee"
     "3"
     "19939a3b9c761dbc13b5c086d6b64bf7ae7dacc14622375d92a8ff9af7eb962162bbddebf90acb32adb5e4e4029f1"
     "c"
     "96019949ecfbfeffd7ac1e3fbcc6b6168c34be3d5a2e5999fcbb39bba7adbca78eab09b9bc39f7fa4b93411f4cc17"
     "5"
     "e70c0a083e96bfaefb04a9580b4753c1738a6a760ae1afd851a1a4bdad231cf56e9284d832483df215a46c1c21bdf"
     "0"
     "c6cfe951c18f1ee4078c79c13d63edb6e14feaeffabc90ad317e4875fe648101b0864097e998f0ca3025ef9638cd2"
     "b"
     "0caecd3770ab54a1d9c6ca959b0f5dcbc90caeefc4135baca6fd475224269bbe1b0203010001",
     "QmaeANgBs1DTSxWSrPPtobgQuxW8XTfsS4ydbK4rCHzqxG", ""},
};

TEST(PublicKey, of_every_type_reads_and_is_written_as_in_the_specification) {
  for (const KeyVector& vector : vectors) {
    const PublicKey key = must(decode_public_key(from_hex(vector.encoded)));
    EXPECT_EQ(key.type, vector.type);
    EXPECT_EQ(to_hex(encode(key)), vector.encoded);
  }
}

TEST(PeerId, of_every_type_of_key_is_what_other_implementations_make_of_it) {
  for (const KeyVector& vector : vectors) {
    const PeerId peer = peer_id_of(must(decode_public_key(from_hex(vector.encoded))));
    EXPECT_EQ(to_text(peer), vector.peer);
    EXPECT_EQ(must(parse_peer_id(vector.peer)), peer);
    EXPECT_TRUE(vector.cid.empty() || to_cid_text(peer) == vector.cid) << vector.peer;
    EXPECT_EQ(must(parse_peer_id(to_cid_text(peer))), peer);
  }
}

TEST(PeerId, of_a_short_key_gives_the_key_back) {
  for (const KeyVector& vector : vectors) {
    const PublicKey key = must(decode_public_key(from_hex(vector.encoded)));
    const bool is_short = key.type == KeyType::ed25519 || key.type == KeyType::secp256k1;
    EXPECT_EQ(inlined_public_key(peer_id_of(key)), is_short ? std::optional(key) : std::nullopt);
  }
}

TEST(PeerId, of_an_ed25519_key_carries_it) {
  const crypto::Ed25519PrivateKey secret({});
  const PeerId peer = peer_id_of(secret.public_key());
  EXPECT_EQ(ed25519_key(peer), secret.public_key());
  EXPECT_EQ(ed25519_key(to_public_key(secret.public_key())), secret.public_key());
  EXPECT_EQ(ed25519_key(must(parse_peer_id(vectors[2].peer))), std::nullopt);
  EXPECT_EQ(ed25519_key(PeerId{}), std::nullopt);
}

TEST(PeerId, of_a_post_quantum_key_is_its_hash) {
  const PublicKey key{KeyType::ml_dsa, Bytes(std::vector<std::byte>(1 + 1952))};
  const PeerId peer = peer_id_of(key);
  EXPECT_TRUE(peer.inlined_key().empty());
  EXPECT_TRUE(to_text(peer).starts_with("Qm"));
  EXPECT_EQ(must(decode_public_key(encode(key))), key);
}

TEST(PublicKey, in_any_other_spelling_is_refused_because_its_id_would_differ) {
  const std::string data = "1220" + std::string(64, '1');
  EXPECT_TRUE(decode_public_key(from_hex("0801" + data)));
  EXPECT_EQ(decode_public_key(from_hex(data + "0801")).error(), Fault::not_canonical);
  EXPECT_EQ(decode_public_key(from_hex("088100" + data)).error(), Fault::not_canonical);
  EXPECT_EQ(decode_public_key(from_hex("0801" + data + "1801")).error(), Fault::not_canonical);
  EXPECT_EQ(decode_public_key(from_hex("08000801" + data)).error(), Fault::not_canonical);
}

TEST(PublicKey, that_is_none_is_refused) {
  EXPECT_EQ(decode_public_key({}).error(), Fault::missing_field);
  EXPECT_EQ(decode_public_key(from_hex("0801")).error(), Fault::missing_field);
  EXPECT_EQ(decode_public_key(from_hex("08011220aa")).error(), Fault::malformed);
  EXPECT_EQ(decode_public_key(from_hex("08011201aa")).error(), Fault::malformed);
  EXPECT_EQ(decode_public_key(from_hex("08021201aa")).error(), Fault::malformed);
  EXPECT_EQ(decode_public_key(from_hex("08001200")).error(), Fault::malformed);
  EXPECT_EQ(decode_public_key(from_hex("08051201aa")).error(), Fault::unknown_kind);
  EXPECT_EQ(decode_public_key(Bytes(std::vector<std::byte>(public_key_size_max_bytes + 1))).error(),
            Fault::too_large);
}

TEST(PeerIdText, that_names_no_peer_is_refused) {
  EXPECT_EQ(parse_peer_id("").error(), Fault::truncated);
  EXPECT_EQ(parse_peer_id("1").error(), Fault::malformed);
  EXPECT_EQ(parse_peer_id("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p0").error(),
            Fault::malformed);
  EXPECT_EQ(parse_peer_id("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3").error(),
            Fault::malformed);
  // The CID of content, not of a key.
  EXPECT_EQ(parse_peer_id("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e").error(),
            Fault::unknown_kind);
  EXPECT_EQ(parse_peer_id(std::string(5000, '1')).error(), Fault::too_large);
}

}  // namespace
}  // namespace mycel::wire
