#pragma once
// How one line of the log is written.

#include <span>
#include <string>
#include <string_view>

#include "foundation/base/log.hpp"
#include "foundation/base/time.hpp"

namespace mycel::os {

/// What a line says; the values may be a peer's words.
struct LogLine {
  UnixTime time{};
  LogLevel level = LogLevel::info;
  std::string_view part;
  std::string_view fact;
  std::span<const LogField> fields;
};

/// A value is cut after this many bytes.
inline constexpr std::size_t log_value_size_max_bytes = 1024;

/// One line without its end, whose values hold no control characters and no line ends.
std::string text_line(const LogLine& line);
/// One JSON object without a line end; bytes that are not UTF-8 become U+FFFD.
std::string json_line(const LogLine& line);

/// RFC 3339 in UTC with milliseconds: "2026-01-31T12:00:00.123Z".
std::string time_text(UnixTime time);

}  // namespace mycel::os
