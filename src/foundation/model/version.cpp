#include "foundation/model/version.hpp"

#include <charconv>

namespace mycel {

std::string to_text(Version version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint16_t* part : {&version.major, &version.minor, &version.patch}) {
    if (part != &version.major) {
      if (at == end || *at != '.') return std::nullopt;
      at += 1;
    }
    const auto [after, problem] = std::from_chars(at, end, *part);
    if (problem != std::errc{}) return std::nullopt;
    at = after;
  }
  // Leading zeros are another spelling of the same number.
  if (at != end || to_text(version) != text) return std::nullopt;
  return version;
}

}  // namespace mycel
