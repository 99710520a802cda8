#pragma once
// Small messages there and back: /bench/echo/1 with a stream for each, and ping with one for all.

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "bench/transport/bench_node.hpp"

namespace mycel::bench {

/// Opens a stream, sends one frame, has it echoed, ends the stream.
class Echo final : public links::RequestsObserver {
 public:
  explicit Echo(BenchNode& node)
      : requests_({.protocol = "/bench/echo/1", .framing = {}, .inbound_per_connection = 4096},
                  node.streams, node, node.loop, node.events, *this) {}

  void ask(ConnectionId connection) { requests_.request_on(ids_.next(), connection, payload_); }
  std::function<void()> on_echo;

 private:
  void on_answer(RequestId, Bytes body) override {
    if (body != payload_) give_up("the echo is not what was sent");
    on_echo();
  }
  void on_failure(RequestId, RequestFailure why) override {
    give_up("an echo failed: " + std::string(to_text(why)));
  }
  void on_request(links::InboundRequest request) override {
    requests_.answer(request.id, std::move(request.body));
  }

  Bytes payload_{std::vector<std::byte>(32)};
  Sequence<RequestId> ids_;
  links::Requests requests_;
};

inline constexpr const char* ping_protocol = "/ipfs/ping/1.0.0";

/// Serves ping.
class PingServer final : public links::RequestsObserver {
 public:
  explicit PingServer(BenchNode& node)
      : requests_({.protocol = ping_protocol, .framing = {.fixed_size_bytes = 32}}, node.streams,
                  node, node.loop, node.events, *this) {}

 private:
  void on_answer(RequestId, Bytes) override {}
  void on_failure(RequestId, RequestFailure) override {}
  void on_request(links::InboundRequest request) override {
    requests_.answer(request.id, std::move(request.body));
  }
  links::Requests requests_;
};

/// Pings one after another on one stream.
class PingClient final : public links::StreamOwner {
 public:
  explicit PingClient(BenchNode& node) : node_(node) {}

  /// Milliseconds of each ping; runs the loop.
  std::vector<double> measure(ConnectionId connection, std::size_t count) {
    left_ = count;
    samples_.clear();
    const auto stream = node_.streams.open(connection, ping_protocol, *this);
    if (!stream) give_up("no stream for pings");
    send(*stream);
    node_.loop.run();
    return std::move(samples_);
  }

 private:
  void send(ports::StreamKey stream) {
    sent_ = node_.loop.now().instant;
    back_ = 0;
    node_.streams.write(stream, ball_, false);
  }
  void on_data(ports::StreamKey stream, Bytes data, bool) override {
    node_.streams.consume(stream, data.size());
    back_ += data.size();
    if (back_ < ball_.size()) return;
    samples_.push_back(
        std::chrono::duration<double, std::milli>(node_.loop.now().instant - sent_).count());
    if (--left_ > 0) return send(stream);
    node_.streams.write(stream, {}, true);
    node_.loop.stop();
  }
  void on_inbound(ports::StreamKey, std::string_view, const links::StreamPeer&) override {}
  void on_writable(ports::StreamKey) override {}
  void on_end(ports::StreamKey, links::StreamEnd) override {
    if (left_ > 0) give_up("the peer does not answer pings");
  }
  void on_streams_available(ConnectionId) override {}

  BenchNode& node_;
  Bytes ball_{std::vector<std::byte>(32)};
  Instant sent_;
  std::size_t back_ = 0;
  std::size_t left_ = 0;
  std::vector<double> samples_;
};

}  // namespace mycel::bench
