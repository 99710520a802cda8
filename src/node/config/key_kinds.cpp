#include "node/config/key_kinds.hpp"

#include <charconv>

namespace mycel::config {

std::string quoted(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += digits[byte >> 4];
      result += digits[byte & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& [unit, shift] :
       {std::pair{"GiB", 30}, std::pair{"MiB", 20}, std::pair{"KiB", 10}})
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0)
      return std::to_string(bytes >> shift) + unit;
  return std::to_string(bytes);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, shift] :
       {std::pair<std::string_view, int>{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"", 0}}) {
    if (unit != name) continue;
    if (count > (UINT64_MAX >> shift)) return std::nullopt;
    return count << shift;
  }
  return std::nullopt;
}

std::string list_text(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

std::string shown(const Value& value) {
  constexpr std::size_t shown_max = 80;
  if (const auto* is_on = value.as<bool>()) return *is_on ? "true" : "false";
  if (const auto* number = value.as<std::int64_t>()) return std::to_string(*number);
  if (const auto* number = value.as<double>()) return std::to_string(*number);
  if (value.as<Value::List>()) return "a list";
  if (value.as<Value::Table>()) return "a table";
  const auto& text = *value.as<std::string>();
  return quoted(text.size() <= shown_max ? text : text.substr(0, shown_max) + "...");
}

namespace {

bool is_printable(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}

}  // namespace

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_printable);
}
bool is_path(std::string_view text) {
  return text.size() <= 4095 && is_plain(text);
}

}  // namespace mycel::config
