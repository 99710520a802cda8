#pragma once
// Time as a value. Nothing here can ask what time it is: both clocks only ever arrive as an
// argument, from the driver that owns them.

#include <chrono>
#include <cstdint>

namespace mycel {

using namespace std::chrono_literals;

/// Monotonic node time, for deadlines. It deliberately has no now().
struct NodeClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<NodeClock>;
  static constexpr bool is_steady = true;
};

/// The calendar, for whatever is signed or stored: it survives a restart, and may step.
struct CalendarClock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<CalendarClock>;
  static constexpr bool is_steady = false;
};

using Duration = NodeClock::duration;
using Instant = NodeClock::time_point;
/// Milliseconds since 1970-01-01 UTC.
using UnixTime = CalendarClock::time_point;

/// The deadline of a machine that waits for nothing.
inline constexpr Instant never = Instant::max();

/// What time it is, by both clocks, while a machine handles one thing that happened.
struct Now {
  Instant instant{};
  UnixTime unix{};
};

/// A whole number of milliseconds, rounded down.
inline std::int64_t milliseconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

/// UnixTime moves by whole milliseconds; shorter parts of `span` are dropped.
inline UnixTime operator+(UnixTime time, Duration span) {
  return time + std::chrono::duration_cast<CalendarClock::duration>(span);
}
inline UnixTime operator-(UnixTime time, Duration span) {
  return time - std::chrono::duration_cast<CalendarClock::duration>(span);
}

}  // namespace mycel
