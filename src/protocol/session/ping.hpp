#pragma once
// Is a peer there, and how far away? 32 random bytes, which come back. A machine.
//
// On the wire the bytes stand alone, without a length: whoever carries a request writes 32 bytes,
// reads 32 bytes, and ends the stream only then, since js-libp2p never sees the end of a ping whose
// stream was half-closed. An inbound stream may carry many pings, one after another.
// Source: libp2p specs, ping/ping.md.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/counters.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

namespace mycel::session {

inline constexpr std::string_view ping_protocol = "/ipfs/ping/1.0.0";
inline constexpr std::size_t ping_size_bytes = 32;

/// One ping that somebody asked for.
using OperationId = Strong<struct PingOperationTag, std::uint64_t>;

struct PingConfig {
  /// Connected peers are pinged this often, give or take a fifth; never if it is zero.
  Duration every = 30s;
  /// js ends a ping stream after 10 s.
  Duration timeout = 10s;
  /// So many in a row without an answer, and the peer is silent.
  std::uint32_t misses_max = 3;
  /// As many peers as there can be connections, and pings of others that a person asks for.
  std::size_t peers_max = 4096;
  std::size_t under_way_max = 8192;
  /// Whoever asks for a ping while one is under way shares its answer.
  std::size_t sharers_max = 16;
};

struct PingRequest {
  RequestId id;
  PeerId peer;
  Bytes payload;  ///< ping_size_bytes
  Duration timeout{};
};
struct PingAnswer {
  InboundId id;
  Bytes payload;
};

struct PingSucceeded {
  OperationId operation;
  PeerId peer;
  Duration round_trip{};
};
struct PingFailed {
  OperationId operation;
  PeerId peer;
  RequestFailure failure = RequestFailure::timeout;
};
/// A connected peer missed `misses_max` pings in a row. Told once, until it answers again.
struct PeerSilent {
  PeerId peer;
  std::uint32_t misses = 0;
};
using PingEvent = std::variant<PingSucceeded, PingFailed, PeerSilent>;

struct PingOutput {
  StoreBatch persist;  ///< always empty: nothing here outlives the process
  Durability durability = Durability::buffered;
  std::vector<PingRequest> requests;
  std::vector<PingAnswer> answers;
  std::vector<InboundId> refusals;  ///< what was no ping: its stream is to be reset
  std::vector<PingEvent> events;

  void clear();
};

struct PingCounters {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t missed = 0;
  std::uint64_t echoed = 0;
  std::uint64_t refused = 0;
  std::uint64_t silent = 0;

  void each(const CounterVisitor& visit) const;
};

class Ping {
 public:
  Ping(PingConfig config, Rng rng) : config_(config), rng_(rng) {}

  /// Pings any peer; PingSucceeded or PingFailed follows, once.
  OperationId ping(Now now, const PeerId& peer);

  void on_peer_connected(Now now, const PeerId& peer);
  void on_peer_disconnected(Now now, const PeerId& peer);
  /// What came back. It is timed from when the request was asked for, so the round trip of a peer
  /// without a connection contains the making of one.
  void on_answer(Now now, RequestId request, ByteView payload);
  void on_failure(Now now, RequestId request, RequestFailure failure);
  /// A peer pings us.
  void on_request(Now now, InboundId request, const Bytes& payload);

  void on_deadline(Now now);
  Instant next_deadline() const { return due_.next(); }
  void take_output(PingOutput& output);

  /// The smoothed round trip of a connected peer that answered.
  std::optional<Duration> round_trip(const PeerId& peer) const;
  const PingCounters& counters() const { return counters_; }

 private:
  struct UnderWay {
    PeerId peer;
    Bytes payload;
    Instant sent{};
    std::vector<OperationId> sharers;
  };
  struct Peer {
    std::uint32_t misses = 0;
    bool is_supported = true;
    std::optional<Duration> round_trip;
    DeadlineId due;
  };

  UnderWay& send(Now now, const PeerId& peer);
  void plan(Now now, const PeerId& id, Peer& peer);
  std::optional<UnderWay> take(RequestId request);
  void fail(const UnderWay& ping, RequestFailure failure);
  void on_miss(const PeerId& id, Peer& peer, RequestFailure failure);

  PingConfig config_;
  Rng rng_;
  std::map<PeerId, Peer> peers_;             // connected ones
  std::map<RequestId, UnderWay> under_way_;  // at most one a peer
  std::map<PeerId, RequestId> request_of_;   // the same, by peer
  Deadlines<PeerId> due_;
  Sequence<RequestId> request_ids_;
  Sequence<OperationId> operation_ids_;
  PingOutput output_;
  PingCounters counters_;
};

}  // namespace mycel::session
