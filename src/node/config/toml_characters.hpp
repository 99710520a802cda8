#pragma once
// What stands in a TOML text where TOML allows no such character: control characters anywhere, and
// characters beyond ASCII outside of strings and comments. It is looked for before parsing, because
// toml++ 3.3 runs into undefined behaviour on letters such as "ä" where it expects blanks.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mycel::config {

struct MisplacedCharacter {
  std::uint32_t line = 1;
  std::uint32_t column = 1;  ///< in characters
  std::string text;          ///< what is wrong
};

/// The first misplaced character. Stricter than TOML in two corners that no key needs: multi-line
/// strings are ASCII beyond their first line, and so is what follows a backslash.
std::optional<MisplacedCharacter> misplaced_character(std::string_view toml);

}  // namespace mycel::config
