#include "runtime/os/udp_receiver.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "runtime/os/endpoint.hpp"
#include "runtime/os/udp.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {
namespace {

using ports::Datagram;

template <class Value>
Value value_of(const cmsghdr* control) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

}  // namespace

UdpReceiver::UdpReceiver(int fd, ports::Endpoint local, UdpCounters& counters)
    : fd_(fd),
      local_(local),
      counters_(counters),
      payloads_(new std::byte[messages_max * buffer_size_bytes]) {
  for (std::size_t slot = 0; slot < messages_max; ++slot) prepare(slot);
}

UdpReceiver::Received UdpReceiver::receive() {
  int found = 0;
  do {
    found = ::recvmmsg(fd_, messages_.data(), messages_max, 0, nullptr);
  } while (found < 0 && errno == EINTR);
  // An error of the network is told once and means nothing to a socket of many peers.
  if (found <= 0) return {.datagrams = {}, .has_more = found < 0 && errno != EAGAIN};

  std::size_t good = 0;
  for (std::size_t slot = 0; slot < static_cast<std::size_t>(found); ++slot) {
    const auto datagram = read_message(slot);
    prepare(slot);
    if (!datagram) continue;
    count(*datagram);
    datagrams_[good] = *datagram;
    good += 1;
  }
  return {.datagrams = std::span(datagrams_).first(good),
          .has_more = static_cast<std::size_t>(found) == messages_max};
}

void UdpReceiver::prepare(std::size_t slot) {
  buffers_[slot] = {.iov_base = payloads_.get() + slot * buffer_size_bytes,
                    .iov_len = buffer_size_bytes};
  msghdr& header = messages_[slot].msg_hdr;
  header.msg_name = &addresses_[slot];
  header.msg_namelen = sizeof addresses_[slot];
  header.msg_iov = &buffers_[slot];
  header.msg_iovlen = 1;
  header.msg_control = controls_[slot].bytes.data();
  header.msg_controllen = controls_[slot].bytes.size();
}

std::optional<Datagram> UdpReceiver::read_message(std::size_t slot) {
  const msghdr& header = messages_[slot].msg_hdr;
  if ((header.msg_flags & MSG_TRUNC) != 0) return std::nullopt;
  Datagram datagram;
  datagram.local = local_;
  datagram.remote = to_endpoint(addresses_[slot]);
  datagram.payload = {payloads_.get() + slot * buffer_size_bytes, messages_[slot].msg_len};
  read_control(header, datagram);
  if (datagram.segment_size_bytes >= datagram.payload.size()) datagram.segment_size_bytes = 0;
  return datagram;
}

void UdpReceiver::read_control(const msghdr& header, Datagram& datagram) {
  msghdr walk = header;
  for (cmsghdr* part = CMSG_FIRSTHDR(&walk); part != nullptr; part = CMSG_NXTHDR(&walk, part)) {
    if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO) {
      datagram.segment_size_bytes = static_cast<std::size_t>(value_of<int>(part));
    } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TOS) {
      datagram.ecn = value_of<std::uint8_t>(part) & 3;
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_TCLASS) {
      datagram.ecn = static_cast<std::uint8_t>(value_of<int>(part) & 3);
    } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      const auto info = value_of<in_pktinfo>(part);
      std::memcpy(datagram.local.address.data(), &info.ipi_addr, sizeof info.ipi_addr);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      const auto info = value_of<in6_pktinfo>(part);
      std::memcpy(datagram.local.address.data(), &info.ipi6_addr, sizeof info.ipi6_addr);
      if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) datagram.local.scope = info.ipi6_ifindex;
    }
  }
}

void UdpReceiver::count(const Datagram& datagram) {
  const std::size_t size = datagram.payload.size();
  const std::size_t segment = datagram.segment_size_bytes;
  counters_.packets_received += segment == 0 ? 1 : (size + segment - 1) / segment;
  counters_.bytes_received += size;
}

}  // namespace mycel::os
