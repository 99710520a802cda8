// Lines do not depend on the pieces in which they come, and their reader takes not a byte more.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/multistream.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

struct Reading {
  std::vector<std::string> lines;
  std::size_t consumed = 0;
  std::optional<Fault> fault;
};

Reading read(ByteView bytes, std::size_t piece) {
  Reading reading;
  LineReader reader;
  while (reading.consumed < bytes.size()) {
    const ByteView rest = bytes.subspan(reading.consumed);
    const auto result = reader.feed(rest.first(std::min(piece, rest.size())));
    if (!result) {
      reading.fault = result.error();
      break;
    }
    check(result->consumed > 0, "a reader that wants more takes what there is");
    reading.consumed += result->consumed;
    if (result->line) reading.lines.push_back(*result->line);
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = std::as_bytes(std::span(data + 1, size - 1));
  const Reading whole = read(bytes, bytes.size());
  const Reading parts = read(bytes, 1 + data[0] % 16U);
  check(whole.lines == parts.lines && whole.fault == parts.fault, "pieces change nothing");

  std::vector<std::byte> written;
  for (const std::string& line : whole.lines) {
    append_line(written, line);
    if (const auto list = decode_protocol_list(line)) {
      const auto again = read(encode_protocol_list(*list), SIZE_MAX);
      check(again.lines.size() == 1 && again.lines[0] == line, "a list is written as it was read");
    }
  }
  check(equal(written, bytes.first(written.size())), "lines are written as they were read");
  return 0;
}
