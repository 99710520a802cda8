// Against a reader that has the whole stream before it: any cutting of any bytes gives the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/varint.hpp"

#include "node/links/message_reader.hpp"

using namespace mycel;         // NOLINT(google-build-using-namespace)
using namespace mycel::links;  // NOLINT(google-build-using-namespace)

namespace {

struct Reading {
  std::vector<Bytes> bodies;
  wire::Fault end = wire::Fault::truncated;  ///< what follows the last message
  std::size_t size = 0;                      ///< of all whole messages
};

Reading read_naively(ByteView stream, const Framing& framing) {
  Reading reading;
  while (true) {
    const ByteView rest = stream.subspan(reading.size);
    std::size_t from = 0;
    std::uint64_t length = framing.fixed_size_bytes;
    if (length == 0) {
      const auto decoded = wire::decode_varint(rest);
      if (!decoded) {
        reading.end = decoded.error();
        return reading;
      }
      from = decoded->size;
      length = decoded->value;
      if (length > framing.size_max_bytes) {
        reading.end = wire::Fault::too_large;
        return reading;
      }
    }
    if (rest.size() - from < length) return reading;
    reading.bodies.push_back(Bytes::copy(rest.subspan(from, static_cast<std::size_t>(length))));
    reading.size += from + static_cast<std::size_t>(length);
  }
}

/// Pieces of sizes that `cuts` chooses; messages are taken after each piece, or only at the end.
Reading read_in_pieces(ByteView stream, const Framing& framing, std::uint8_t cuts,
                       bool is_drained) {
  Reading reading;
  MessageReader reader(framing);
  std::size_t fed = 0;
  for (std::size_t step = 0; !stream.empty(); ++step) {
    const std::size_t size = std::min(stream.size(), 1 + (cuts * (step + 1)) % 64U);
    reader.feed(Bytes::copy(stream.first(size)));
    stream = stream.subspan(size);
    fed += size;
    if (!is_drained && !stream.empty()) continue;
    for (auto body = reader.next();; body = reader.next()) {
      if (!body) {
        reading.end = body.error();
        break;
      }
      reading.bodies.push_back(std::move(*body));
    }
    check(reader.unread_bytes() <= fed, "no more is held than was fed");
  }
  reading.size = fed - reader.unread_bytes();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Framing framing{.fixed_size_bytes = data[0] % 2U == 0 ? 0U : data[0] / 8U + 1U,
                        .size_max_bytes = 200};
  const ByteView stream = std::as_bytes(std::span(data + 2, size - 2));
  const Reading expected = read_naively(stream, framing);
  for (const bool is_drained : {true, false}) {
    const Reading reading = read_in_pieces(stream, framing, data[1], is_drained);
    check(reading.bodies == expected.bodies, "the same messages");
    check(reading.size == expected.size, "the same bytes are left over");
    check(stream.empty() || reading.end == expected.end, "the same end");
  }
  std::vector<std::byte> written;
  for (const Bytes& body : expected.bodies) append(written, framing.frame(body));
  check(equal(written, stream.first(expected.size)), "messages are written as they were read");
  return 0;
}
