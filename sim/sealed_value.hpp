#pragma once
// Values that only their author could have made: a stand-in for a signature, so that a forged or
// mixed-up value is told apart from a good one at no cost.
//
//   8 bytes version, 8 bytes seal over key, version and text, text

#include <cstdint>
#include <optional>
#include <string_view>

#include "foundation/base/bytes.hpp"

#include "protocol/dht/records.hpp"

namespace mycel::sim {

/// Only workloads call this: whoever lies must do without.
Bytes seal(ByteView key, std::uint64_t version, std::string_view text);
/// The version, if the seal is right.
std::optional<std::uint64_t> open_sealed(ByteView key, ByteView value);
/// Keys "/sim/...": sealed values, of which the higher version is better.
dht::Namespace sealed_namespace();
Bytes sealed_key(std::uint32_t author, std::uint32_t item);

}  // namespace mycel::sim
