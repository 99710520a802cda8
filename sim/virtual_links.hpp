#pragma once
// One node's end of the virtual network.

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/ports/links.hpp"

#include "sim/carrier.hpp"

namespace mycel::sim {

struct StreamLimits {
  std::uint32_t window_bytes = 512 * 1024;
  std::uint32_t open_max = 1024;  ///< at once, each way
};

class VirtualLinks final : public ports::Links {
 public:
  VirtualLinks(Carrier& carrier, StreamLimits limits, std::uint32_t number, const PeerId& peer);
  ~VirtualLinks();
  VirtualLinks(const VirtualLinks&) = delete;
  VirtualLinks& operator=(const VirtualLinks&) = delete;

  void observe(ports::LinksObserver& observer) override { observer_ = &observer; }
  ConnectionId dial(const Multiaddr& address, std::optional<PeerId> expected) override;
  std::optional<ports::StreamKey> open(ConnectionId connection) override;
  void write(ports::StreamKey stream, Bytes data, bool is_last) override;
  std::size_t writable(ports::StreamKey stream) const override;
  void consume(ports::StreamKey stream, std::size_t count) override;
  void reset(ports::StreamKey stream, std::uint64_t code) override;
  void close(ConnectionId connection, std::uint64_t code, std::string_view reason) override;
  std::optional<Duration> round_trip(ConnectionId connection) const override;

  /// Closes every connection with a word to the peers, as a graceful stop does.
  void close_all();
  std::size_t connection_count() const { return connections_.size(); }
  bool has_connection_to(std::uint32_t node) const;
  /// Where it stands, as it sees itself.
  Multiaddr address() const { return to_multiaddr(carrier_.seats().place_of(number_)); }
  std::uint32_t number() const { return number_; }

 private:
  friend class Carrier;
  struct Held {
    std::uint32_t connection = nothing;
    Side side = 0;
  };
  struct Found {
    Connection* connection = nullptr;
    std::uint32_t number = nothing;
    Side side = 0;
    Stream* stream = nullptr;
    explicit operator bool() const { return connection != nullptr; }
    End& end() const { return connection->ends[side]; }
    StreamSide& own() const { return stream->sides[side]; }
  };

  // For the carrier: this node takes up an end, or it ends.
  void hold(std::uint32_t connection, Side side);
  void let_go(std::uint32_t connection, Side side);
  /// Ends a connection from outside; the observer is told if it knows of it.
  void fail(std::uint32_t connection, Side side, ports::CloseReason reason, std::uint64_t code,
            std::string_view text);
  /// Something arrived at one of its ends.
  void receive(Flight& flight);

  void on_answer(const Found& at, const Flight& flight);
  void on_finish(const Found& at);
  void on_data(const Found& at, Flight& flight);
  void on_credit(const Found& at, const Flight& flight);
  void on_far_reset(const Found& at, const Flight& flight);
  void on_moved(const Found& at);

  Found find(ConnectionId connection) const;
  /// With the stream; nothing when it is not, or no longer, open at this side.
  Found find(ports::StreamKey key) const;
  ConnectionId name(const Found& at) const { return name_of(*at.connection, at.number, at.side); }
  void end_if_done(const Found& at);
  ports::Connected connected(const Found& at) const;

  Carrier& carrier_;
  StreamLimits limits_;
  std::uint32_t number_;
  ports::LinksObserver* observer_ = nullptr;
  std::vector<Held> connections_;
};

}  // namespace mycel::sim
