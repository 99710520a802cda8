#pragma once
// Times as Kademlia records spell them: "2026-11-20T10:31:02.522000000Z". Source: RFC 3339 §5.6.

#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/time.hpp"

namespace mycel::dht {

/// In UTC with nine digits of fraction. Times outside the years 0 to 9999 are cut to them.
std::string to_rfc3339(UnixTime time);

/// None when `text` is not such a time. Fractions below a millisecond are dropped.
std::optional<UnixTime> parse_rfc3339(std::string_view text);

}  // namespace mycel::dht
