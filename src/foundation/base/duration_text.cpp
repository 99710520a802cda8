#include "foundation/base/duration_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace mycel {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t milliseconds_max = std::int64_t{100} * 365 * 86'400'000;

std::optional<std::size_t> unit_at_start(std::string_view text) {
  // "ms" before "m": the longer name wins.
  for (const std::size_t index :
       {std::size_t{4}, std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
    if (text.starts_with(units[index].name)) return index;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (problem != std::errc{} || count < 0 || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = unit_at_start(text);
    if (!unit || *unit < next_unit) return std::nullopt;
    text.remove_prefix(units[*unit].name.size());
    next_unit = *unit + 1;
    if (count > (milliseconds_max - sum) / units[*unit].milliseconds) return std::nullopt;
    sum += count * units[*unit].milliseconds;
  }
  return std::chrono::milliseconds{sum};
}

std::string to_text(Duration span) {
  std::int64_t left = milliseconds(span);
  if (left <= 0) return "0s";
  std::string text;
  for (const Unit& unit : units) {
    const bool is_day = unit.name == "d";
    if (is_day && (left % unit.milliseconds != 0 || left < 2 * unit.milliseconds)) continue;
    if (left < unit.milliseconds) continue;
    text += std::to_string(left / unit.milliseconds) + std::string(unit.name);
    left %= unit.milliseconds;
  }
  return text;
}

}  // namespace mycel
