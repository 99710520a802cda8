#pragma once
// Spans of time as people write them: "30s", "5m", "1h30m", "36h", "250ms", "7d".

#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/time.hpp"

namespace mycel {

/// One or more whole numbers, each with its unit (ms, s, m, h, d), largest unit first and none
/// twice. None for anything else, and for spans over 100 years.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest such text, to the millisecond: 5400 s is "1h30m", 36 h is "36h". Days are only used
/// for whole days of at least two. Negative spans read as "0s".
std::string to_text(Duration span);

}  // namespace mycel
