#pragma once
// What the tests of this folder share. Not for anything else.

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

inline Bytes from_hex(std::string_view hex) {
  check(hex.size() % 2 == 0, "hexadecimal digits come in pairs");
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return Bytes(std::move(bytes));
}

/// How a failed expectation shows a fault.
inline void PrintTo(Fault fault, std::ostream* to) {
  *to << to_text(fault);
}

/// The value of a Result that must have one.
template <class Made>
auto must(Made made) {
  check(static_cast<bool>(made), "a test expects a value here");
  return *std::move(made);
}

}  // namespace mycel::wire
