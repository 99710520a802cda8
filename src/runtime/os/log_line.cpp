#include "runtime/os/log_line.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "foundation/base/log.hpp"
#include "foundation/base/time.hpp"

namespace mycel::os {
namespace {

std::string_view level_text(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "unknown";
}

bool is_control(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code < 0x20 || code == 0x7f;
}

bool is_continuation(char character) {
  return (static_cast<unsigned char>(character) & 0xc0) == 0x80;
}

/// The length of the UTF-8 character that `text` starts with; 0 when it is none (RFC 3629, without
/// overlong forms, surrogates, and what is past U+10FFFF).
std::size_t character_size(std::string_view text) {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned first = at(0);
  const std::size_t size = first < 0x80                     ? 1
                           : first >= 0xc2 && first <= 0xdf ? 2
                           : first >= 0xe0 && first <= 0xef ? 3
                           : first >= 0xf0 && first <= 0xf4 ? 4
                                                            : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t index = 1; index < size; ++index)
    if (!is_continuation(text[index])) return 0;
  if (size < 3) return size;
  const unsigned second = at(1);
  const bool is_bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return is_bad ? 0 : size;
}

/// U+0080 to U+009F, which some terminals obey.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xc2' &&
         static_cast<unsigned char>(character[1]) < 0xa0;
}

void append_escaped(std::string& line, std::string_view text) {
  const bool is_cut = text.size() > log_value_size_max_bytes;
  text = text.substr(0, log_value_size_max_bytes);
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(character.size());
    if (size == 0) {
      line += "\xef\xbf\xbd";
    } else if (character == "\"" || character == "\\") {
      line += '\\';
      line += character;
    } else if (is_control(character.front())) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}",
                     static_cast<unsigned char>(character.front()));
    } else if (is_c1_control(character)) {
      fmt::format_to(std::back_inserter(line), "\\u00{:02x}",
                     static_cast<unsigned char>(character[1]));
    } else {
      line += character;
    }
  }
  if (is_cut) line += "…";
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  append_escaped(line, text);
  line += '"';
}

bool is_plain(std::string_view value) {
  return !value.empty() && value.size() <= log_value_size_max_bytes &&
         std::ranges::all_of(value, [](char character) {
           return character > ' ' && character < 0x7f && character != '"' && character != '\\' &&
                  character != '=';
         });
}

}  // namespace

std::string time_text(UnixTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time.time_since_epoch());
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss clock{time.time_since_epoch() - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string text_line(const LogLine& line) {
  std::string text =
      fmt::format("{} {:<5} {}: ", time_text(line.time), level_text(line.level), line.part);
  append_escaped(text, line.fact);
  for (bool is_first = true; const LogField& field : line.fields) {
    text += is_first ? "  " : " ";
    is_first = false;
    text += field.name;
    text += '=';
    if (is_plain(field.value))
      text += field.value;
    else
      append_quoted(text, field.value);
  }
  return text;
}

std::string json_line(const LogLine& line) {
  std::string text = fmt::format(R"({{"time":"{}","level":"{}","part":)", time_text(line.time),
                                 level_text(line.level));
  append_quoted(text, line.part);
  text += ",\"fact\":";
  append_quoted(text, line.fact);
  text += ",\"fields\":{";
  for (bool is_first = true; const LogField& field : line.fields) {
    if (!is_first) text += ',';
    is_first = false;
    append_quoted(text, field.name);
    text += ':';
    append_quoted(text, field.value);
  }
  text += "}}";
  return text;
}

}  // namespace mycel::os
