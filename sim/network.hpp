#pragma once
// The links cut: whole nodes over a virtual network. Streams are ordered and intact; they have
// latency, credit, resets and cuts, and connections end as QUIC's do: by a close, or by silence.
//
// The real protocol negotiation, framing and everything above run over it unchanged (node/links).

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "runtime/ports/links.hpp"

#include "sim/node_timers.hpp"

namespace mycel::sim {

struct NetworkConfig {
  Duration latency_min = 5ms;  ///< one way; each pair of nodes draws its own, once
  Duration latency_max = 40ms;
  Duration handshake_timeout = 10s;
  Duration idle_timeout = 30s;
  std::size_t stream_window_bytes = 512 * 1024;
  std::size_t streams_max = 1024;  ///< open at once, each way
};

struct NetworkCounts {
  std::uint64_t deliveries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dials = 0;
  std::uint64_t stalled = 0;  ///< deliveries that met a cut
};

class VirtualLinks;

class Network {
 public:
  Network(World& world, NetworkConfig config)
      : world_(world), config_(config), latency_seed_(world.fork("latency").next()) {}

  /// A node of `number` at /ip4/10.x.y.z/udp/4150/quic-v1. Destroying it is a crash: its peers hear
  /// nothing more.
  std::unique_ptr<VirtualLinks> attach(std::uint32_t number, const PeerId& peer);
  static Multiaddr address_of(std::uint32_t number);

  /// While cut, what two nodes send each other waits; when the idle time passes, it is lost and so
  /// are their connections.
  void set_cut(std::uint32_t a, std::uint32_t b, bool is_cut);
  /// Cuts `number` off from everybody, or brings it back.
  void set_isolated(std::uint32_t number, bool is_isolated);

  Duration latency(std::uint32_t a, std::uint32_t b) const;
  const NetworkCounts& counts() const { return counts_; }

 private:
  friend class VirtualLinks;
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  using Arrival = std::function<void(VirtualLinks& at)>;

  bool is_cut(Pair pair) const;
  void send(std::uint32_t from, std::uint32_t to, Arrival arrival);
  void arrive(Pair pair, std::uint32_t to, Arrival arrival);
  void release_stalled();
  std::optional<std::uint32_t> number_at(const Multiaddr& address) const;

  World& world_;
  NetworkConfig config_;
  std::uint64_t latency_seed_;
  NetworkCounts counts_;
  std::map<std::uint32_t, VirtualLinks*> nodes_;
  std::map<Multiaddr, std::uint32_t> numbers_;
  std::set<Pair> cuts_;
  std::set<std::uint32_t> isolated_;
  struct Stalled {
    std::uint32_t from, to;
    Instant since;
    Arrival arrival;
  };
  std::vector<Stalled> stalled_;
};

/// One node's end of the virtual network.
class VirtualLinks final : public ports::Links {
 public:
  VirtualLinks(Network& network, std::uint32_t number, const PeerId& peer);
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

 private:
  friend class Network;
  /// What was written to one stream at one instant: one delivery.
  struct Flight {
    Instant sent_at;
    std::vector<Bytes> pieces;
    bool is_last = false;
  };
  struct Stream {
    std::shared_ptr<Flight> flight;  // the last one, while it can still grow
    std::size_t unacknowledged = 0;  // sent, and not yet consumed by the peer
    std::size_t unconsumed = 0;      // received, and not yet consumed
    std::size_t consumed = 0;        // received and consumed, not yet told
    bool was_full = false;
    bool is_announced = false;  // the observer knows of it
    bool is_sent = false;       // our direction ended
    bool is_received = false;   // theirs did
  };
  struct Connection {
    std::uint32_t node = 0;  // who is at the other end
    ConnectionId far;        // what they call it; none while we dial
    std::optional<PeerId> expected;
    PeerId peer;
    Direction direction = Direction::outbound;
    bool is_open = false;
    std::uint64_t next_stream = 0;      // ours: even for who dialled, odd for who answered
    std::uint64_t next_far_stream = 0;  // the lowest of theirs that was never used
    std::size_t streams_opened = 0;     // by us, and not yet ended
    bool was_out_of_streams = false;
    std::map<std::uint64_t, Stream> streams;
  };

  // What arrives from a peer; `own` is our name of the connection.
  void on_dialled(std::uint32_t from, const PeerId& peer, ConnectionId far);
  void on_answered(ConnectionId own, ConnectionId far, const PeerId& peer);
  void on_finished(ConnectionId own);
  void on_flight(ConnectionId own, std::uint64_t stream, const Flight& flight);
  void on_credit(ConnectionId own, std::uint64_t stream, std::size_t count);
  void on_far_reset(ConnectionId own, std::uint64_t stream, std::uint64_t code);
  void on_far_close(ConnectionId own, std::uint64_t code, const std::string& text);

  void open_far_streams(Connection& connection, std::uint64_t up_to);
  void send(const Connection& to, Network::Arrival arrival);
  void later(std::function<void()> then);
  void fail(ConnectionId own, ports::CloseReason reason, std::uint64_t code, std::string text);
  void silence(std::uint32_t node);
  Stream* find(ports::StreamKey key);
  Connection* find(ConnectionId connection);
  void end_if_done(Connection& connection, ports::StreamKey key);
  bool is_own(const Connection& connection, std::uint64_t stream) const;

  Network& network_;
  std::uint32_t number_;
  PeerId peer_;
  ports::LinksObserver* observer_ = nullptr;
  Sequence<ConnectionId> ids_;
  std::map<ConnectionId, Connection> connections_;
  NodeTimers timers_;
};

}  // namespace mycel::sim
