#pragma once
// The links cut: whole nodes over a virtual network. Streams are ordered and intact; they have
// latency, credit and resets, and connections end as QUIC's do: by a close, or by silence. Here
// stands what can be done to the network while they run.
//
// The real protocol negotiation, framing and everything above run over it unchanged (node/links).

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/node_timers.hpp"
#include "sim/virtual_links.hpp"

namespace mycel::sim {

struct NetworkConfig {
  Duration latency_min = 5ms;  ///< one way; each pair of nodes draws its own, once
  Duration latency_max = 40ms;
  Duration handshake_timeout = 10s;
  Duration idle_timeout = 30s;
  std::size_t stream_window_bytes = 512 * 1024;
  std::size_t streams_max = 1024;               ///< open at once, each way
  std::optional<TopologyConfig> topology = {};  ///< instead of latency_min and latency_max
};

class Network {
 public:
  Network(World& world, NetworkConfig config);

  /// A node of `number` at address(number). Destroying it is a crash: its peers hear nothing more.
  std::unique_ptr<VirtualLinks> attach(std::uint32_t number, const PeerId& peer);
  /// Where a node stands that has never moved: /ip4/20.x.y.z/udp/4150/quic-v1.
  static Multiaddr address_of(std::uint32_t number) { return to_multiaddr({.number = number}); }
  /// Where it stands now, as it sees itself: behind a NAT nobody else can use this.
  Multiaddr address(std::uint32_t number) const {
    return to_multiaddr(carrier_.seats().place_of(number));
  }

  /// While cut, what two nodes send each other waits; when the idle time passes, it is lost and so
  /// are their connections. A close is said only once, so in a cut it is lost at once.
  void set_cut(std::uint32_t a, std::uint32_t b, bool is_cut);
  void set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut);
  /// Cuts `number` off from everybody, or brings it back.
  void set_isolated(std::uint32_t number, bool is_isolated);
  /// Nodes hear only those of their own side; whoever is not listed stands on the side of `false`.
  /// An empty list heals the split.
  void set_split(std::vector<bool> side);
  /// What the two send each other waits and all comes at the end, in order. As in a cut,
  /// connections do not outlive their idle time.
  void set_stalled(std::uint32_t a, std::uint32_t b, bool is_stalled);
  /// The process of `number` stands still: what is sent to it waits in its socket.
  void set_paused(std::uint32_t number, bool is_paused);
  /// Each direction carries so many bytes a second, one after the other; 0 is without a limit.
  void set_rate(std::uint32_t a, std::uint32_t b, std::uint64_t bytes_per_s);
  /// The connections of the two break at once, on both ends. How many there were.
  std::size_t reset_between(std::uint32_t a, std::uint32_t b);
  /// Gives `number` another address; nobody finds it at the old one. As in QUIC, the connections
  /// that it dialled follow it, and those that it accepted end after their idle time.
  Multiaddr move(std::uint32_t number);
  /// Puts `number` behind a NAT, or takes it out; its connections live on.
  void set_nat(std::uint32_t number, std::optional<NatKind> kind);

  /// Hears of connections that begin and end, and in a full trace of every delivery.
  void trace_to(Trace trace, bool is_full) { carrier_.trace_to(std::move(trace), is_full); }
  Duration latency(std::uint32_t a, std::uint32_t b) const {
    return carrier_.delays().latency(a, b);
  }
  const NetworkCounts& counts() const { return carrier_.counts(); }
  const Carrier& carrier() const { return carrier_; }

 private:
  StreamLimits limits_;
  Carrier carrier_;
};

}  // namespace mycel::sim
