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

#include "sim/cuts.hpp"
#include "sim/nat.hpp"
#include "sim/node_timers.hpp"
#include "sim/place.hpp"

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

  /// A node of `number` at address(number). Destroying it is a crash: its peers hear nothing more.
  std::unique_ptr<VirtualLinks> attach(std::uint32_t number, const PeerId& peer);
  /// Where a node stands that has never moved: /ip4/10.x.y.z/udp/4150/quic-v1.
  static Multiaddr address_of(std::uint32_t number);
  /// Where it stands now, as it sees itself: behind a NAT nobody else can use this.
  Multiaddr address(std::uint32_t number) const;

  /// While cut, what two nodes send each other waits; when the idle time passes, it is lost and so
  /// are their connections.
  void set_cut(std::uint32_t a, std::uint32_t b, bool is_cut);
  void set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut);
  /// Cuts `number` off from everybody, or brings it back.
  void set_isolated(std::uint32_t number, bool is_isolated);
  /// Nodes hear only those of their own side; whoever is not listed stands on the side of `false`.
  /// An empty list heals the split.
  void set_split(std::vector<bool> side);
  /// What the two send each other waits and comes at the end, in order. As in a cut, connections do
  /// not outlive their idle time; unlike in a cut, nothing that was said before is lost.
  void set_stalled(std::uint32_t a, std::uint32_t b, bool is_stalled);
  /// Each direction carries so many bytes a second, one after the other; 0 is without a limit.
  void set_rate(std::uint32_t a, std::uint32_t b, std::uint64_t bytes_per_s);
  /// The connections of the two break at once, on both ends. How many there were.
  std::size_t reset_between(std::uint32_t a, std::uint32_t b);
  /// Gives `number` another address; nobody finds it at the old one. As in QUIC, the connections
  /// that it dialled follow it, and those that it accepted end after their idle time.
  Multiaddr move(std::uint32_t number);
  /// Puts `number` behind a NAT, or takes it out; its connections live on.
  void set_nat(std::uint32_t number, std::optional<NatKind> kind);

  Duration latency(std::uint32_t a, std::uint32_t b) const;
  const NetworkCounts& counts() const { return counts_; }

 private:
  friend class VirtualLinks;
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  using Arrival = std::function<void(VirtualLinks& at)>;

  struct Rate {
    std::uint64_t bytes_per_s = 0;
    Instant free_at{};  // everything before this is taken
  };
  struct Stalled {
    std::uint32_t from, to;
    Instant since;
    Arrival arrival;
  };

  void send(std::uint32_t from, std::uint32_t to, std::size_t size, Arrival arrival);
  void arrive(std::uint32_t from, std::uint32_t to, Arrival arrival);
  void release_stalled();
  void silence(std::uint32_t a, std::uint32_t b);
  VirtualLinks* find(std::uint32_t number) const;
  bool has_rate(std::uint32_t from, std::uint32_t to) const { return rates_.contains({from, to}); }
  Place place_of(std::uint32_t number) const;
  /// Where `to` sees `from` come from.
  Place seen_from(std::uint32_t from, std::uint32_t to);
  /// Who hears what `from` sends to `address`; nobody, if the address is old or a NAT is in the
  /// way.
  std::optional<std::uint32_t> listener_at(const Place& address, std::uint32_t from) const;

  World& world_;
  NetworkConfig config_;
  std::uint64_t latency_seed_;
  NetworkCounts counts_;
  // One sequence for all: what is said of a connection never meets one of a node's next life.
  Sequence<ConnectionId> connection_ids_;
  std::map<std::uint32_t, VirtualLinks*> nodes_;
  Cuts cuts_;
  std::map<Pair, Rate> rates_;  // from, to
  std::map<std::uint32_t, std::uint8_t> moves_;
  std::map<std::uint32_t, Nat> nats_;
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
  Multiaddr address() const { return network_.address(number_); }

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
    Place remote;            // and where it is seen
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
  void on_dialled(std::uint32_t from, Place place, const PeerId& peer, ConnectionId far);
  void on_answered(ConnectionId own, ConnectionId far, const PeerId& peer);
  void on_finished(ConnectionId own);
  void on_flight(ConnectionId own, std::uint64_t stream, const Flight& flight);
  void on_credit(ConnectionId own, std::uint64_t stream, std::size_t count);
  void on_far_reset(ConnectionId own, std::uint64_t stream, std::uint64_t code);
  void on_far_close(ConnectionId own, std::uint64_t code, const std::string& text);

  void open_far_streams(Connection& connection, std::uint64_t up_to);
  void send(const Connection& to, Network::Arrival arrival, std::size_t size = 0);
  void send_dial(ConnectionId own, Place address, int tries);
  void on_moved(std::uint32_t node);
  std::size_t break_with(std::uint32_t node);
  bool has_connection_to(std::uint32_t node) const;
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
  std::map<ConnectionId, Connection> connections_;
  NodeTimers timers_;
};

}  // namespace mycel::sim
