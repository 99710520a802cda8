#include "protocol/dht/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace mycel::dht {
namespace {

using Millis = std::chrono::milliseconds;
using SystemTime = std::chrono::sys_time<Millis>;

constexpr std::size_t seconds_end = 19;  // "2026-11-20T10:31:02"

/// Reads fixed-width decimal numbers off the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}

  int number(std::size_t width) {
    if (rest_.size() < width) return fail();
    int value = 0;
    for (const char digit : rest_.substr(0, width)) {
      if (digit < '0' || digit > '9') return fail();
      value = value * 10 + (digit - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }
  /// One of `wanted`, or a failure.
  char mark(std::string_view wanted) {
    if (rest_.empty() || wanted.find(rest_.front()) == std::string_view::npos) {
      fail();
      return '\0';
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  /// Any number of digits as thousandths; at least one must stand there.
  int thousandths() {
    int value = 0;
    std::size_t width = 0;
    for (; width < rest_.size() && rest_[width] >= '0' && rest_[width] <= '9'; ++width)
      if (width < 3) value = value * 10 + (rest_[width] - '0');
    if (width == 0) return fail();
    for (std::size_t i = width; i < 3; ++i) value *= 10;
    rest_.remove_prefix(width);
    return value;
  }
  bool starts_with(char mark) const { return !rest_.empty() && rest_.front() == mark; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

Millis read_offset(Digits& digits) {
  const char sign = digits.mark("Zz+-");
  if (sign == 'Z' || sign == 'z' || sign == '\0') return {};
  const int hours = digits.number(2);
  digits.mark(":");
  const Millis offset = std::chrono::hours(hours) + std::chrono::minutes(digits.number(2));
  return sign == '-' ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(UnixTime time) {
  constexpr Millis first{-62167219200000};  // 0000-01-01
  constexpr Millis last{253402300799999};   // 9999-12-31T23:59:59.999
  const SystemTime at{std::clamp(Millis(time.time_since_epoch()), first, last)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  std::array<char, 40> text;
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03d000000Z",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<UnixTime> parse_rfc3339(std::string_view text) {
  if (text.size() <= seconds_end || text.size() > 64) return std::nullopt;
  Digits digits(text);
  const std::chrono::year year(digits.number(4));
  digits.mark("-");
  const std::chrono::month month(static_cast<unsigned>(digits.number(2)));
  digits.mark("-");
  const std::chrono::day day(static_cast<unsigned>(digits.number(2)));
  digits.mark("Tt ");
  const int hour = digits.number(2);
  digits.mark(":");
  const int minute = digits.number(2);
  digits.mark(":");
  const int second = digits.number(2);
  int thousandths = 0;
  if (digits.starts_with('.')) {
    digits.mark(".");
    thousandths = digits.thousandths();
  }
  const Millis offset = read_offset(digits);
  const std::chrono::year_month_day date(year, month, day);
  if (!digits.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  const Millis at = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + std::chrono::seconds(second) +
                    Millis(thousandths) - offset;
  return UnixTime(at);
}

}  // namespace mycel::dht
