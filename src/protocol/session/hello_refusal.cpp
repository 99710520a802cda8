#include "protocol/session/hello_refusal.hpp"

#include <algorithm>
#include <array>

namespace mycel::session {
namespace {

constexpr std::array<std::string_view, hello_refusal_count> words = {
    "malformed",           "version_mismatch",    "other_network",
    "certificate_invalid", "certificate_foreign", "certificate_misplaced",
    "certificate_expired", "join_token",          "stranger",
    "overloaded"};
constexpr std::uint64_t first_code = 0x6d79'6300;  // "myc"

}  // namespace

std::string_view to_text(HelloRefusal reason) {
  return words[static_cast<std::size_t>(reason)];
}

std::uint64_t close_code(HelloRefusal reason) {
  return first_code + static_cast<std::uint64_t>(reason);
}

std::optional<HelloRefusal> refusal_in(std::uint64_t code) {
  if (code < first_code || code - first_code >= hello_refusal_count) return std::nullopt;
  return static_cast<HelloRefusal>(code - first_code);
}

std::string printable_refusal(std::string_view text) {
  std::string shown(text.substr(0, refusal_text_size_max));
  std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

}  // namespace mycel::session
