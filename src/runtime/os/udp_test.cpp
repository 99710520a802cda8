#include "runtime/os/udp.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/endpoint.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {
namespace {

using ports::Datagram;
using ports::Endpoint;
using testing::HasSubstr;

Endpoint loopback(Endpoint::Family family, std::uint16_t port = 0) {
  Endpoint endpoint{.family = family, .port = port};
  if (family == Endpoint::Family::ipv4)
    endpoint.address = {127, 0, 0, 1};
  else
    endpoint.address[15] = 1;
  return endpoint;
}

std::vector<std::byte> pattern(std::size_t size, unsigned seed = 0) {
  std::vector<std::byte> bytes(size);
  for (std::size_t at = 0; at < size; ++at) bytes[at] = std::byte((at * 31 + seed) & 255);
  return bytes;
}

/// One end; remembers the packets it got, each by itself, and how they came.
struct End {
  explicit End(Loop& loop, Endpoint at, UdpOptions options = {}) {
    auto bound = UdpSocket::bind(loop, at, options);
    EXPECT_TRUE(bound) << bound.error().text;
    socket = std::move(*bound);
    socket->on_receive([this](std::span<const Datagram> batch) {
      for (const Datagram& datagram : batch) take(datagram);
    });
  }
  void take(const Datagram& datagram) {
    trains += datagram.segment_size_bytes > 0 ? 1 : 0;
    last = datagram;
    last.payload = {};
    const std::size_t step =
        datagram.segment_size_bytes > 0 ? datagram.segment_size_bytes : SIZE_MAX;
    for (ByteView rest = datagram.payload; !rest.empty();) {
      const ByteView packet = rest.first(std::min(step, rest.size()));
      packets.push_back(Bytes::copy(packet));
      rest = rest.subspan(packet.size());
    }
    if (datagram.payload.empty()) packets.emplace_back();
  }
  Endpoint at() const { return socket->local(); }

  std::unique_ptr<UdpSocket> socket;
  std::vector<Bytes> packets;
  std::size_t trains = 0;
  Datagram last;
};

void run_until(Loop& loop, const std::function<bool()>& is_done) {
  for (int round = 0; round < 500 && !is_done(); ++round) loop.run_for(1ms);
}

bool has_ipv6() {
  Loop loop;
  return static_cast<bool>(UdpSocket::bind(loop, loopback(Endpoint::Family::ipv6)));
}

class Udp : public testing::TestWithParam<Endpoint::Family> {
 protected:
  void SetUp() override {
    if (GetParam() == Endpoint::Family::ipv6 && !has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  }
  Loop loop;
  Endpoint here = loopback(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Families, Udp,
                         testing::Values(Endpoint::Family::ipv4, Endpoint::Family::ipv6),
                         [](const auto& family) {
                           return family.param == Endpoint::Family::ipv4 ? "ipv4" : "ipv6";
                         });

TEST_P(Udp, a_packet_arrives_with_who_sent_it_and_where_it_came_to) {
  End alice(loop, here);
  End bob(loop, here);
  const auto hello = pattern(100);
  const std::array batch{Datagram{.remote = bob.at(), .payload = hello}};
  EXPECT_EQ(alice.socket->send(batch), 1U);
  run_until(loop, [&] { return !bob.packets.empty(); });
  ASSERT_EQ(bob.packets.size(), 1U);
  EXPECT_TRUE(equal(bob.packets[0].view(), hello));
  EXPECT_EQ(bob.last.remote, alice.at());
  EXPECT_EQ(bob.last.local, bob.at());
}

TEST_P(Udp, a_wildcard_socket_answers_from_the_address_that_was_asked) {
  Endpoint any = here;
  any.address = {};
  End server(loop, any);
  End client(loop, here);
  Endpoint target = here;
  target.port = server.at().port;
  const auto hello = pattern(10);
  client.socket->send(std::array{Datagram{.remote = target, .payload = hello}});
  run_until(loop, [&] { return !server.packets.empty(); });
  ASSERT_EQ(server.packets.size(), 1U);
  EXPECT_EQ(server.last.local, target);
  server.socket->send(std::array{
      Datagram{.local = server.last.local, .remote = server.last.remote, .payload = hello}});
  run_until(loop, [&] { return !client.packets.empty(); });
  ASSERT_EQ(client.packets.size(), 1U);
  EXPECT_EQ(client.last.remote, target);
}

TEST_P(Udp, the_ecn_bits_travel) {
  End alice(loop, here);
  End bob(loop, here);
  for (const std::uint8_t ecn : {std::uint8_t{2}, std::uint8_t{0}, std::uint8_t{1}}) {
    const std::size_t before = bob.packets.size();
    const auto hello = pattern(10);
    alice.socket->send(std::array{Datagram{.remote = bob.at(), .payload = hello, .ecn = ecn}});
    run_until(loop, [&] { return bob.packets.size() > before; });
    ASSERT_EQ(bob.packets.size(), before + 1);
    EXPECT_EQ(bob.last.ecn, ecn);
  }
}

void train_arrives(Loop& loop, Endpoint here, UdpOptions sender, UdpOptions receiver) {
  End alice(loop, here, sender);
  End bob(loop, here, receiver);
  const auto bytes = pattern(20 * 1200 + 77);
  const std::array batch{
      Datagram{.remote = bob.at(), .payload = bytes, .segment_size_bytes = 1200, .ecn = 2}};
  EXPECT_EQ(alice.socket->send(batch), 1U);
  run_until(loop, [&] { return bob.packets.size() >= 21; });
  ASSERT_EQ(bob.packets.size(), 21U);
  for (std::size_t at = 0; at < 21; ++at) {
    const ByteView expected = ByteView(bytes).subspan(at * 1200).first(at < 20 ? 1200 : 77);
    EXPECT_TRUE(equal(bob.packets[at].view(), expected)) << at;
  }
  EXPECT_EQ(bob.last.ecn, 2);
  EXPECT_EQ(alice.socket->counters().packets_sent, 21U);
  EXPECT_EQ(alice.socket->counters().bytes_sent, bytes.size());
  EXPECT_EQ(bob.socket->counters().packets_received, 21U);
  EXPECT_EQ(bob.trains > 0, sender.uses_trains && receiver.uses_trains);
}

TEST_P(Udp, a_train_comes_out_as_the_packets_that_went_in) {
  train_arrives(loop, here, {}, {});
}
TEST_P(Udp, a_train_reaches_a_receiver_that_takes_single_packets) {
  train_arrives(loop, here, {}, {.uses_trains = false});
}
TEST_P(Udp, a_train_of_a_sender_without_offload_leaves_as_single_packets) {
  train_arrives(loop, here, {.uses_trains = false}, {});
}

TEST_P(Udp, a_train_longer_than_the_kernel_takes_is_cut_into_several) {
  End alice(loop, here);
  End bob(loop, here);
  const auto small = pattern(200 * 100 + 1);
  const auto large = pattern(180'000);
  const std::array batch{
      Datagram{.remote = bob.at(), .payload = small, .segment_size_bytes = 100},
      Datagram{.remote = bob.at(), .payload = large, .segment_size_bytes = 1400}};
  EXPECT_EQ(alice.socket->send(batch), 2U);
  const std::size_t expected = 201 + (180'000 + 1399) / 1400;
  run_until(loop, [&] { return bob.packets.size() >= expected; });
  EXPECT_EQ(bob.packets.size(), expected);
  EXPECT_EQ(bob.packets.back().size(), 180'000U % 1400);
  EXPECT_EQ(alice.socket->counters().packets_refused, 0U);
}

TEST_P(Udp, many_packets_arrive_in_order) {
  End alice(loop, here);
  End bob(loop, here);
  const auto bytes = pattern(1000);
  std::vector<Datagram> batch;
  for (std::size_t at = 0; at < 500; ++at)
    batch.push_back({.remote = bob.at(), .payload = ByteView(bytes).first(at + 1)});
  EXPECT_EQ(alice.socket->send(batch), 500U);
  run_until(loop, [&] { return bob.packets.size() >= 500; });
  ASSERT_EQ(bob.packets.size(), 500U);
  for (std::size_t at = 0; at < 500; ++at) EXPECT_EQ(bob.packets[at].size(), at + 1);
}

TEST_P(Udp, nobody_at_the_other_end_is_loss_and_not_an_error) {
  End alice(loop, here);
  Endpoint nobody;
  {
    const End gone(loop, here);
    nobody = gone.at();
  }
  End bob(loop, here);
  const auto hello = pattern(10);
  for (int round = 0; round < 3; ++round) {
    const std::array batch{Datagram{.remote = nobody, .payload = hello},
                           Datagram{.remote = bob.at(), .payload = hello}};
    EXPECT_EQ(alice.socket->send(batch), 2U);
    loop.run_for(2ms);
  }
  run_until(loop, [&] { return bob.packets.size() >= 3; });
  EXPECT_EQ(bob.packets.size(), 3U);
}

TEST_P(Udp, a_packet_that_is_too_large_is_lost_and_the_next_ones_leave) {
  End alice(loop, here);
  End bob(loop, here);
  const auto huge = pattern(70'000);
  const auto hello = pattern(10);
  const std::array batch{Datagram{.remote = bob.at(), .payload = huge},
                         Datagram{.remote = bob.at(), .payload = hello}};
  EXPECT_EQ(alice.socket->send(batch), 2U);
  run_until(loop, [&] { return !bob.packets.empty(); });
  ASSERT_EQ(bob.packets.size(), 1U);
  EXPECT_EQ(bob.packets[0].size(), 10U);
  EXPECT_EQ(alice.socket->counters().packets_refused, 1U);
}

TEST_P(Udp, a_taken_port_is_named_with_the_way_out) {
  const End first(loop, here);
  const auto second = UdpSocket::bind(loop, first.at());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text, HasSubstr(to_text(first.at())));
  EXPECT_THAT(second.error().text, HasSubstr("another program uses this port"));
}

TEST_P(Udp, a_receiver_may_destroy_its_socket) {
  End alice(loop, here);
  auto bob = *UdpSocket::bind(loop, here);
  const Endpoint to = bob->local();
  bool has_come = false;
  bob->on_receive([&](std::span<const Datagram>) {
    bob.reset();
    has_come = true;
  });
  const auto hello = pattern(10);
  const Datagram datagram{.remote = to, .payload = hello};
  alice.socket->send(std::array{datagram, datagram});
  run_until(loop, [&] { return has_come; });
  EXPECT_TRUE(has_come);
  loop.run_for(1ms);
}

TEST_P(Udp, the_buffers_that_the_kernel_granted_are_told) {
  const End end(loop, here);
  EXPECT_GE(end.socket->buffers().receive_bytes, std::size_t{64} << 10);
  EXPECT_GE(end.socket->buffers().send_bytes, std::size_t{64} << 10);
}

TEST(UdpSocket, an_address_of_another_machine_is_named_with_the_way_out) {
  Loop loop;
  const auto bound = UdpSocket::bind(loop, {.address = {198, 51, 100, 7}, .port = 4001});
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().text, HasSubstr("198.51.100.7:4001"));
  EXPECT_THAT(bound.error().text, HasSubstr("no such address"));
}

// A send buffer is full only while a device is slow, and loopback is not: the smallest buffer
// that the kernel grants, with a receiver that does not read, comes nearest.
TEST(UdpSocket, whoever_finds_the_buffer_full_hears_when_there_is_room) {
  Loop loop;
  const Endpoint here = loopback(Endpoint::Family::ipv4);
  const auto alice = *UdpSocket::bind(loop, here, {.buffer_size_bytes = 1, .uses_trains = false});
  const auto bob = *UdpSocket::bind(loop, here);
  bool has_room = false;
  alice->on_writable([&] { has_room = true; });
  const auto bytes = pattern(1400);
  const std::vector<Datagram> batch(64, {.remote = bob->local(), .payload = bytes});
  std::size_t taken = batch.size();
  for (int round = 0; round < 50 && taken == batch.size(); ++round) taken = alice->send(batch);
  if (taken == batch.size()) GTEST_SKIP() << "the send buffer never filled";
  EXPECT_GT(alice->counters().send_waits, 0U);
  bob->on_receive([](std::span<const Datagram>) {});
  run_until(loop, [&] { return has_room; });
  EXPECT_TRUE(has_room);
}

TEST(EndpointText, is_what_people_write) {
  EXPECT_EQ(to_text(loopback(Endpoint::Family::ipv4, 4001)), "127.0.0.1:4001");
  EXPECT_EQ(to_text(loopback(Endpoint::Family::ipv6, 4001)), "[::1]:4001");
  Endpoint link_local{.family = Endpoint::Family::ipv6, .port = 1, .scope = 2};
  link_local.address = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(to_text(link_local), "[fe80::1%2]:1");
}

}  // namespace
}  // namespace mycel::os
