#pragma once
// The receiving half of a UDP socket: many messages a system call, into buffers that are used
// again.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "runtime/os/udp.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {

class UdpReceiver {
 public:
  /// Messages of one system call.
  static constexpr std::size_t messages_max = 32;

  UdpReceiver(int fd, ports::Endpoint local, UdpCounters& counters);

  /// What one system call found.
  struct Received {
    std::span<const ports::Datagram> datagrams;  ///< they live until the next call
    bool has_more = false;                       ///< the call was full
  };
  Received receive();

 private:
  /// A joined train is at most one IP packet of 64 KiB.
  static constexpr std::size_t buffer_size_bytes = std::size_t{64} << 10;

  struct Control {
    alignas(cmsghdr)
        std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))> bytes;
  };

  void prepare(std::size_t slot);
  std::optional<ports::Datagram> read_message(std::size_t slot);
  static void read_control(const msghdr& header, ports::Datagram& datagram);
  void count(const ports::Datagram& datagram);

  int fd_;
  ports::Endpoint local_;
  UdpCounters& counters_;
  // Pages that no packet ever touched cost nothing: they are never written here.
  std::unique_ptr<std::byte[]> payloads_;
  std::array<mmsghdr, messages_max> messages_{};
  std::array<iovec, messages_max> buffers_{};
  std::array<sockaddr_storage, messages_max> addresses_{};
  std::array<Control, messages_max> controls_{};
  std::array<ports::Datagram, messages_max> datagrams_{};
};

}  // namespace mycel::os
