#include "runtime/os/udp.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/endpoint.hpp"
#include "runtime/os/fd.hpp"
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

/// A network of this thread's own, with one Ethernet device whose neighbours never answer: what is
/// sent waits in the socket's buffer. 10.9.9.1 is here, 10.9.9.2 is nowhere.
class SilentNetwork {
 public:
  /// False when the system does not let us make one.
  bool make() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    tap_ = Fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    const Fd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (!tap_ || !control || ::ioctl(tap_.get(), TUNSETIFF, &request) != 0) return false;
    const auto set_address = [&](unsigned long what, const std::array<std::uint8_t, 4>& ip) {
      sockaddr_storage address{};
      Endpoint endpoint;
      std::ranges::copy(ip, endpoint.address.begin());
      to_socket_address(endpoint, address);
      std::memcpy(&request.ifr_addr, &address, sizeof request.ifr_addr);
      return ::ioctl(control.get(), what, &request) == 0;
    };
    if (!set_address(SIOCSIFADDR, {10, 9, 9, 1})) return false;
    if (!set_address(SIOCSIFNETMASK, {255, 255, 255, 0})) return false;
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return ::ioctl(control.get(), SIOCSIFFLAGS, &request) == 0;
  }
  /// The device goes, and with it whatever waits for it.
  void vanish() { tap_ = Fd(); }

 private:
  Fd tap_;
};

void full_buffer_story(bool& was_made) {
  SilentNetwork network;
  was_made = network.make();
  if (!was_made) return;
  Loop loop;
  const auto socket = *UdpSocket::bind(loop, {.address = {10, 9, 9, 1}}, {.buffer_size_bytes = 1});
  bool has_room = false;
  socket->on_writable([&] { has_room = true; });
  const auto bytes = pattern(1000);
  const std::vector<Datagram> batch(
      64, {.remote = {.address = {10, 9, 9, 2}, .port = 9}, .payload = bytes});
  EXPECT_LT(socket->send(batch), batch.size());
  EXPECT_EQ(socket->counters().send_waits, 1U);
  loop.run_for(5ms);
  EXPECT_FALSE(has_room);
  network.vanish();
  run_until(loop, [&] { return has_room; });
  EXPECT_TRUE(has_room);
}

// On a thread of its own, which alone moves to the other network.
TEST(UdpSocket, whoever_finds_the_buffer_full_hears_when_there_is_room) {
  bool was_made = false;
  std::thread([&] { full_buffer_story(was_made); }).join();
  if (!was_made) GTEST_SKIP() << "may not make a network";
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
