// Fields lie inside their message, and what is read is a message again.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/proto.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

// What reads as numbers and bytes is written as such; a second reading must find the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  ProtoWriter writer;
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    const bool is_inside = field->bytes.empty() || (field->bytes.data() >= bytes.data() &&
                                                    field->bytes.data() + field->bytes.size() <=
                                                        bytes.data() + bytes.size());
    check(is_inside, "a field points into its message");
    if (field->kind == ProtoField::Kind::bytes) {
      writer.bytes(field->id, field->bytes);
    } else {
      writer.number(field->id, field->number);
    }
  }
  ProtoReader first(bytes);
  ProtoReader second(writer.view());
  while (const auto expected = first.next()) {
    const auto field = second.next();
    check(field && field->id == expected->id && field->kind == expected->kind &&
              field->number == expected->number && equal(field->bytes, expected->bytes),
          "what was written is what was read");
  }
  check(!second.next() && second.ok(), "what was written is a whole message");
  return 0;
}
