#include "protocol/session/hello_message.hpp"

#include <string>

#include <gtest/gtest.h>

#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/proto.hpp"
#include "foundation/wire/testing.hpp"

namespace mycel::session {
namespace {

using wire::Fault;

HelloMessage message() {
  return {.version = {1, 2, 3},
          .minimum = {1, 0, 0},
          .network = "forest",
          .features = {"cards", "dht"},
          .extensions = {{"org.example.color", Bytes::copy("green")}, {"org.example.empty", {}}},
          .certificate = Bytes::copy("sealed"),
          .join_proof = Bytes(std::vector<std::byte>(join_proof_size_bytes, std::byte{7}))};
}

wire::ProtoWriter begun() {
  wire::ProtoWriter writer;
  writer.text(1, "1.0.0").text(2, "1.0.0").text(3, "forest");
  return writer;
}

Fault fault_of(wire::ProtoWriter& writer) {
  const auto read = decode_hello(writer.view());
  EXPECT_FALSE(read);
  return read ? Fault::truncated : read.error();
}

TEST(HelloMessage, says_the_same_when_it_is_read) {
  EXPECT_EQ(wire::must(decode_hello(encode(message()))), message());
}

TEST(HelloMessage, stands_on_the_wire_as_documented) {
  HelloMessage plain{.version = {1, 0, 0},
                     .minimum = {1, 0, 0},
                     .network = "mycel",
                     .features = {"dht"},
                     .extensions = {},
                     .certificate = {},
                     .join_proof = {}};
  EXPECT_EQ(to_hex(encode(plain)),
            "0a05312e302e30"
            "1205312e302e30"
            "1a056d7963656c"
            "2203646874");
}

TEST(HelloMessage, skips_fields_of_later_versions) {
  wire::ProtoWriter writer = begun();
  writer.text(99, "from the future").number(98, 7).number(1, 5);
  EXPECT_TRUE(decode_hello(writer.view()));
}

TEST(HelloMessage, sorts_features_and_drops_repeated_ones) {
  wire::ProtoWriter writer = begun();
  writer.text(4, "z").text(4, "a").text(4, "z");
  EXPECT_EQ(decode_hello(writer.view())->features, (std::vector<std::string>{"a", "z"}));
}

TEST(HelloMessage, without_versions_or_network_is_none) {
  wire::ProtoWriter writer;
  writer.text(1, "1.0.0").text(3, "forest");
  EXPECT_EQ(fault_of(writer), Fault::missing_field);
  wire::ProtoWriter nameless;
  nameless.text(1, "1.0.0").text(2, "1.0.0");
  EXPECT_EQ(fault_of(nameless), Fault::missing_field);
}

TEST(HelloMessage, with_a_minimum_above_its_version_is_refused) {
  wire::ProtoWriter writer;
  writer.text(1, "1.0.0").text(2, "1.0.1").text(3, "forest");
  EXPECT_EQ(fault_of(writer), Fault::malformed);
}

TEST(HelloMessage, keeps_its_bounds) {
  wire::ProtoWriter many = begun();
  for (std::size_t i = 0; i <= features_max; ++i) many.text(4, "f" + std::to_string(i));
  EXPECT_EQ(fault_of(many), Fault::too_large);
  wire::ProtoWriter wordy = begun();
  wordy.text(4, std::string(feature_size_max + 1, 'f'));
  EXPECT_EQ(fault_of(wordy), Fault::too_large);
  wire::ProtoWriter heavy = begun();
  heavy.message(
      5, wire::ProtoWriter().text(1, "k").text(2, std::string(extension_size_max_bytes + 1, 'x')));
  EXPECT_EQ(fault_of(heavy), Fault::too_large);
  wire::ProtoWriter extended = begun();
  for (std::size_t i = 0; i <= extensions_max; ++i)
    extended.message(5, wire::ProtoWriter().text(1, "k" + std::to_string(i)));
  EXPECT_EQ(fault_of(extended), Fault::too_large);
  wire::ProtoWriter certified = begun();
  certified.text(6, std::string(certificate_size_max_bytes + 1, 'x'));
  EXPECT_EQ(fault_of(certified), Fault::too_large);
  wire::ProtoWriter padded = begun();
  padded.text(77, std::string(hello_size_max_bytes, 'x'));
  EXPECT_EQ(fault_of(padded), Fault::too_large);
}

TEST(HelloMessage, refuses_what_a_terminal_should_not_see) {
  wire::ProtoWriter feature = begun();
  feature.text(4, "f\x1b[2J");
  EXPECT_EQ(fault_of(feature), Fault::malformed);
  wire::ProtoWriter network;
  network.text(1, "1.0.0").text(2, "1.0.0").text(3, "for\nest");
  EXPECT_EQ(fault_of(network), Fault::malformed);
}

TEST(HelloMessage, names_an_extension_once) {
  wire::ProtoWriter writer = begun();
  for (int i = 0; i < 2; ++i) writer.message(5, wire::ProtoWriter().text(1, "same"));
  EXPECT_EQ(fault_of(writer), Fault::not_canonical);
}

crypto::Ed25519PrivateKey authority() {
  return crypto::Ed25519PrivateKey({std::byte{1}, std::byte{2}, std::byte{3}});
}

Certificate certificate() {
  return {.network = "forest",
          .peer = wire::peer_id_of(authority().public_key()),
          .expires = UnixTime(CalendarClock::duration(1'767'225'600'000))};
}

TEST(Certificate, opens_as_what_was_sealed) {
  EXPECT_EQ(wire::must(open_certificate(seal_certificate(authority(), certificate()),
                                        authority().public_key())),
            certificate());
}

TEST(Certificate, signed_for_another_purpose_is_none) {
  const Bytes sealed = seal_certificate(authority(), certificate());
  const auto envelope = wire::decode_envelope(sealed);
  const Bytes other =
      wire::seal(authority(), "libp2p-peer-record", envelope->payload_type, envelope->payload);
  EXPECT_EQ(open_certificate(other, authority().public_key()).error(), Fault::bad_signature);
}

TEST(Certificate, of_somebody_else_than_the_authority_is_refused) {
  const crypto::Ed25519PrivateKey other({std::byte{9}});
  const Bytes sealed = seal_certificate(other, certificate());
  EXPECT_EQ(open_certificate(sealed, authority().public_key()).error(), Fault::wrong_signer);
}

TEST(Certificate, with_any_byte_changed_is_refused) {
  const Bytes sealed = seal_certificate(authority(), certificate());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::vector<std::byte> bytes(sealed.begin(), sealed.end());
    bytes[i] ^= std::byte{1};
    EXPECT_FALSE(open_certificate(bytes, authority().public_key())) << i;
  }
}

// Ed25519 signs deterministically, so the whole envelope is known. It was also made byte by byte
// without this code, with OpenSSL as the signer.
TEST(Certificate, stands_on_the_wire_as_documented) {
  EXPECT_EQ(to_hex(seal_certificate(authority(), certificate())),
            "0a2408011220221fe5f6859a1a4fec79057c9d32c8d3fc356e144b1da3b0f9016ef6f29888da121d"
            "2f6d7963656c2f6d656d626572736869702d63657274696669636174651a370a06666f7265737412"
            "26002408011220221fe5f6859a1a4fec79057c9d32c8d3fc356e144b1da3b0f9016ef6f29888da18"
            "80d0eab6b7332a403a4749d03d55f268e9d8e2ec1f5ababb36a986ba7aecd8bc6efe5e52d9db1329"
            "ac5ebd2f274d55ec3cfe84bf48f603e93bfbc57aa54dcc34300d920dd6b04c0e");
}

}  // namespace
}  // namespace mycel::session
