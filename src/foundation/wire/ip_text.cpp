#include "foundation/wire/ip_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace mycel::wire {
namespace {

constexpr std::size_t group_count = 8;
constexpr Ip6 mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t mapped_prefix_size = 12;

struct Groups {
  std::array<std::uint16_t, group_count> values{};
  std::size_t count = 0;

  bool push(std::uint32_t value) {
    if (count == group_count) return false;
    values[count++] = static_cast<std::uint16_t>(value);
    return true;
  }
};

/// What stands before the first `mark`, which is taken off `text` with it.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<std::uint32_t> parse_group(std::string_view text) {
  std::uint32_t value = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Groups between colons. Only the last of an address may be an IPv4 address.
std::optional<Groups> parse_groups(std::string_view text, bool ends_address) {
  Groups groups;
  if (text.empty()) return groups;
  if (text.back() == ':') return std::nullopt;
  while (!text.empty()) {
    const std::string_view part = take_until(text, ':');
    const auto ip4 = ends_address && text.empty() ? parse_ip4(part) : std::nullopt;
    const auto group = parse_group(part);
    const bool is_taken = ip4 ? groups.push(std::uint32_t{(*ip4)[0]} << 8 | (*ip4)[1]) &&
                                    groups.push(std::uint32_t{(*ip4)[2]} << 8 | (*ip4)[3])
                              : group && groups.push(*group);
    if (!is_taken) return std::nullopt;
  }
  return groups;
}

void place(Ip6& ip, std::size_t first_group, const Groups& groups) {
  for (std::size_t i = 0; i < groups.count; ++i) {
    ip[2 * (first_group + i)] = static_cast<std::uint8_t>(groups.values[i] >> 8);
    ip[2 * (first_group + i) + 1] = static_cast<std::uint8_t>(groups.values[i]);
  }
}

unsigned group_of(const Ip6& ip, std::size_t group) {
  return unsigned{ip[2 * group]} << 8 | ip[2 * group + 1];
}

struct Run {
  std::size_t first = group_count;
  std::size_t count = 1;  // a single zero is not shortened
};

/// The longest run of zero groups, the first among equals; none if no two stand together.
Run longest_zeros(const Ip6& ip) {
  Run best;
  std::size_t first = 0;
  for (std::size_t group = 0; group < group_count; ++group) {
    if (group_of(ip, group) != 0) {
      first = group + 1;
      continue;
    }
    const std::size_t count = group - first + 1;
    if (count > best.count) best = {first, count};
  }
  return best;
}

void append_group(std::string& text, unsigned group) {
  std::array<char, 4> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), group, 16);
  text.append(digits.data(), end);
}

}  // namespace

std::string to_text(const Ip4& ip) {
  return std::to_string(ip[0]) + '.' + std::to_string(ip[1]) + '.' + std::to_string(ip[2]) + '.' +
         std::to_string(ip[3]);
}

std::optional<Ip4> parse_ip4(std::string_view text) {
  Ip4 ip{};
  if (std::ranges::count(text, '.') != 3) return std::nullopt;
  for (std::uint8_t& byte : ip) {
    const auto value = parse_decimal(take_until(text, '.'), 255);
    if (!value) return std::nullopt;
    byte = static_cast<std::uint8_t>(*value);
  }
  return ip;
}

std::string to_text(const Ip6& ip) {
  if (const auto mapped = mapped_ip4(ip)) return "::ffff:" + to_text(*mapped);
  const Run zeros = longest_zeros(ip);
  std::string text;
  for (std::size_t group = 0; group < group_count; ++group) {
    if (group == zeros.first) {
      text += "::";
      group += zeros.count - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    append_group(text, group_of(ip, group));
  }
  return text;
}

std::optional<Ip6> parse_ip6(std::string_view text) {
  Ip6 ip{};
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = has_gap ? parse_groups(text.substr(gap + 2), true) : Groups{};
  if (!head || !tail) return std::nullopt;
  const std::size_t count = head->count + tail->count;
  if (has_gap ? count >= group_count : count != group_count) return std::nullopt;
  place(ip, 0, *head);
  place(ip, group_count - tail->count, *tail);
  return ip;
}

std::optional<Ip4> mapped_ip4(const Ip6& ip) {
  if (!std::equal(ip.begin(), ip.begin() + mapped_prefix_size, mapped_prefix.begin()))
    return std::nullopt;
  return Ip4{ip[12], ip[13], ip[14], ip[15]};
}

std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
  std::uint32_t value = 0;
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

}  // namespace mycel::wire
