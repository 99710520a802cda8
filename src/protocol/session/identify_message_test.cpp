#include "protocol/session/identify_message.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "foundation/crypto/ed25519.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_record.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::session {
namespace {

using wire::Fault;

Bytes from_hex(std::string_view digits) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(value(digits[i]) << 4 | value(digits[i + 1])));
  return Bytes(std::move(bytes));
}

Multiaddr at(const std::string& text) {
  const auto address = wire::parse_multiaddr(text);
  EXPECT_TRUE(address) << text;
  return *address;
}

crypto::Ed25519PrivateKey key(std::uint8_t first) {
  crypto::Ed25519PrivateKey::Seed seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(first + i);
  return crypto::Ed25519PrivateKey(seed);
}
PeerId peer(std::uint8_t first) {
  return wire::peer_id_of(key(first).public_key());
}
const PeerId alice = peer(0);
const PeerId bob = peer(32);

// What js-libp2p 3.3.11 sends: fields in the order 5 6 1 2 4 3 8, listen addresses without /p2p,
// the observed address with our id at its end, and a record signed with the milliseconds as
// sequence. Alice's key is the seed 00 01 .. 1f; made and signed by an independent implementation.
constexpr std::string_view js_message =
    "2a0a697066732f302e312e30321d6a732d6c69627032702f332e332e3131206e6f64652f32302e32302e320a24"
    "0801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8120b047f0000019102"
    "1005cd03120b04c000020791021005cd03223404cb00710991020fa1cd03a5032600240801122029acbae141bc"
    "caf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd71a0e2f697066732f69642f312e302e301a132f"
    "697066732f69642f707573682f312e302e301a102f697066732f70696e672f312e302e301a0f2f697066732f6b"
    "61642f312e302e301a0f2f666c6f6f647375622f312e302e301a0e2f6d6573687375622f312e302e301a0e2f6d"
    "6573687375622f312e312e301a0e2f6d6573687375622f312e322e301a202f6c69627032702f63697263756974"
    "2f72656c61792f302e322e302f73746f7042bb010a240801122003a107bff3ce10be1d70dd18e74bc09967e4d6"
    "309ba50d5f1ddc8664125531b8120203011a4d0a2600240801122003a107bff3ce10be1d70dd18e74bc09967e4"
    "d6309ba50d5f1ddc8664125531b810faf089c49f341a0d0a0b047f00000191021005cd031a0d0a0b04c0000207"
    "91021005cd032a40d3554228adafefd84ee5f3c32c529dae980ff571591736ed4b9c202001d20843f548b0c951"
    "4022750fad8cf8b646a1bc87ef237d935297ff028934159edd5f05";
constexpr std::string_view alice_multihash =
    "00240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";

TEST(IdentifyMessage, reads_what_js_libp2p_sends) {
  ASSERT_EQ(to_hex(alice.view()), alice_multihash);
  const auto message = decode_identify(from_hex(js_message));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->protocol_version, "ipfs/0.1.0");
  EXPECT_EQ(message->agent_version, "js-libp2p/3.3.11 node/20.20.2");
  EXPECT_EQ(message->protocols,
            (std::vector<std::string>{"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0",
                                      "/ipfs/kad/1.0.0", "/floodsub/1.0.0", "/meshsub/1.0.0",
                                      "/meshsub/1.1.0", "/meshsub/1.2.0",
                                      "/libp2p/circuit/relay/0.2.0/stop"}));
  EXPECT_EQ(message->observed, at("/ip4/203.0.113.9/udp/4001/quic-v1"));
  EXPECT_TRUE(check_sender(*message, alice));
  const Listening listening = listening_of(*message, alice);
  EXPECT_TRUE(listening.is_signed);
  EXPECT_EQ(listening.sequence, 1795170662522U);
  EXPECT_EQ(listening.addresses, (Addresses{at("/ip4/127.0.0.1/udp/4101/quic-v1"),
                                            at("/ip4/192.0.2.7/udp/4101/quic-v1")}));
}

TEST(IdentifyMessage, writes_the_bytes_that_js_libp2p_writes) {
  auto message = decode_identify(from_hex(js_message));
  ASSERT_TRUE(message);
  message->observed = wire::with_peer(*message->observed, bob);
  EXPECT_EQ(to_hex(encode(*message)), js_message);
}

TEST(IdentifyMessage, may_come_in_several_frames) {
  const Bytes whole = from_hex(js_message);
  wire::ProtoWriter more;
  more.text(3, "/more/1");
  const std::array frames{whole, more.take()};
  const auto merged = merge_frames(frames);
  ASSERT_TRUE(merged);
  const auto message = decode_identify(*merged);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->protocols.size(), 10U);
  EXPECT_EQ(message->protocols.back(), "/more/1");
  EXPECT_EQ(merge_frames(std::vector<Bytes>(11, whole)).error(), Fault::too_large);
}

TEST(IdentifyMessage, the_key_of_somebody_else_is_refused) {
  const auto message = decode_identify(from_hex(js_message));
  EXPECT_EQ(check_sender(*message, bob).error(), Fault::wrong_signer);
  EXPECT_TRUE(check_sender({}, bob));  // says nothing, so says nothing wrong
}

TEST(IdentifyMessage, the_signed_record_of_somebody_else_proves_nothing) {
  auto message = decode_identify(from_hex(js_message));
  message->listen_addresses = {at("/ip4/198.51.100.1/udp/1/quic-v1")};
  const Listening listening = listening_of(*message, bob);
  EXPECT_FALSE(listening.is_signed);
  EXPECT_EQ(listening.addresses, message->listen_addresses);
}

TEST(IdentifyMessage, a_changed_record_proves_nothing) {
  auto message = decode_identify(from_hex(js_message));
  std::vector<std::byte> bytes(message->signed_peer_record.begin(),
                               message->signed_peer_record.end());
  bytes[bytes.size() - 1] ^= std::byte{1};
  message->signed_peer_record = Bytes(std::move(bytes));
  EXPECT_FALSE(listening_of(*message, alice).is_signed);
  EXPECT_EQ(listening_of(*message, alice).addresses.size(), 2U);
}

TEST(IdentifyMessage, words_of_a_peer_are_safe_to_print) {
  wire::ProtoWriter writer;
  writer.text(6, "evil\x1b[2J\n\xff").text(6, "evil\x1b[2J\n\xff").text(3, "/a\n").text(3, "/b");
  const auto message = decode_identify(writer.view());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->agent_version, "evil?[2J??");
  EXPECT_EQ(message->protocols, std::vector<std::string>{"/b"});
}

TEST(IdentifyMessage, limits_hold) {
  wire::ProtoWriter many;
  for (int i = 0; i < 129; ++i) many.text(3, "/p" + std::to_string(i));
  EXPECT_EQ(decode_identify(many.view()).error(), Fault::too_large);
  wire::ProtoWriter longest;
  longest.text(3, std::string(257, 'p'));
  EXPECT_EQ(decode_identify(longest.view()).error(), Fault::too_large);
  wire::ProtoWriter addresses;
  for (int i = 0; i < 100; ++i) addresses.bytes(2, at("/ip4/192.0.2.1/udp/1/quic-v1").binary());
  EXPECT_EQ(decode_identify(addresses.view())->listen_addresses.size(), 64U);
  EXPECT_EQ(decode_identify(std::vector<std::byte>(identify_size_max_bytes + 1)).error(),
            Fault::too_large);
}

TEST(IdentifyMessage, an_address_of_a_transport_that_we_do_not_know_is_left_out) {
  wire::ProtoWriter writer;
  writer.bytes(2, as_bytes("\xff\xff\x7f nonsense"))
      .bytes(2, at("/ip4/192.0.2.1/udp/1/quic-v1").binary());
  const auto message = decode_identify(writer.view());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->listen_addresses.size(), 1U);
}

TEST(IdentifyMessage, bytes_that_are_no_message_are_malformed) {
  EXPECT_EQ(decode_identify(as_bytes("\x0a\x7f")).error(), Fault::malformed);
}

TEST(IdentifyMessage, what_we_send_stays_small_whatever_we_listen_on) {
  IdentifyMessage message{.agent_version = "mycel", .protocols = {"/p"}};
  for (int i = 0; i < 64; ++i)
    message.listen_addresses.push_back(at("/dns4/" + std::string(200, 'a') + "/udp/1/quic-v1"));
  const Bytes body = encode(message);
  EXPECT_LE(body.size(), identify_sent_size_max_bytes);
  EXPECT_GT(decode_identify(body)->listen_addresses.size(), 10U);
  message.signed_peer_record = Bytes::copy(std::string(5000, 'r'));
  EXPECT_EQ(decode_identify(encode(message))->protocols, message.protocols);
}

}  // namespace
}  // namespace mycel::session
