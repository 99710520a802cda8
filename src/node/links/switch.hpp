#pragma once
// Gives every stream to the protocol it is for: negotiates with multistream-select in both roles,
// then passes bytes to the owner of the protocol. An outbound stream proposes lazily: header,
// protocol and the first bytes of the request leave in one flight, so negotiation costs no round
// trip. Source: libp2p specs, connections/README.md and multistream-select.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/counters.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/flat_map.hpp"
#include "foundation/wire/multistream.hpp"

#include "node/drive/alarm.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/ports/timers.hpp"

namespace mycel::links {

/// Why a stream ended otherwise than by both sides finishing.
enum class StreamEnd : std::uint8_t {
  unsupported,      ///< the peer does not speak the protocol
  reset,            ///< the peer gave it up
  connection_lost,  ///< the connection is no more
  /// The peer closed the connection and blamed nobody, mostly because it was idle: what was said
  /// meanwhile reached nobody. From one that stops it may have come through.
  connection_closed,
  timeout,    ///< negotiation took too long
  malformed,  ///< the peer broke the rules of negotiation
};

/// What a protocol needs to know of the peer behind a stream.
struct StreamPeer {
  PeerId peer;
  Multiaddr remote;
};

/// A protocol's side of its streams. Calls never nest: none is made from inside a call of `Switch`.
class StreamOwner {
 public:
  /// The peer opened a stream for `protocol`.
  virtual void on_inbound(ports::StreamKey stream, std::string_view protocol,
                          const StreamPeer& peer) = 0;
  /// The peer agreed to speak the protocol of a stream that we opened.
  virtual void on_negotiated(ports::StreamKey) {}
  /// Bytes in order. Give their credit back with `Switch::consume`.
  virtual void on_data(ports::StreamKey stream, Bytes data, bool is_last) = 0;
  virtual void on_writable(ports::StreamKey stream) = 0;
  /// The last call about this stream. Not made when both sides finished.
  virtual void on_end(ports::StreamKey stream, StreamEnd why) = 0;
  /// Streams can be opened again after `Switch::open` had none.
  virtual void on_streams_available(ConnectionId connection) = 0;
  /// The connection is no more; `on_end` was called for its streams.
  virtual void on_connection_lost(ConnectionId) {}

 protected:
  ~StreamOwner() = default;
};

/// Who hears of connections, beside the protocols: the wiring. It hears of a lost connection before
/// the protocols do, so that what they try again does not meet the lost one.
class ConnectionObserver {
 public:
  virtual void on_connected(ConnectionId connection, const ports::Connected& what) = 0;
  virtual void on_closed(ConnectionId connection, const ports::Closed& why) = 0;
  virtual void on_path(ConnectionId connection, const ports::PathChanged& what) = 0;
  /// How many streams the connection carries now; 0 makes it idle.
  virtual void on_streams(ConnectionId connection, std::size_t open) = 0;

 protected:
  ~ConnectionObserver() = default;
};

/// What a peer may open.
enum class Access : std::uint8_t {
  full,
  limited,  ///< what the gate leaves open to everybody
};

/// Who finds out who is at the other end of a new connection, and says so with `Switch::admit`.
class Gatekeeper {
 public:
  /// Before anybody else hears of the connection: a stream that is opened now is the first.
  virtual void on_connected(ConnectionId connection, const ports::Connected& what) = 0;
  virtual void on_closed(ConnectionId connection, const ports::Closed& why) = 0;
  /// The peer dialled, and its first stream is for something else than the entrance.
  virtual void on_plain(ConnectionId connection) = 0;

 protected:
  ~Gatekeeper() = default;
};

struct Gate {
  std::string entrance;           ///< the protocol that is spoken at the gate: it never waits
  std::vector<std::string> open;  ///< what peers with limited access may open
};

/// What waits for the verdict on one connection. A sender's first flight is about 12 KiB (RFC 9002
/// §7.2), and the hello leaves at its head: more can only come when the hello was lost, and then
/// the streams that do not fit are reset.
inline constexpr std::size_t parked_max_bytes = std::size_t{16} * 1024;

struct SwitchCounters {
  std::uint64_t streams_opened = 0;
  std::uint64_t streams_accepted = 0;
  std::uint64_t streams_parked = 0;
  std::uint64_t streams_over_parking = 0;
  std::uint64_t streams_unsupported = 0;
  std::uint64_t negotiations_malformed = 0;
  std::uint64_t negotiations_timed_out = 0;

  void each(const CounterVisitor& visit) const;
};

class Switch final : public ports::LinksObserver {
 public:
  Switch(ports::Links& links, ports::Timers& timers, ConnectionObserver& observer);
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;

  /// Inbound streams that propose `protocol` go to `owner`, who outlives the switch.
  void serve(std::string protocol, StreamOwner& owner);
  /// From now on new connections wait for the verdict of `keeper`, who outlives the switch.
  void guard(Gate gate, Gatekeeper& keeper);
  /// What waited goes on, later in this turn of the loop.
  void admit(ConnectionId connection, Access access);
  /// What this node offers, sorted: for identify.
  std::vector<std::string> protocols() const;

  /// Opens a stream for `protocol`; the owner may write at once. None while the peer's stream limit
  /// is reached or when there is no such connection.
  std::optional<ports::StreamKey> open(ConnectionId connection, std::string_view protocol,
                                       StreamOwner& owner);
  void write(ports::StreamKey stream, Bytes data, bool is_last);
  std::size_t writable(ports::StreamKey stream) const { return links_.writable(stream); }
  void consume(ports::StreamKey stream, std::size_t count) { links_.consume(stream, count); }
  /// Gives the stream up; its owner hears no more of it.
  void reset(ports::StreamKey stream);

  bool is_connected(ConnectionId connection) const { return connections_.contains(connection); }
  std::size_t stream_count(ConnectionId connection) const;
  const SwitchCounters& counters() const { return counters_; }

 private:
  enum class Step : std::uint8_t { header, protocol, parked, open };
  struct Stream {
    StreamOwner* owner = nullptr;  // none until an inbound stream is negotiated
    Direction direction = Direction::inbound;
    Step step = Step::header;
    bool is_sent = false;
    bool is_received = false;
    std::size_t proposals = 0;  // of an inbound stream, as far as they were refused
    DeadlineId deadline;
    wire::LineReader lines;         // until the protocol is settled
    std::vector<std::byte> unsaid;  // our lines to an inbound one, which may leave with the answer
    std::string proposal;           // what an outbound stream asked for, or a parked one asks for
    std::vector<Bytes> held;        // what came of a parked one
    bool is_held_last = false;
  };
  /// What the peer may open; `waiting` until it is known.
  enum class Admission : std::uint8_t { waiting, limited, full };
  struct Connection {
    StreamPeer peer;
    Direction direction = Direction::outbound;
    Admission admission = Admission::full;
    std::size_t parked_bytes = 0;
    std::size_t streams = 0;
  };

  void on_connected(ConnectionId connection, const ports::Connected& what) override;
  void on_closed(ConnectionId connection, const ports::Closed& why) override;
  void on_stream(ports::StreamKey stream) override;
  void on_data(ports::StreamKey stream, Bytes data, bool is_last) override;
  void on_writable(ports::StreamKey stream) override;
  void on_reset(ports::StreamKey stream, std::uint64_t code) override;
  void on_streams_available(ConnectionId connection) override;
  void on_path(ConnectionId connection, const ports::PathChanged& what) override;

  void negotiate(ports::StreamKey key, Bytes data, bool is_last);
  void say_all(ports::StreamKey key, Stream& stream);
  void on_line(ports::StreamKey key, Stream& stream, std::string_view line);
  void on_proposal(ports::StreamKey key, Stream& stream, std::string_view line);
  bool is_waiting_for(ports::StreamKey key, std::string_view line);
  bool is_open_to(ConnectionId connection, std::string_view protocol) const;
  void hold(ports::StreamKey key, Bytes data, bool is_last);
  static std::size_t parked_bytes_of(const Stream& stream);
  void release(ConnectionId connection);
  void settle(Stream& stream);
  void end(ports::StreamKey key, StreamEnd why);
  void add(ports::StreamKey key, Stream stream);
  void erase(ports::StreamKey key);
  void erase_if_done(ports::StreamKey key);
  Stream* find(ports::StreamKey key) { return streams_.find(key); }
  std::vector<std::pair<ports::StreamKey, StreamOwner*>> take_streams(ConnectionId connection);
  std::vector<StreamOwner*> owners() const;
  void on_alarm();

  ports::Links& links_;
  ports::Timers& timers_;
  ConnectionObserver& observer_;
  std::map<std::string, StreamOwner*, std::less<>> owners_;
  FlatMap<ConnectionId, Connection> connections_;
  FlatMap<ports::StreamKey, Stream> streams_;  // those of a connection stand together
  std::optional<Gate> gate_;
  Gatekeeper* keeper_ = nullptr;
  std::vector<ConnectionId> admitted_;  // what they have parked is to be released
  Deadlines<ports::StreamKey> negotiations_;
  SwitchCounters counters_;
  drive::Alarm alarm_;
};

}  // namespace mycel::links
