// Any bytes: they are refused, or they are the only spelling of what they say.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/check.hpp"

#include "protocol/trust/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const mycel::ByteView bytes = std::as_bytes(std::span(data, size));
  const auto message = mycel::trust::decode(bytes);
  if (message)
    mycel::check(mycel::equal(mycel::trust::encode(*message), bytes), "one value, one spelling");
  return 0;
}
