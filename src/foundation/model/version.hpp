#pragma once
// The version of what Mycel nodes say to each other: major.minor.patch, compared as such.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mycel {

struct Version {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

/// "65535.65535.65535" and no longer.
inline constexpr std::size_t version_text_size_max = 17;

std::string to_text(Version version);
/// Reads what to_text() writes and nothing else: three numbers without leading zeros.
std::optional<Version> parse_version(std::string_view text);

}  // namespace mycel
