#include "foundation/wire/varint.hpp"

#include "foundation/base/check.hpp"

namespace mycel::wire {

Result<Varint, Fault> decode_varint(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < varint_size_max_bytes; ++i) {
    if (i == bytes.size()) return Err{Fault::truncated};
    const auto byte = std::to_integer<std::uint64_t>(bytes[i]);
    value |= (byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && i > 0) return Err{Fault::not_canonical};
    return Varint{value, i + 1};
  }
  return Err{Fault::too_large};
}

void append_varint(std::vector<std::byte>& to, std::uint64_t value) {
  check(value >> 63 == 0, "a varint carries at most 63 bits");
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::byte>(value | 0x80));
  to.push_back(static_cast<std::byte>(value));
}

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) size += 1;
  return size;
}

}  // namespace mycel::wire
