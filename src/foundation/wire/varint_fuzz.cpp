// A varint that is read is written as the same bytes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/varint.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const auto read = decode_varint(bytes);
  if (!read) return 0;
  std::vector<std::byte> written;
  append_varint(written, read->value);
  check(equal(written, bytes.first(read->size)), "one number, one spelling");
  check(varint_size(read->value) == read->size, "the size is known beforehand");
  return 0;
}
