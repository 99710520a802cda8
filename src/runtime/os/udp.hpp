#pragma once
// A UDP socket of the kernel, driven in batches: many packets a system call (sendmmsg, recvmmsg),
// and many packets a message where the kernel splits and joins trains (UDP_SEGMENT, UDP_GRO).
// Where it refuses, the same trains leave as single packets.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "foundation/base/counters.hpp"
#include "foundation/base/result.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {

/// Why there is no socket, in words that name the address and the way out.
struct SocketError {
  std::string text;
};

struct UdpOptions {
  /// What is asked for each direction; a burst that finds no room is lost. 7 MiB as quic-go asks.
  std::size_t buffer_size_bytes = std::size_t{7} << 20;
  /// Whether trains go to and come from the kernel whole.
  bool uses_trains = true;
};

struct UdpCounters {
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_refused = 0;  ///< the kernel would not send them: no route, too large
  std::uint64_t send_waits = 0;       ///< the send buffer was full

  void each(const CounterVisitor& visit) const {
    visit({"udp_packets_sent_total", "UDP packets handed to the kernel."}, packets_sent);
    visit({"udp_sent_bytes_total", "UDP payload handed to the kernel."}, bytes_sent);
    visit({"udp_packets_received_total", "UDP packets received."}, packets_received);
    visit({"udp_received_bytes_total", "UDP payload received."}, bytes_received);
    visit({"udp_packets_refused_total", "UDP packets that the kernel would not send."},
          packets_refused);
    visit({"udp_send_waits_total", "How often the UDP send buffer was full."}, send_waits);
  }
};

/// Sent packets carry "do not fragment", as QUIC wants it; one that is too large for its path is
/// lost. Errors of the network count as loss too: send() reports only a full buffer, and a train
/// that was cut in its middle by that is sent again as a whole.
class UdpSocket final : public ports::Datagrams {
 public:
  /// Binds to `local`; port 0 lets the kernel choose. An IPv6 socket takes no IPv4 packets.
  static Result<std::unique_ptr<UdpSocket>, SocketError> bind(Loop& loop, ports::Endpoint local,
                                                              UdpOptions options = {});
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  std::size_t send(std::span<const ports::Datagram> batch) override;
  /// Reading starts with this. The receiver may destroy the socket.
  void on_receive(Receiver receiver) override;
  void on_writable(std::function<void()> then) override;
  ports::Endpoint local() const override;

  /// What the kernel granted. Less than was asked for when net.core.rmem_max or wmem_max is small.
  struct BufferSizes {
    std::size_t receive_bytes = 0;
    std::size_t send_bytes = 0;
  };
  BufferSizes buffers() const;
  /// Whether trains leave whole; false once the kernel refused one.
  bool sends_trains() const;
  const UdpCounters& counters() const;

 private:
  class Impl;
  explicit UdpSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::os
