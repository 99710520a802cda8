#pragma once
// Hexadecimal for the tests of this module.

#include <cstddef>
#include <string_view>
#include <vector>

#include "foundation/base/check.hpp"

namespace mycel::crypto {

/// The bytes that these digits spell.
inline std::vector<std::byte> from_hex(std::string_view text) {
  check(text.size() % 2 == 0, "two digits a byte");
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

}  // namespace mycel::crypto
