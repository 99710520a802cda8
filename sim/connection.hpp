#pragma once
// The plain data of the virtual network: what is on its way, and the connections it belongs to.
// One record holds both ends of a connection, and one of a stream holds both of its sides, so that
// nothing is looked up when something arrives.

#include <array>
#include <cstdint>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"

#include "sim/place.hpp"
#include "sim/slab.hpp"

namespace mycel::sim {

class VirtualLinks;

/// 0 is who dialled, 1 who answered.
using Side = std::uint8_t;
constexpr Side other(Side side) {
  return side ^ 1U;
}

enum class FlightKind : std::uint8_t {
  // From one end to the other, in order.
  dial,
  answer,
  finish,
  data,
  credit,
  reset,
  close,
  gone,   // an answer to what nobody knows any more: a stateless reset
  moved,  // the first packet from a new address
  // What one end is told later, by nobody else.
  closed,
  streams_available,
  broken,
  handshake_due,
  probe_due,    // a sign of life goes out to an end that is lost
  lost_due,     // and then nothing is heard for the idle time
  idle_due,     // the way was blocked for as long
  release_due,  // what waited behind a cut can pass
};

/// Something on its way to one end of a connection.
struct Flight {
  FlightKind kind = FlightKind::data;
  Side to = 0;
  bool is_last = false;
  std::uint32_t connection = nothing;
  std::uint32_t own = nothing;   ///< its own number
  std::uint32_t next = nothing;  ///< what travels in the same packet, or waits behind it
  std::uint64_t sequence = 0;    ///< of the connection, whose number may be used again meanwhile
  std::uint64_t stream = 0;
  std::uint64_t value = 0;  ///< a code, a count, or how often it was tried
  Instant sent_at{};
  Bytes data;               ///< the first piece; or a reason; or who is expected
  std::vector<Bytes> more;  ///< what else was written to the stream at the same instant
};

struct StreamSide {
  enum class State : std::uint8_t { unknown, live, done };
  std::uint32_t unacknowledged = 0;  // sent, and not yet consumed by the other side
  std::uint32_t unconsumed = 0;      // received, and not yet consumed
  std::uint32_t consumed = 0;        // received and consumed, not yet told
  State state = State::unknown;
  bool was_full = false;
  bool is_announced = false;  // the observer knows of it
  bool is_sent = false;       // this side's direction ended
  bool is_received = false;   // the other's did
};

struct Stream {
  std::uint64_t number = 0;  // even: opened by side 0
  std::uint32_t next = nothing;
  std::array<StreamSide, 2> sides;
};

struct End {
  VirtualLinks* at = nullptr;  // who holds it; nobody before a dial arrives and after the end
  Place remote;                // where it sees the other one
  std::uint64_t streams_made = 0;
  std::uint32_t streams_opened = 0;  // by this end, and not yet ended
  std::uint32_t position = 0;        // among the connections of `at`
  bool is_open = false;
  bool is_closing = false;  // closed, and its owner is told in a moment
  bool was_lost = false;    // gone without a word that arrived
  bool was_out_of_streams = false;
};

/// What goes to one end.
struct Way {
  Instant sent_at{};     // the last packet
  Instant arrives_at{};  // never before the one ahead of it
  std::uint32_t tail = nothing;
  std::uint32_t waiting_first = nothing;  // behind a cut, in order
  std::uint32_t waiting_last = nothing;
};

struct Connection {
  std::uint64_t sequence = 0;  // counts the connections of the whole network; 0 while unused
  std::array<End, 2> ends;
  std::array<Way, 2> ways;  // by the side they lead to
  std::array<std::uint32_t, 2> nodes{};
  Duration latency{};  // one way
  Instant blocked_since{};
  std::uint32_t first_stream = nothing;
  bool is_blocked = false;
  bool is_severed = false;  // who was dialled has moved away
};

constexpr unsigned connection_number_bits = 24;
/// Names grow with time, as those of real connections do.
inline ConnectionId name_of(const Connection& connection, std::uint32_t number, Side side) {
  return ConnectionId{((connection.sequence << connection_number_bits | number) << 1) | side};
}

}  // namespace mycel::sim
