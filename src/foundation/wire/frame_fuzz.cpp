// Against a reader that has the whole stream before it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/frame.hpp"
#include "foundation/wire/varint.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::size_t limit = 200;

struct Reading {
  std::vector<Bytes> bodies;
  bool is_refused = false;
  std::size_t size = 0;  ///< of all whole frames
};

Reading read_naively(ByteView stream) {
  Reading reading;
  while (true) {
    const auto length = decode_varint(stream.subspan(reading.size));
    if (!length && length.error() == Fault::truncated) break;
    reading.is_refused = !length || length->value > limit;
    if (reading.is_refused) break;
    const ByteView rest = stream.subspan(reading.size + length->size);
    if (rest.size() < length->value) break;
    reading.bodies.push_back(Bytes::copy(rest.first(length->value)));
    reading.size += length->size + length->value;
  }
  return reading;
}

Reading read_in_pieces(ByteView stream, std::size_t piece, bool is_drained) {
  Reading reading;
  FrameReader reader(limit);
  while (!stream.empty() && !reading.is_refused) {
    const std::size_t size = std::min(piece, stream.size());
    reader.feed(Bytes::copy(stream.first(size)));
    stream = stream.subspan(size);
    if (!is_drained && !stream.empty()) continue;
    while (true) {
      const auto body = reader.next();
      reading.is_refused = !body;
      if (!body || !*body) break;
      reading.bodies.push_back(**body);
      reading.size += varint_size((*body)->size()) + (*body)->size();
    }
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream = std::as_bytes(std::span(data + 1, size - 1));
  const Reading expected = read_naively(stream);
  for (const bool is_drained : {true, false}) {
    const Reading reading = read_in_pieces(stream, 1 + data[0] % 64U, is_drained);
    check(reading.bodies == expected.bodies, "the same messages");
    // A length of more bytes than the limit has is refused without waiting for its end.
    check(reading.is_refused || !expected.is_refused, "what is too large is refused");
  }
  std::vector<std::byte> written;
  for (const Bytes& body : expected.bodies) append_frame(written, body);
  check(equal(written, stream.first(expected.size)), "frames are written as they were read");
  return 0;
}
