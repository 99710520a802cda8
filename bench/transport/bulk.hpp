#pragma once
// Many bytes on one stream: /bench/sink/1 takes them, /bench/source/1 gives them. Counts are
// unsigned 64-bit, big-endian.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/transport/bench_node.hpp"

namespace mycel::bench {

inline constexpr std::string_view sink_protocol = "/bench/sink/1";
inline constexpr std::string_view source_protocol = "/bench/source/1";

/// Both protocols in both roles: each side sends a count or zeros, and receives the other.
class Bulk final : public links::StreamOwner {
 public:
  explicit Bulk(BenchNode& node) : node_(node) {
    node.streams.serve(std::string(sink_protocol), *this);
    node.streams.serve(std::string(source_protocol), *this);
  }

  /// Sends `count` bytes and runs the loop until the peer has said that it holds them all.
  void upload(ConnectionId connection, std::uint64_t count) {
    run(connection, sink_protocol, {.head = 8, .to_send = count}, count);
  }
  /// Runs the loop until `count` bytes of the peer are here.
  void download(ConnectionId connection, std::uint64_t count) {
    run(connection, source_protocol, {.to_receive = count}, count);
  }

 private:
  struct Transfer {
    bool is_inbound = false;
    bool is_sink = false;     // inbound only
    std::size_t head = 0;     // bytes of a count that are still to come
    std::uint64_t count = 0;  // what the head said
    std::uint64_t to_receive = 0;
    std::uint64_t to_send = 0;
  };

  static Bytes encode(std::uint64_t count) {
    std::vector<std::byte> bytes(8);
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(count >> (56 - 8 * i));
    return Bytes(std::move(bytes));
  }

  void run(ConnectionId connection, std::string_view protocol, Transfer transfer,
           std::uint64_t count) {
    const auto stream = node_.streams.open(connection, protocol, *this);
    if (!stream) give_up("no stream for " + std::string(protocol));
    transfers_.emplace(*stream, transfer);
    node_.streams.write(*stream, encode(count), false);
    pump(*stream);
    node_.loop.run();
  }

  void on_inbound(ports::StreamKey key, std::string_view protocol,
                  const links::StreamPeer&) override {
    transfers_.emplace(
        key, Transfer{.is_inbound = true, .is_sink = protocol == sink_protocol, .head = 8});
  }

  void on_data(ports::StreamKey key, Bytes data, bool is_last) override {
    node_.streams.consume(key, data.size());
    const auto entry = transfers_.find(key);
    if (entry == transfers_.end()) return;
    Transfer& transfer = entry->second;
    const std::size_t of_head = std::min(transfer.head, data.size());
    for (std::size_t i = 0; i < of_head; ++i)
      transfer.count = transfer.count << 8 | std::to_integer<std::uint64_t>(data.data()[i]);
    transfer.head -= of_head;
    if (of_head > 0 && transfer.head == 0 && transfer.is_inbound)
      (transfer.is_sink ? transfer.to_receive : transfer.to_send) = transfer.count;
    const std::uint64_t of_bulk = data.size() - of_head;
    transfer.to_receive -= std::min(transfer.to_receive, of_bulk);
    if (transfer.head > 0) return is_last ? void(transfers_.erase(entry)) : void();
    if (!transfer.is_inbound) return finish_if_done(key, transfer);
    transfer.is_sink ? answer_sink(key, transfer) : pump(key);
  }

  void answer_sink(ports::StreamKey key, const Transfer& transfer) {
    if (transfer.to_receive > 0) return;
    const std::uint64_t count = transfer.count;
    transfers_.erase(key);
    node_.streams.write(key, encode(count), true);
  }

  void finish_if_done(ports::StreamKey key, const Transfer& transfer) {
    if (transfer.to_receive > 0) return;
    transfers_.erase(key);
    node_.streams.write(key, {}, true);
    node_.loop.stop();
  }

  void pump(ports::StreamKey key) {
    const auto entry = transfers_.find(key);
    if (entry == transfers_.end() || entry->second.to_send == 0) return;
    Transfer& transfer = entry->second;
    while (transfer.to_send > 0) {
      const std::size_t room = node_.streams.writable(key);
      if (room == 0) return;
      const auto count = std::min<std::uint64_t>({transfer.to_send, room, chunk_.size()});
      transfer.to_send -= count;
      const bool is_last = transfer.to_send == 0 && transfer.is_inbound;
      node_.streams.write(key, chunk_.slice(0, count), is_last);
    }
    if (transfer.is_inbound) transfers_.erase(entry);
  }

  void on_writable(ports::StreamKey key) override { pump(key); }
  void on_end(ports::StreamKey key, links::StreamEnd) override {
    const auto entry = transfers_.find(key);
    if (entry == transfers_.end()) return;
    if (!entry->second.is_inbound) give_up("a transfer broke off");
    transfers_.erase(entry);
  }
  void on_streams_available(ConnectionId) override {}

  BenchNode& node_;
  Bytes chunk_{std::vector<std::byte>(std::size_t{256} << 10)};
  std::map<ports::StreamKey, Transfer> transfers_;
};

}  // namespace mycel::bench
