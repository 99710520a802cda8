// A record that js-libp2p 3.3 sealed with the Ed25519 key of 32 bytes of 7 (Ed25519 signatures are
// deterministic, so ours must be the same), and everything that must not pass for one.

#include "foundation/wire/envelope.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_record.hpp"
#include "foundation/wire/proto.hpp"
#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::string_view js_envelope =
    "0a2408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c120203011a590a2600"
    "2408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c10fbd095ffbc311a0d0a"
    "0b047f00000191020fa1cd031a190a17290000000000000000000000000000000191020fa1cd032a409737af311e04"
    "2012bc434e4586d231de116b1841190d77aaba7d3a6c6d5c1cf265445534b2864b69a274f3f46bacf0b10973aab5de"
    "45ba91698582c6ee3d5404";

crypto::Ed25519PrivateKey key_of(int number) {
  crypto::Ed25519PrivateKey::Seed seed;
  seed.fill(static_cast<std::byte>(number));
  return crypto::Ed25519PrivateKey(seed);
}

PeerRecord js_record() {
  return {peer_id_of(key_of(7).public_key()),
          1'700'000'000'123,
          {must(parse_multiaddr("/ip4/127.0.0.1/udp/4001/quic-v1")),
           must(parse_multiaddr("/ip6/::1/udp/4001/quic-v1"))}};
}

TEST(PeerRecord, sealed_by_js_opens) {
  EXPECT_EQ(must(open_peer_record(from_hex(js_envelope))), js_record());
}

TEST(PeerRecord, sealed_here_is_byte_for_byte_what_js_seals) {
  EXPECT_EQ(to_hex(seal_peer_record(key_of(7), js_record())), js_envelope);
}

TEST(PeerRecord, signed_by_another_peer_is_refused) {
  const PeerRecord of_bob{peer_id_of(key_of(8).public_key()), 1, {}};
  const Bytes sealed = seal(key_of(7), peer_record_domain, peer_record_type, encode(of_bob));
  EXPECT_EQ(open_peer_record(sealed).error(), Fault::wrong_signer);
}

TEST(PeerRecord, keeps_the_addresses_that_are_understood) {
  PeerRecord record = js_record();
  ProtoWriter writer;
  writer.bytes(1, record.peer.view()).number(2, record.sequence);
  writer.message(3, ProtoWriter().bytes(1, from_hex("ffff03")));  // a protocol of the future
  writer.message(3, ProtoWriter().bytes(1, record.addresses[0].binary()));
  writer.message(3, ProtoWriter());
  const PeerRecord read = must(decode_peer_record(writer.view()));
  EXPECT_EQ(read.addresses, Addresses{record.addresses[0]});
}

TEST(PeerRecord, has_room_for_a_bounded_number_of_addresses) {
  PeerRecord record = js_record();
  const Multiaddr address = record.addresses[0];
  record.addresses.assign(peer_record_addresses_max + 5, address);
  EXPECT_EQ(must(decode_peer_record(encode(record))).addresses.size(), peer_record_addresses_max);
}

TEST(PeerRecord, of_nobody_is_refused) {
  EXPECT_EQ(decode_peer_record({}).error(), Fault::missing_field);
  EXPECT_EQ(decode_peer_record(from_hex("0a021200")).error(), Fault::malformed);
  EXPECT_EQ(decode_peer_record(from_hex("0a")).error(), Fault::malformed);
}

TEST(Envelope, is_signed_over_lengths_so_that_parts_cannot_shift) {
  EXPECT_EQ(to_hex(signing_bytes("ab", from_hex("0301"), as_bytes("xyz"))), "0261620203010378797a");
  EXPECT_NE(signing_bytes("a", as_bytes("bc"), {}), signing_bytes("ab", as_bytes("c"), {}));
}

TEST(Envelope, opens_for_its_domain_and_type_only) {
  const Bytes sealed = seal(key_of(1), "domain", as_bytes("type"), as_bytes("payload"));
  const Envelope opened = must(open_envelope(sealed, "domain", as_bytes("type")));
  EXPECT_EQ(opened.payload, Bytes::copy("payload"));
  EXPECT_EQ(ed25519_key(opened.key), key_of(1).public_key());
  EXPECT_EQ(encode(opened), sealed);
  EXPECT_EQ(open_envelope(sealed, "other", as_bytes("type")).error(), Fault::bad_signature);
  EXPECT_EQ(open_envelope(sealed, "domain", as_bytes("kind")).error(), Fault::unknown_kind);
}

TEST(Envelope, with_any_bit_changed_does_not_open) {
  const Bytes sealed = seal(key_of(1), "domain", as_bytes("type"), as_bytes("payload"));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::vector<std::byte> bent(sealed.begin(), sealed.end());
    bent[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_FALSE(open_envelope(bent, "domain", as_bytes("type"))) << "bit " << bit;
  }
}

TEST(Envelope, of_a_key_that_is_not_checked_here_says_so) {
  Envelope envelope = must(decode_envelope(from_hex(js_envelope)));
  envelope.key = {KeyType::secp256k1, Bytes(std::vector<std::byte>(33))};
  EXPECT_EQ(open_envelope(encode(envelope), peer_record_domain, peer_record_type).error(),
            Fault::unknown_kind);
}

TEST(Envelope, that_is_not_whole_or_has_a_field_twice_is_refused) {
  const std::string whole(js_envelope);
  EXPECT_EQ(decode_envelope({}).error(), Fault::missing_field);
  EXPECT_EQ(decode_envelope(from_hex(whole.substr(0, whole.size() - 2))).error(), Fault::malformed);
  EXPECT_EQ(decode_envelope(from_hex(whole + "12020301")).error(), Fault::not_canonical);
  EXPECT_EQ(must(decode_envelope(from_hex(whole + "300132"
                                                  "00"))),
            must(decode_envelope(from_hex(whole))));  // fields of a later version
  EXPECT_EQ(decode_envelope(Bytes(std::vector<std::byte>(envelope_size_max_bytes + 1))).error(),
            Fault::too_large);
}

}  // namespace
}  // namespace mycel::wire
