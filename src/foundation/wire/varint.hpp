#pragma once
// Unsigned LEB128 as multiformats and protobuf use it.
// Source: multiformats, unsigned-varint: at most nine bytes, minimally encoded.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

inline constexpr std::size_t varint_size_max_bytes = 9;

struct Varint {
  std::uint64_t value = 0;
  std::size_t size = 0;  ///< bytes read
};

/// The varint at the start of `bytes`. Faults: truncated (more bytes may complete it), too_large
/// (over 63 bits), not_canonical.
Result<Varint, Fault> decode_varint(ByteView bytes);

/// Appends `value`, which is below 2^63.
void append_varint(std::vector<std::byte>& to, std::uint64_t value);

std::size_t varint_size(std::uint64_t value);

}  // namespace mycel::wire
