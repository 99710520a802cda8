#pragma once
// What happened on the connections, in order, until the turn that tells the observer. Small
// pieces of one stream that arrive one after another become one event.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"

#include "runtime/ports/links.hpp"

namespace mycel::quic {

struct ConnectedEvent {
  ConnectionId connection;
  ports::Connected what;
};
struct ClosedEvent {
  ConnectionId connection;
  ports::Closed why;
};
struct PathEvent {
  ConnectionId connection;
  ports::PathChanged what;
};
struct StreamsAvailableEvent {
  ConnectionId connection;
};
struct StreamEvent {
  ports::StreamKey stream;
};
struct DataEvent {
  ports::StreamKey stream;
  std::vector<std::byte> bytes;
  bool is_last = false;
};
struct WritableEvent {
  ports::StreamKey stream;
};
struct ResetEvent {
  ports::StreamKey stream;
  std::uint64_t code = 0;
};
/// Both directions are over: nobody is told, the stream's state is freed.
struct StreamOverEvent {
  ports::StreamKey stream;
};

using Event = std::variant<ConnectedEvent, ClosedEvent, PathEvent, StreamsAvailableEvent,
                           StreamEvent, DataEvent, WritableEvent, ResetEvent, StreamOverEvent>;

class EventQueue {
 public:
  void push(Event event) { events_.push_back(std::move(event)); }

  void push_data(ports::StreamKey stream, ByteView bytes, bool is_last) {
    DataEvent* const last = events_.empty() ? nullptr : std::get_if<DataEvent>(&events_.back());
    if (last != nullptr && last->stream == stream && !last->is_last && joins(*last, bytes)) {
      const std::size_t size = last->bytes.size() + bytes.size();
      if (size > last->bytes.capacity()) last->bytes.reserve(std::min(4 * size, joined_max_bytes));
      append(last->bytes, bytes);
      last->is_last = is_last;
      return;
    }
    events_.push_back(DataEvent{stream, {bytes.begin(), bytes.end()}, is_last});
  }

  bool empty() const { return events_.empty(); }
  /// Swaps with an empty buffer of the caller.
  void take(std::vector<Event>& to) { events_.swap(to); }

 private:
  /// Joining saves calls where packets are small; large ones would only be copied once more, into
  /// buffers of a size that the allocator gives back to the system each time.
  static constexpr std::size_t joined_max_bytes = 64 * 1024;
  static constexpr std::size_t piece_max_bytes = 4096;
  static bool joins(const DataEvent& event, ByteView bytes) {
    return bytes.size() <= piece_max_bytes && event.bytes.size() + bytes.size() <= joined_max_bytes;
  }

  // Bounded by what the peers may send before it is consumed.
  std::vector<Event> events_;
};

}  // namespace mycel::quic
