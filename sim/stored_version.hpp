#pragma once
// Which edition of what a workload published a stored value is: for judges that look at disks.

#include <cstdint>
#include <optional>

#include "foundation/base/bytes.hpp"

namespace mycel::sim {

/// Of a sealed value, if its seal is right, or of a card, whose signature is not looked at: what is
/// delivered is judged elsewhere. None for values of no workload.
std::optional<std::uint64_t> stored_version(ByteView key, ByteView value);

}  // namespace mycel::sim
