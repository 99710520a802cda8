#pragma once
// The way to the sockets: one train of packets at a time. What a full socket does not take waits
// here, and everybody waits behind it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "runtime/ports/datagrams.hpp"
#include "runtime/quic/connection.hpp"
#include "runtime/quic/counters.hpp"

namespace mycel::quic {

class Outbox {
 public:
  /// `on_room` is called from the socket's turn when a socket that was full is not any more.
  Outbox(Counters& counters, std::function<void()> on_room)
      : counters_(&counters), on_room_(std::move(on_room)) {}

  /// No socket is waited for: a packet may be written and sent.
  bool is_open() const { return waiting_.empty(); }
  /// Where to write the next train.
  std::span<std::uint8_t> buffer() { return buffer_; }
  /// Keeps what the socket does not take.
  void send(const Train& train);
  /// An answer that nobody misses: it is dropped if the socket is full.
  void try_send(const Path& path, std::span<const std::uint8_t> packet);

 private:
  struct Waiting {
    Train train;
    std::vector<std::uint8_t> bytes;
  };
  bool hand_over(const Train& train);
  void on_writable(ports::Datagrams& socket);

  // The largest UDP payload over IPv4.
  static constexpr std::size_t train_size_max_bytes = 65507;

  Counters* counters_;
  std::function<void()> on_room_;
  std::array<std::uint8_t, train_size_max_bytes> buffer_{};
  std::map<ports::Datagrams*, Waiting> waiting_;
};

}  // namespace mycel::quic
