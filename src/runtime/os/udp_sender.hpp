#pragma once
// The sending half of a UDP socket: datagrams and trains into as few system calls as they fit in.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/udp.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {

class UdpSender {
 public:
  UdpSender(int fd, bool uses_trains, UdpCounters& counters)
      : fd_(fd), sends_trains_(uses_trains), counters_(counters) {}

  /// How many of `batch` were dealt with, in order: sent, or lost. Less than all: the kernel's
  /// buffer is full.
  std::size_t send(std::span<const ports::Datagram> batch);
  bool sends_trains() const { return sends_trains_; }

 private:
  /// Messages of one system call.
  static constexpr std::size_t messages_max = 64;

  /// How far a batch was dealt with: whole datagrams, and bytes of the next.
  struct Cursor {
    std::size_t datagram = 0;
    std::size_t offset = 0;
  };
  /// What becomes one message: a packet, or a train that the kernel splits.
  struct Piece {
    ByteView payload;
    std::size_t segment_size_bytes = 0;  ///< 0: one packet
    Cursor end;                          ///< of the batch, once this is dealt with
  };
  struct Control {
    alignas(
        cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int)) +
                                           CMSG_SPACE(sizeof(std::uint16_t))> bytes;
  };

  std::size_t fill(std::span<const ports::Datagram> batch, Cursor from);
  Piece piece_at(std::span<const ports::Datagram> batch, Cursor from) const;
  void write_message(std::size_t slot, const ports::Datagram& datagram, const Piece& piece);
  static std::size_t write_control(Control& control, const ports::Datagram& datagram,
                                   std::size_t segment_size_bytes);
  void count_sent(std::span<const Piece> pieces);
  /// The first piece was not sent; says where to go on.
  Cursor after_refusal(int error, Cursor at);

  int fd_;
  bool sends_trains_;
  UdpCounters& counters_;
  std::size_t split_datagram_ = SIZE_MAX;  // of this batch: its train leaves as single packets
  std::array<Piece, messages_max> pieces_{};
  std::array<mmsghdr, messages_max> messages_{};
  std::array<iovec, messages_max> buffers_{};
  std::array<sockaddr_storage, messages_max> addresses_{};
  std::array<Control, messages_max> controls_{};
};

}  // namespace mycel::os
