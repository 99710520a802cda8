#pragma once
// A dialler without manners for tests: one connection whose TLS and streams the test may misuse.

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/quic/connection.hpp"
#include "runtime/quic/shared.hpp"
#include "runtime/quic/test_network.hpp"

namespace mycel::quic::test {

class RawPeer {
 public:
  RawPeer(TestNetwork& network, std::uint8_t number)
      : network_(network),
        entropy_(number),
        socket_(network, endpoint(number)),
        shared_(Config{}, key_of(number), network.timers, entropy_) {
    socket_.on_receive([this](std::span<const ports::Datagram> batch) { receive(batch); });
    shared_.tls.client(std::nullopt, network_.timers.now());  // has a certificate from now on
  }

  SSL_CTX* tls() { return shared_.tls.client_context(); }
  ngtcp2_conn* native() { return connection_->native(); }

  void dial(const TestNode& to, std::optional<PeerId> expected = std::nullopt) {
    connection_ = Connection::dial(shared_, ConnectionId{1}, {&socket_, socket_.local(), to.at},
                                   std::move(expected), network_.timers.now());
    flush();
  }
  /// Writes what is due; again whenever a packet or a deadline comes.
  void flush() {
    const Now now = network_.timers.now();
    while (const auto train = connection_->next_train(buffer_, now)) {
      const ports::Datagram datagram{
          train->path.local,
          train->path.remote,
          {reinterpret_cast<const std::byte*>(train->bytes.data()), train->bytes.size()},
          train->segment_size,
          train->ecn};
      socket_.send({&datagram, 1});
    }
    const Instant due = connection_->next_expiry();
    if (due == never) return;
    network_.timers.cancel(timer_);
    timer_ = network_.timers.call_at(due, [this] {
      connection_->on_expiry(network_.timers.now());
      flush();
    });
  }
  /// Sends a packet with exactly this stream data.
  void send_stream(std::int64_t stream, std::string_view text, bool is_last) {
    const auto bytes = as_bytes(text);
    ngtcp2_ssize taken = -1;
    ngtcp2_pkt_info info{};
    const auto size = ngtcp2_conn_write_stream(
        native(), nullptr, &info, buffer_.data(), 1200, &taken,
        is_last ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE, stream,
        reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
        to_ticks(network_.timers.now().instant));
    if (size <= 0) return;
    const ports::Datagram datagram{
        socket_.local(),
        connection_->path().remote,
        {reinterpret_cast<const std::byte*>(buffer_.data()), static_cast<std::size_t>(size)}};
    socket_.send({&datagram, 1});
  }

  bool is_connected() const { return connection_->is_connected(); }
  /// Why it ended, once it has.
  std::optional<ports::Closed> closed() {
    std::vector<Event> events;
    shared_.events.take(events);
    for (const Event& event : events)
      if (const auto* end = std::get_if<ClosedEvent>(&event)) closed_ = end->why;
    return closed_;
  }

 private:
  void receive(std::span<const ports::Datagram> batch) {
    for (const ports::Datagram& datagram : batch)
      connection_->read({&socket_, datagram.local, datagram.remote}, datagram.ecn, datagram.payload,
                        network_.timers.now());
    connection_->settle();
    flush();
  }

  TestNetwork& network_;
  TestEntropy entropy_;
  TestSocket socket_;
  Shared shared_;
  std::unique_ptr<Connection> connection_;
  ports::TimerId timer_;
  std::optional<ports::Closed> closed_;
  std::array<std::uint8_t, 65507> buffer_{};
};

}  // namespace mycel::quic::test
