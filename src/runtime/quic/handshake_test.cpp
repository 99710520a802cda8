#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "runtime/quic/certificate.hpp"
#include "runtime/quic/identity_extension.hpp"
#include "runtime/quic/test_network.hpp"
#include "runtime/quic/test_peer.hpp"

namespace mycel::quic::test {
namespace {

using ports::CloseReason;
using testing::HasSubstr;

class HandshakeTest : public testing::Test {
 protected:
  TestNetwork network;

  bool run_until(const std::function<bool()>& is_done, Duration limit = 60s) {
    return network.timers.run_until(is_done, limit);
  }
  /// Dials with the peer as the test made it, and waits for its end.
  ports::Closed refusal_of(RawPeer& peer, const TestNode& to) {
    peer.dial(to);
    EXPECT_TRUE(run_until([&] { return peer.closed().has_value(); }));
    return peer.closed().value_or(ports::Closed{});
  }
};

TEST_F(HandshakeTest, two_mycel_nodes_exchange_hybrid_keys) {
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  const auto connection = connect(network, alice, bob);
  ASSERT_TRUE(connection.has_value());
  EXPECT_EQ(alice.transport->facts(*connection)->group, "X25519MLKEM768");
  EXPECT_EQ(alice.transport->facts(*connection)->cipher, "TLS_AES_128_GCM_SHA256");
}

TEST_F(HandshakeTest, a_peer_without_ml_kem_costs_no_extra_round_trip) {
  TestNode alice(network, 1);
  TestNode bob(network, 2, Config{.hybrid_key_exchange = false});
  const Instant start = network.timers.now().instant;
  const auto connection = connect(network, alice, bob);
  ASSERT_TRUE(connection.has_value());
  EXPECT_EQ(alice.transport->facts(*connection)->group, "x25519");
  EXPECT_LT(network.timers.now().instant - start, 3 * network.weather.delay);

  const auto back = connect(network, bob, alice);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(bob.transport->facts(*back)->group, "x25519");
}

TEST_F(HandshakeTest, somebody_else_than_expected_is_refused) {
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  TestNode carol(network, 3);
  const auto dialled = alice.transport->dial(address_of(bob.at), carol.id);
  ASSERT_TRUE(run_until([&] { return alice.closed.contains(dialled); }));
  EXPECT_EQ(alice.closed[dialled].reason, CloseReason::wrong_peer);
  EXPECT_TRUE(alice.connected.empty());
  network.timers.run_for(5s);
  EXPECT_TRUE(bob.connected.empty()) << "the dialler never proved who it is";
  EXPECT_EQ(alice.transport->stats().handshakes_wrong_peer, 1u);
}

TEST_F(HandshakeTest, a_client_without_a_certificate_is_refused) {
  TestNode bob(network, 2);
  RawPeer peer(network, 1);
  SSL_CTX_set_client_cert_cb(peer.tls(), nullptr);
  SSL_CTX_set_cert_cb(peer.tls(), [](SSL* ssl, void*) { return SSL_certs_clear(ssl), 1; }, nullptr);
  const auto closed = refusal_of(peer, bob);
  EXPECT_EQ(closed.reason, CloseReason::handshake_failed);
  EXPECT_EQ(closed.code, 0x174u);
  EXPECT_TRUE(bob.connected.empty());
}

TEST_F(HandshakeTest, a_certificate_without_an_identity_is_refused) {
  TestNode bob(network, 2);
  RawPeer peer(network, 1);
  Certificate made = make_certificate(key_of(1), network.timers.now().unix);
  X509_EXTENSION_free(X509_delete_ext(made.certificate.get(), 0));
  X509_sign(made.certificate.get(), made.key.get(), EVP_sha256());
  SSL_CTX_use_certificate(peer.tls(), made.certificate.get());
  SSL_CTX_use_PrivateKey(peer.tls(), made.key.get());
  const auto closed = refusal_of(peer, bob);
  EXPECT_EQ(closed.reason, CloseReason::handshake_failed);
  EXPECT_EQ(closed.code, 0x12au);
  EXPECT_TRUE(bob.connected.empty());
  EXPECT_EQ(bob.transport->stats().handshakes_failed, 1u);
}

TEST_F(HandshakeTest, a_chain_of_certificates_is_refused) {
  TestNode bob(network, 2);
  RawPeer peer(network, 1);
  Certificate second = make_certificate(key_of(1), network.timers.now().unix);
  SSL_CTX_add0_chain_cert(peer.tls(), second.certificate.release());
  EXPECT_EQ(refusal_of(peer, bob).code, 0x12au);
  EXPECT_TRUE(bob.connected.empty());
}

TEST_F(HandshakeTest, another_protocol_is_refused) {
  TestNode bob(network, 2);
  RawPeer peer(network, 1);
  constexpr std::array<unsigned char, 3> h3 = {2, 'h', '3'};
  SSL_CTX_set_alpn_protos(peer.tls(), h3.data(), h3.size());
  EXPECT_EQ(refusal_of(peer, bob).code, 0x178u);
}

TEST_F(HandshakeTest, no_protocol_is_refused) {
  TestNode bob(network, 2);
  RawPeer peer(network, 1);
  SSL_CTX_set_alpn_protos(peer.tls(), nullptr, 0);
  EXPECT_EQ(refusal_of(peer, bob).code, 0x178u);
}

TEST_F(HandshakeTest, an_ed25519_certificate_is_welcome) {
  TestNode bob(network, 2);
  RawPeer peer(network, 1);
  Certificate made = make_certificate(key_of(1), network.timers.now().unix);
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  X509* certificate = made.certificate.get();
  X509_set_pubkey(certificate, key.get());
  X509_EXTENSION_free(X509_delete_ext(certificate, 0));
  std::vector<std::byte> info(static_cast<std::size_t>(i2d_PUBKEY(key.get(), nullptr)));
  auto* to = reinterpret_cast<unsigned char*>(info.data());
  i2d_PUBKEY(key.get(), &to);
  const auto signature = key_of(1).sign(identity_message(info));
  const auto value = encode_identity(
      {wire::encode(wire::to_public_key(key_of(1).public_key())), signature.view()});
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  ASN1_OBJECT* oid = OBJ_txt2obj("1.3.6.1.4.1.53594.1.1", 1);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, oid, 0, octets);
  X509_add_ext(certificate, extension, -1);
  X509_sign(certificate, key.get(), nullptr);
  SSL_CTX_use_certificate(peer.tls(), certificate);
  SSL_CTX_use_PrivateKey(peer.tls(), key.get());
  peer.dial(bob);
  EXPECT_TRUE(run_until([&] { return bob.connected.size() == 1; }, 5s));
  X509_EXTENSION_free(extension);
  ASN1_OBJECT_free(oid);
  ASN1_OCTET_STRING_free(octets);
}

TEST_F(HandshakeTest, a_dial_of_nobody_times_out) {
  TestNode alice(network, 1);
  const auto dialled = alice.transport->dial(address_of(endpoint(99)), std::nullopt);
  ASSERT_TRUE(run_until([&] { return alice.closed.contains(dialled); }, 15s));
  EXPECT_EQ(alice.closed[dialled].reason, CloseReason::handshake_timeout);
  EXPECT_EQ(alice.transport->stats().connections_open, 0u);
}

TEST_F(HandshakeTest, an_address_of_another_transport_is_refused_later_and_not_at_once) {
  TestNode alice(network, 1);
  const auto address = wire::parse_multiaddr("/ip4/10.0.0.2/tcp/4001");
  const auto dialled = alice.transport->dial(*address, std::nullopt);
  EXPECT_TRUE(alice.closed.empty());
  ASSERT_TRUE(run_until([&] { return alice.closed.contains(dialled); }, 1s));
  EXPECT_EQ(alice.closed[dialled].reason, CloseReason::address_unsupported);
}

TEST_F(HandshakeTest, a_crowded_node_asks_for_a_proof_of_address) {
  TestNode alice(network, 1);
  TestNode bob(network, 2, Config{.retry_above = 0});
  ASSERT_TRUE(connect(network, alice, bob).has_value());
  EXPECT_GE(bob.transport->stats().retries_sent, 1u);
}

TEST_F(HandshakeTest, a_full_node_refuses_at_once) {
  TestNode alice(network, 1);
  TestNode bob(network, 2, Config{.connections_max = 0});
  const auto dialled = alice.transport->dial(address_of(bob.at), bob.id);
  ASSERT_TRUE(run_until([&] { return alice.closed.contains(dialled); }, 1s));
  EXPECT_EQ(alice.closed[dialled].reason, CloseReason::handshake_failed);
  EXPECT_GE(bob.transport->stats().refused_connections, 1u);
}

TEST_F(HandshakeTest, one_network_cannot_take_all_handshakes) {
  TestNode bob(network, 2, Config{.handshakes_inbound_per_network_max = 1});
  RawPeer silent(network, 1);
  silent.dial(bob);
  network.filter = [&](const ports::Datagram& datagram) {
    return datagram.remote != endpoint(1);  // its handshake never goes on
  };
  network.timers.run_for(100ms);
  ASSERT_EQ(bob.transport->stats().handshakes_pending, 1u);
  network.filter = nullptr;
  TestSocket neighbour(network, endpoint(1, 5000));
  TestNode carol(network, 3);
  network.translated[carol.at] = endpoint(1, 5001);
  const auto dialled = carol.transport->dial(address_of(bob.at), bob.id);
  ASSERT_TRUE(run_until([&] { return carol.closed.contains(dialled); }, 1s));
  EXPECT_GE(bob.transport->stats().refused_network, 1u);
}

TEST_F(HandshakeTest, certificates_are_replaced_in_time) {
  TestNode alice(network, 1, Config{.certificate_lifetime = 1s});
  TestNode bob(network, 2, Config{.certificate_lifetime = 1s});
  for (int day = 0; day < 3; ++day) {
    ASSERT_TRUE(connect(network, alice, bob).has_value());
    network.timers.run_for(2s);
  }
}

TEST_F(HandshakeTest, a_late_copy_of_a_first_packet_starts_nothing) {
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  std::vector<std::vector<std::byte>> first;
  network.filter = [&](const ports::Datagram& datagram) {
    if (datagram.remote == bob.at && first.size() < 2)
      first.emplace_back(datagram.payload.begin(), datagram.payload.end());
    return true;
  };
  const auto connection = connect(network, alice, bob);
  ASSERT_TRUE(connection.has_value());
  ASSERT_TRUE(run_until([&] { return !bob.connected.empty(); }, 5s));
  alice.transport->close(*connection, 0, "");
  ASSERT_TRUE(run_until([&] { return !bob.closed.empty(); }, 5s));
  for (const auto& packet : first) {
    const ports::Datagram datagram{alice.at, bob.at, packet};
    alice.socket.send({&datagram, 1});
  }
  network.timers.run_for(6ms);
  EXPECT_EQ(bob.transport->stats().connections_open, 0u);
}

TEST_F(HandshakeTest, noise_does_not_disturb_a_handshake) {
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  TestSocket stranger(network, endpoint(9));
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> noise(1 + static_cast<std::size_t>(rng.below(1400)));
    rng.fill(noise);
    const ports::Datagram datagram{stranger.local(), bob.at, noise};
    stranger.send({&datagram, 1});
  }
  EXPECT_TRUE(connect(network, alice, bob).has_value());
  EXPECT_GT(bob.transport->stats().datagrams_ignored, 0u);
}

TEST_F(HandshakeTest, an_unknown_version_is_answered_with_ours) {
  TestNode bob(network, 2);
  TestSocket stranger(network, endpoint(9));
  std::vector<std::byte> hello(1200);
  const std::array<std::uint8_t, 9> head = {0xc0, 0x0a, 0x1a, 0x2a, 0x3a, 2, 7, 7, 0};
  std::memcpy(hello.data(), head.data(), head.size());
  std::vector<std::byte> answer;
  stranger.on_receive([&](std::span<const ports::Datagram> batch) {
    answer.assign(batch[0].payload.begin(), batch[0].payload.end());
  });
  const ports::Datagram datagram{stranger.local(), bob.at, hello};
  stranger.send({&datagram, 1});
  network.timers.run_for(1s);
  ASSERT_GE(answer.size(), 4u);
  EXPECT_EQ(to_hex(ByteView(answer).subspan(1, 4)), "00000000");
  EXPECT_EQ(to_hex(ByteView(answer).last(4)), "00000001");
}

}  // namespace
}  // namespace mycel::quic::test
