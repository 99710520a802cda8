#pragma once
// Authenticated connections to peers, each carrying many ordered byte streams. One implementation
// is QUIC (runtime/quic), the other the simulator's virtual network; protocol negotiation, framing
// and everything above are the same code over both (node/links).

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::ports {

/// One stream of one connection. `stream` is the transport's own number.
struct StreamKey {
  ConnectionId connection;
  std::uint64_t stream = 0;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

struct Connected {
  PeerId peer;  ///< proved by the handshake
  Multiaddr local;
  Multiaddr remote;  ///< where the peer was seen, without /p2p
  Direction direction = Direction::outbound;
};

enum class CloseReason : std::uint8_t {
  local,                ///< we closed it
  remote,               ///< the peer closed it, with `code`
  idle_timeout,         ///< nothing was heard for the idle time
  handshake_timeout,    ///< nobody answered, or too slowly
  handshake_failed,     ///< TLS refused: `text` says what
  wrong_peer,           ///< somebody else than expected answered
  address_unsupported,  ///< no transport for this address
  unreachable,          ///< the system says there is no way there
  transport_error,      ///< the peer broke the rules of the transport
  refused,              ///< a local limit: `text` names it
};

/// Lower-case words for people and for metric labels: "idle_timeout".
std::string_view to_text(CloseReason reason);

/// Why a connection is no more, or never came to be.
struct Closed {
  CloseReason reason = CloseReason::local;
  std::uint64_t code = 0;
  std::string text;
};

struct PathChanged {
  Multiaddr local;
  Multiaddr remote;
};

/// Who hears of connections and streams: one listener for the whole node. Calls never nest: none is
/// made from inside a call of `Links`.
class LinksObserver {
 public:
  virtual void on_connected(ConnectionId connection, const Connected& what) = 0;
  /// The last call about `connection`; also how a dial fails. Its streams are gone.
  virtual void on_closed(ConnectionId connection, const Closed& why) = 0;
  /// The peer opened a stream; its bytes follow.
  virtual void on_stream(StreamKey stream) = 0;
  /// Bytes in order, and whether they are the last. They count against the peer's credit until
  /// `Links::consume`.
  virtual void on_data(StreamKey stream, Bytes data, bool is_last) = 0;
  /// The stream has room again after `writable()` was 0.
  virtual void on_writable(StreamKey stream) = 0;
  /// The peer gave the stream up, in one direction or both.
  virtual void on_reset(StreamKey stream, std::uint64_t code) = 0;
  /// Streams can be opened again after `open()` had none.
  virtual void on_streams_available(ConnectionId connection) = 0;
  virtual void on_path(ConnectionId connection, const PathChanged& what) = 0;

 protected:
  ~LinksObserver() = default;
};

class Links {
 public:
  virtual void observe(LinksObserver& observer) = 0;

  /// Starts to connect. The outcome is `on_connected` or `on_closed`, never before this returns.
  /// With `expected`, whoever else answers is refused as `wrong_peer`.
  virtual ConnectionId dial(const Multiaddr& address, std::optional<PeerId> expected) = 0;

  /// A new stream both ways, or none while the peer's stream limit is reached.
  virtual std::optional<StreamKey> open(ConnectionId connection) = 0;

  /// Queues bytes, in order; `is_last` ends our direction. The queue is bounded by the caller, who
  /// writes no more than `writable()`.
  virtual void write(StreamKey stream, Bytes data, bool is_last) = 0;
  /// How many bytes the stream takes now: what is left of its send budget. 0 for a dead stream.
  virtual std::size_t writable(StreamKey stream) const = 0;
  /// `count` received bytes were dealt with: the peer may send as many more.
  virtual void consume(StreamKey stream, std::size_t count) = 0;

  /// Gives the stream up in both directions.
  virtual void reset(StreamKey stream, std::uint64_t code) = 0;
  /// Closes with an application code; `on_closed` follows with `CloseReason::local`.
  virtual void close(ConnectionId connection, std::uint64_t code, std::string_view reason) = 0;

  /// Smoothed round trip, once one is known.
  virtual std::optional<Duration> round_trip(ConnectionId connection) const = 0;

 protected:
  ~Links() = default;
};

}  // namespace mycel::ports
