// Addresses as go-, js- and other implementations write them.

#include "foundation/wire/multiaddr_codec.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/ip_text.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/peer_id_text.hpp"
#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::string_view peer_text = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";
constexpr std::string_view peer_hex =
    "a503260024080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";

Multiaddr address(std::string_view text) {
  return must(parse_multiaddr(text));
}
PeerId alice() {
  return must(parse_peer_id(peer_text));
}
PeerId bob() {
  return peer_id_of(crypto::Ed25519PrivateKey({}).public_key());
}

struct AddressVector {
  std::string text;
  std::string hex;
};

const AddressVector vectors[] = {
    // multiformats/go-multiaddr, multiaddr_test.go
    {"/ip4/127.0.0.1/udp/1234", "047f000001910204d2"},
    {"/ip4/127.0.0.1/tcp/4321", "047f0000010610e1"},
    {"/ip4/127.0.0.1/udp/1234/ip4/127.0.0.1/tcp/4321", "047f000001910204d2047f0000010610e1"},
    {"/onion/timaq4ygg2iegci7:80/http", "bc039a18087306369043091f0050e003"},
    {"/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234",
     "bd03adadec040be047f9658668b11a504f3155001f231a37f54c4476c07fb4cc139ed7e30304d2"},
    // js-multiaddr 13
    {"/ip6/::ffff:1.2.3.4/udp/1/quic-v1", "2900000000000000000000ffff0102030491020001cd03"},
    {"/ip6/2001:db8::1:0:0:1", "2920010db8000000000001000000000001"},
    {"/ip4/1.2.3.4/tcp/3456/ws/p2p-circuit", "0401020304060d80dd03a202"},
    {"/memory/123", "890603313233"},
    {"/unix/%2Ftmp%2Fa", "9003062f746d702f61"},
    {"/ip6zone/x%y/ip6/fe80::1", "2a0378257929fe800000000000000000000000000001"},
    {"/ip4/1.2.3.4/ipcidr/24", "04010203042b18"},
    {"/dns4/x/tcp/443/tls/sni/a.b/ws", "3601780601bbc003c10303612e62dd03"},
    {"/ip4/1.2.3.4/tcp/1/noise", "0401020304060001c603"},
    {"/ip4/1.2.3.4/udp/9/webrtc-direct/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g",
     "0401020304910200099802d203221220c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c"
     "4"
     "f2"},
    {"/ip4/127.0.0.1/udp/4001/quic-v1/webtransport/certhash/"
     "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g/certhash/"
     "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g/p2p/" +
         std::string(peer_text) + "/p2p-circuit",
     "047f00000191020fa1cd03d103d203221220c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714ca"
     "e"
     "f0c4f2d203221220c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2" +
         std::string(peer_hex) + "a202"},
    {"/dnsaddr/bootstrap.libp2p.io/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
     "3813626f6f7473747261702e6c69627032702e696fa503221220d52ebb89d85b02a284948203a62ff28389c57c9f4"
     "2"
     "beec4ec20db76a68911c0b"},
};

TEST(Multiaddr, reads_and_writes_what_other_implementations_do) {
  for (const auto& [text, hex] : vectors) {
    EXPECT_EQ(to_hex(address(text).binary()), hex) << text;
    EXPECT_EQ(to_text(must(decode_multiaddr(from_hex(hex)))), text);
  }
}

TEST(Multiaddr, keeps_every_protocol_that_peers_announce) {
  for (const std::string_view text :
       {"/ip4/1.2.3.4/udp/4001/quic", "/ip4/1.2.3.4/tcp/80/wss", "/dns/e.com/tcp/443/https",
        "/dns6/e.com/tcp/80/http/http-path/foo%2Fbar", "/ip4/1.2.3.4/sctp/0", "/ip4/1.2.3.4/dccp/1",
        "/ip4/1.2.3.4/udp/1/utp", "/ip4/1.2.3.4/udp/1/udt", "/ip4/1.2.3.4/udp/1/webrtc",
        "/p2p-webrtc-star", "/p2p-webrtc-direct", "/p2p-stardust", "/p2p-websocket-star"})
    EXPECT_EQ(to_text(must(decode_multiaddr(address(text).binary()))), text);
}

TEST(Multiaddr, reads_old_and_other_spellings_and_writes_one) {
  const std::string expected = "/ip4/1.2.3.4/tcp/1/p2p/" + std::string(peer_text);
  EXPECT_EQ(to_text(address("/ip4/1.2.3.4/tcp/1/ipfs/" + std::string(peer_text))), expected);
  EXPECT_EQ(to_text(address(expected + "/")), expected);
  EXPECT_EQ(to_text(address("/ip4/1.2.3.4/tcp/1/p2p/" + to_cid_text(alice()))), expected);
  EXPECT_EQ(to_text(address("/ip6/2001:DB8:0:0:0:0:0:1")), "/ip6/2001:db8::1");
  EXPECT_EQ(to_text(address("/unix/a%2fb%41")), "/unix/a%2FbA");
}

TEST(Multiaddr, text_that_is_none_is_refused) {
  for (const std::string_view text : {"",
                                      "ip4/1.2.3.4",
                                      "//ip4/1.2.3.4",
                                      "/ip4/::1",
                                      "/ip4/1.2.3.4.5",
                                      "/ip6/1.2.3.4",
                                      "/tcp/65536",
                                      "/tcp/-1",
                                      "/tcp/01",
                                      "/tcp/a",
                                      "/ip4/1.2.3.4/ipcidr/129",
                                      "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNK",
                                      "/onion/9imaq4ygg2iegci7:80",
                                      "/onion/aaimaq4ygg2iegci7:80",
                                      "/onion/timaq4ygg2iegci7:0",
                                      "/onion/timaq4ygg2iegci7:-1",
                                      "/onion/timaq4ygg2iegci7",
                                      "/dns//tcp/1",
                                      "/dns/a b",
                                      "/dns/\xc3\xa4",
                                      "/unix/%2",
                                      "/unix/%zz",
                                      "/certhash/u",
                                      "/certhash/uAAA",
                                      "/udp/1234/sctp/x"})
    EXPECT_FALSE(parse_multiaddr(text)) << text;
  EXPECT_EQ(parse_multiaddr("/").error(), Fault::truncated);
  EXPECT_EQ(parse_multiaddr("/ip4").error(), Fault::truncated);
  EXPECT_EQ(parse_multiaddr("/ip4/1.2.3.4/udp").error(), Fault::truncated);
  EXPECT_EQ(parse_multiaddr("/carrier-pigeon/1").error(), Fault::unknown_kind);
  EXPECT_EQ(parse_multiaddr("/ip4/1.2.3.4/udp/1/utp/1234").error(), Fault::unknown_kind);
  EXPECT_EQ(parse_multiaddr("/dns4/" + std::string(254, 'a')).error(), Fault::too_large);
}

TEST(Multiaddr, bytes_that_are_none_are_refused) {
  const auto fault = [](std::string_view hex) { return decode_multiaddr(from_hex(hex)).error(); };
  EXPECT_EQ(fault(""), Fault::truncated);
  EXPECT_EQ(fault("047f0000"), Fault::truncated);
  EXPECT_EQ(fault("047f000001910204"), Fault::truncated);
  EXPECT_EQ(fault("3605ab"), Fault::truncated);
  EXPECT_EQ(fault("36ffffffffffffffff7f"), Fault::truncated);
  EXPECT_EQ(fault("047f00000105"), Fault::unknown_kind);
  EXPECT_EQ(fault("84007f000001"), Fault::not_canonical);  // the code 4 in two bytes
  EXPECT_EQ(fault("36810061"), Fault::not_canonical);      // the length 1 in two bytes
  EXPECT_EQ(fault("3600"), Fault::malformed);              // a name without letters
  EXPECT_EQ(fault("3603612f62"), Fault::malformed);        // "a/b": its text would be another path
  EXPECT_EQ(fault("3603610a62"), Fault::malformed);        // a line break for somebody's log
  EXPECT_EQ(fault("a50302aabb"), Fault::malformed);        // no peer id
  EXPECT_EQ(fault("d20302aabb"), Fault::truncated);        // no multihash
  EXPECT_EQ(fault("2b81"), Fault::malformed);              // a prefix of 129 bits
  EXPECT_EQ(fault("9003"
                  "00"),
            Fault::malformed);
}

TEST(Multiaddr, has_limits_that_hold_before_anything_is_made_of_it) {
  std::string long_path = "/unix/";
  long_path.append(multiaddr_size_max_bytes, 'a');
  EXPECT_EQ(parse_multiaddr(long_path).error(), Fault::too_large);
  EXPECT_EQ(decode_multiaddr(Bytes(std::vector<std::byte>(multiaddr_size_max_bytes + 1))).error(),
            Fault::too_large);
  std::string circuits;
  std::string circuits_hex;
  for (std::size_t i = 0; i < multiaddr_components_max; ++i) {
    circuits += "/p2p-circuit";
    circuits_hex += "a202";
  }
  EXPECT_TRUE(parse_multiaddr(circuits));
  EXPECT_TRUE(decode_multiaddr(from_hex(circuits_hex)));
  EXPECT_EQ(parse_multiaddr(circuits + "/p2p-circuit").error(), Fault::too_large);
  EXPECT_EQ(decode_multiaddr(from_hex(circuits_hex + "a202")).error(), Fault::too_large);
  EXPECT_EQ(parse_multiaddr("/" + std::string(100'000, 'a')).error(), Fault::too_large);
}

TEST(QuicAddress, is_found_with_and_without_a_peer_behind_it) {
  QuicAddress expected{.is_ipv6 = false, .ip = {192, 0, 2, 1}, .port = 4001};
  const std::string text = "/ip4/192.0.2.1/udp/4001/quic-v1";
  EXPECT_EQ(quic_address(address(text)), expected);
  EXPECT_EQ(quic_address(address(text + "/p2p/" + std::string(peer_text))), expected);
  EXPECT_EQ(to_text(quic_multiaddr(expected)), text);
}

TEST(QuicAddress, of_a_link_local_address_keeps_its_interface) {
  const std::string text = "/ip6zone/3/ip6/fe80::1/udp/4001/quic-v1";
  const auto quic = quic_address(address(text));
  ASSERT_TRUE(quic);
  EXPECT_TRUE(quic->is_ipv6);
  EXPECT_EQ(quic->scope, 3U);
  EXPECT_EQ(to_text(quic_multiaddr(*quic)), text);
  EXPECT_EQ(quic_address(address("/ip6/fe80::1/udp/4001/quic-v1"))->scope, 0U);
}

TEST(QuicAddress, is_not_found_in_anything_else) {
  for (const std::string_view text :
       {"/ip4/1.2.3.4", "/ip4/1.2.3.4/udp/1", "/ip4/1.2.3.4/udp/1/quic",
        "/ip4/1.2.3.4/tcp/1/quic-v1", "/dns4/a/udp/1/quic-v1",
        "/ip4/1.2.3.4/udp/1/quic-v1/webtransport",
        "/ip4/1.2.3.4/udp/1/quic-v1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/"
        "p2p-circuit",
        "/ip6zone/eth0/ip6/fe80::1/udp/1/quic-v1", "/ip6zone/1/ip4/1.2.3.4/udp/1/quic-v1",
        "/ip6zone/0/ip6/fe80::1/udp/1/quic-v1"})
    EXPECT_EQ(quic_address(address(text)), std::nullopt) << text;
  EXPECT_EQ(quic_address(Multiaddr{}), std::nullopt);
}

TEST(Multiaddr, names_the_peer_at_its_end) {
  const Multiaddr bare = address("/ip4/1.2.3.4/udp/1/quic-v1");
  const Multiaddr full = with_peer(bare, alice());
  EXPECT_EQ(peer_of(bare), std::nullopt);
  EXPECT_EQ(peer_of(full), alice());
  EXPECT_EQ(without_peer(full), bare);
  EXPECT_EQ(without_peer(bare), bare);
  EXPECT_EQ(peer_of(with_peer(full, bob())), bob());
  EXPECT_EQ(without_peer(with_peer(full, bob())), bare);
  EXPECT_EQ(peer_of(Multiaddr{}), std::nullopt);
}

TEST(Multiaddr, with_two_peers_in_a_row_belongs_to_the_last) {
  const Multiaddr two = address("/ip4/1.2.3.4/udp/1/quic-v1/p2p/" + std::string(peer_text) +
                                "/p2p/" + to_text(bob()));
  EXPECT_EQ(peer_of(two), bob());
  EXPECT_EQ(peer_of(without_peer(two)), alice());
  EXPECT_EQ(quic_address(two), std::nullopt);
}

TEST(Multiaddr, names_the_peer_behind_the_relay_and_not_the_relay) {
  const Multiaddr relay = address("/ip4/1.2.3.4/udp/1/quic-v1/p2p/" + std::string(peer_text));
  const Multiaddr circuit = address(to_text(relay) + "/p2p-circuit");
  EXPECT_EQ(peer_of(circuit), std::nullopt);
  EXPECT_EQ(peer_of(with_peer(circuit, bob())), bob());
  EXPECT_EQ(without_peer(with_peer(circuit, bob())), circuit);
  EXPECT_TRUE(is_relayed(with_peer(circuit, bob())));
  EXPECT_FALSE(is_relayed(relay));
}

TEST(Multiaddr, knows_which_addresses_the_internet_does_not_reach) {
  for (const std::string_view ip :
       {"/ip4/10.0.0.1", "/ip4/172.16.0.1", "/ip4/172.31.255.255", "/ip4/192.168.1.1",
        "/ip4/169.254.1.1", "/ip4/100.64.0.1", "/ip4/100.127.255.255", "/ip4/127.0.0.1",
        "/ip4/127.255.255.255", "/ip6/::1", "/ip6/fc00::1", "/ip6/fdff::1", "/ip6/fe80::1",
        "/ip6/febf::1", "/ip6zone/1/ip6/fe80::1", "/ip6/::ffff:192.168.0.1"})
    EXPECT_TRUE(is_private(address(std::string(ip) + "/udp/1/quic-v1"))) << ip;
  for (const std::string_view ip :
       {"/ip4/11.0.0.1", "/ip4/172.15.255.255", "/ip4/172.32.0.0", "/ip4/192.169.0.1",
        "/ip4/169.253.1.1", "/ip4/100.63.255.255", "/ip4/100.128.0.0", "/ip4/128.0.0.1",
        "/ip6/2001:db8::1", "/ip6/fec0::1", "/ip6/fb00::1", "/ip6/::2", "/ip6/::ffff:8.8.8.8",
        "/dns4/localhost", "/ip4/0.0.0.0"})
    EXPECT_FALSE(is_private(address(std::string(ip) + "/udp/1/quic-v1"))) << ip;
}

TEST(Multiaddr, knows_loopback_and_unspecified_addresses) {
  EXPECT_TRUE(is_loopback(address("/ip4/127.1.2.3/udp/1")));
  EXPECT_TRUE(is_loopback(address("/ip6/::1/udp/1")));
  EXPECT_TRUE(is_loopback(address("/ip6/::ffff:127.0.0.1/udp/1")));
  EXPECT_FALSE(is_loopback(address("/ip4/10.0.0.1/udp/1")));
  EXPECT_TRUE(is_unspecified(address("/ip4/0.0.0.0/udp/1")));
  EXPECT_TRUE(is_unspecified(address("/ip6/::/udp/1")));
  EXPECT_FALSE(is_unspecified(address("/ip6/::1/udp/1")));
  EXPECT_FALSE(is_unspecified(address("/dns/a/udp/1")));
  EXPECT_FALSE(is_unspecified(Multiaddr{}));
}

TEST(Multiaddr, says_which_name_must_be_resolved_first) {
  using Kind = DnsName::Kind;
  EXPECT_EQ(dns_name(address("/dns/e.com/udp/1/quic-v1")), (DnsName{Kind::any, "e.com"}));
  EXPECT_EQ(dns_name(address("/dns4/e.com/udp/1")), (DnsName{Kind::ipv4, "e.com"}));
  EXPECT_EQ(dns_name(address("/dns6/e.com/udp/1")), (DnsName{Kind::ipv6, "e.com"}));
  EXPECT_EQ(dns_name(address("/dnsaddr/e.com")), (DnsName{Kind::dnsaddr, "e.com"}));
  EXPECT_EQ(dns_name(address("/ip4/1.2.3.4/udp/1")), std::nullopt);
  EXPECT_EQ(dns_name(Multiaddr{}), std::nullopt);
}

TEST(Multiaddr, takes_the_ip_address_in_place_of_its_name) {
  const Multiaddr named = address("/dns/e.com/udp/1/quic-v1/p2p/" + std::string(peer_text));
  EXPECT_EQ(to_text(with_ip(named, Ip4{192, 0, 2, 1})),
            "/ip4/192.0.2.1/udp/1/quic-v1/p2p/" + std::string(peer_text));
  EXPECT_EQ(to_text(with_ip(address("/dns6/e.com"), *parse_ip6("2001:db8::1"))),
            "/ip6/2001:db8::1");
}

}  // namespace
}  // namespace mycel::wire
