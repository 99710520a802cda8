#pragma once
// For tests: two nodes that have one of each link shape over the virtual network, and write down
// what they hear.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "node/links/channels.hpp"
#include "node/links/requests.hpp"
#include "node/links/transfers.hpp"

#include "sim/network.hpp"

namespace mycel::sim::testing {

using links::ChannelId;
using links::StreamEnd;
using links::TransferFailure;
using links::TransferId;
using Words = std::vector<std::string>;

inline PeerId peer_number(std::uint8_t number) {
  std::vector<std::byte> multihash(38, std::byte{number});
  multihash[0] = std::byte{0x00};
  multihash[1] = std::byte{36};
  return *PeerId::from_multihash(multihash);
}

inline std::string text_of(const Bytes& bytes) {
  return std::string(as_text(bytes));
}

/// A node that has one of each link shape and writes down what it hears.
struct Node final : links::ConnectionObserver,
                    links::ConnectionSource,
                    links::RequestsObserver,
                    links::ChannelsObserver,
                    links::TransfersObserver {
  Node(Network& network, World& world, std::uint32_t number, links::RequestsConfig requests_config)
      : self(peer_number(static_cast<std::uint8_t>(number))),
        timers(world),
        events(timers),
        transport(network.attach(number, self)),
        streams(*transport, timers, *this),
        requests(std::move(requests_config), streams, *this, timers, events, *this),
        channels({.protocol = "/test/channel", .framing = {}, .queue_max_bytes = 4096}, streams,
                 events, *this),
        transfers({.protocol = "/test/transfer", .silence_max = 5s}, streams, timers, *this) {}

  // Connections.
  void on_connected(ConnectionId id, const ports::Connected& what) override {
    pool[what.peer] = id;
    requests.on_reachable(what.peer, id);
  }
  void on_closed(ConnectionId id, const ports::Closed& why) override {
    said.push_back("closed " + std::string(ports::to_text(why.reason)));
    std::erase_if(pool, [&](const auto& entry) { return entry.second == id; });
    for (const auto& [peer, address] : book) requests.on_unreachable(peer);
  }
  void on_path(ConnectionId, const ports::PathChanged&) override {}
  void on_streams(ConnectionId, std::size_t open) override { open_streams = open; }
  std::optional<ConnectionId> want(const PeerId& peer) override {
    const auto entry = pool.find(peer);
    if (entry != pool.end()) return entry->second;
    transport->dial(book.at(peer), peer);
    return std::nullopt;
  }

  // Requests: "late" is answered after a second, "no" is refused, "never" is left alone.
  void on_answer(RequestId id, Bytes body) override {
    said.push_back(std::to_string(id.value()) + " answered " + text_of(body));
  }
  void on_failure(RequestId id, RequestFailure why) override {
    said.push_back(std::to_string(id.value()) + " failed " + std::string(to_text(why)));
    if (on_failed) on_failed(id);
  }
  void on_request(links::InboundRequest request) override {
    const std::string body = text_of(request.body);
    asked.push_back(body);
    if (body == "never") return;
    if (body == "no") return requests.refuse(request.id);
    if (body == "late") {
      timers.call_at(timers.now().instant + 1s,
                     [this, id = request.id] { requests.answer(id, Bytes::copy("at last")); });
      return;
    }
    requests.answer(request.id, Bytes::copy(body + "!"));
  }

  // Channels: messages wait until somebody takes them.
  void on_channel(ChannelId id, ConnectionId, const links::StreamPeer&) override { channel = id; }
  void on_message(ChannelId id, Bytes body) override {
    said.push_back(text_of(body.slice(0, 16)));
    if (takes_messages) channels.next(id);
  }
  void on_credit(ChannelId) override { said.push_back("credit"); }
  void on_ended(ChannelId, StreamEnd) override { said.push_back("channel ended"); }

  // Transfers of one text.
  struct Text final : links::TransferSource {
    explicit Text(Bytes bytes) : content(std::move(bytes)) {}
    std::uint64_t size() const override { return content.size(); }
    Bytes read(std::uint64_t offset, std::size_t count) override {
      return content.slice(static_cast<std::size_t>(offset), count);
    }
    Bytes content;
  };
  std::unique_ptr<links::TransferSource> on_wanted(const links::StreamPeer&,
                                                   const Bytes& name) override {
    if (text_of(name) != "book") return nullptr;
    return std::make_unique<Text>(book_text);
  }
  void on_chunk(TransferId id, std::uint64_t offset, Bytes data) override {
    EXPECT_EQ(offset, received.size() + resumed_at);
    append(received, data);
    if (takes_chunks) transfers.consume(id, data.size());
  }
  void on_complete(TransferId, std::uint64_t size) override {
    said.push_back("complete " + std::to_string(size));
  }
  void on_broken(TransferId, std::uint64_t offset, TransferFailure why) override {
    broken_at = offset;
    said.push_back("broken " + std::to_string(static_cast<int>(why)));
  }

  PeerId self;
  NodeTimers timers;
  drive::EventQueue events;
  std::unique_ptr<VirtualLinks> transport;
  links::Switch streams;
  std::map<PeerId, Multiaddr> book;
  std::map<PeerId, ConnectionId> pool;
  links::Requests requests;
  links::Channels channels;
  links::Transfers transfers;
  Words said;
  Words asked;
  std::function<void(RequestId)> on_failed;
  std::size_t open_streams = 0;
  ChannelId channel;
  bool takes_messages = true;
  bool takes_chunks = true;
  Bytes book_text;
  std::vector<std::byte> received;
  std::uint64_t resumed_at = 0;
  std::uint64_t broken_at = 0;
};

/// A peer that does as it likes: one stream, whose bytes are told apart by nobody.
struct Stranger final : links::StreamOwner {
  Stranger(Node& at, ConnectionId connection) : node(at) {
    key = node.streams.open(connection, "/test/request", *this).value();
  }
  void on_inbound(ports::StreamKey, std::string_view, const links::StreamPeer&) override {}
  void on_data(ports::StreamKey, Bytes data, bool) override {
    if (reads) return node.streams.consume(key, data.size());
    unread += data.size();
  }
  void on_writable(ports::StreamKey) override {}
  void on_end(ports::StreamKey, StreamEnd) override { is_ended = true; }
  void on_streams_available(ConnectionId) override {}
  void ask(std::string_view text) {
    node.streams.write(key, links::Framing{}.frame(Bytes::copy(text)), false);
  }
  void read_on() {
    reads = true;
    node.streams.consume(key, std::exchange(unread, 0));
  }

  Node& node;
  ports::StreamKey key;
  bool reads = true;
  bool is_ended = false;
  std::size_t unread = 0;
};

struct Story {
  explicit Story(links::RequestsConfig config = {.protocol = "/test/request", .framing = {}},
                 std::size_t streams_max = 1024, std::uint64_t seed = 7)
      : world(seed),
        network(world, {.latency_min = 20ms,
                        .latency_max = 20ms,
                        .stream_window_bytes = 64 * 1024,
                        .streams_max = streams_max}),
        alice(network, world, 1, config),
        bob(network, world, 2, config) {
    alice.book[bob.self] = Network::address_of(2);
    bob.book[alice.self] = Network::address_of(1);
  }
  void ask(std::uint64_t id, std::string_view text) {
    alice.requests.request(RequestId{id}, bob.self, Bytes::copy(text));
  }
  ConnectionId connect() {
    alice.want(bob.self);
    world.run_for(1s);
    return alice.pool.at(bob.self);
  }

  World world;
  Network network;
  Node alice, bob;
};

}  // namespace mycel::sim::testing
