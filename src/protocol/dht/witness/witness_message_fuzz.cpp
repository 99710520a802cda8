// Any bytes: what decodes has exactly that one spelling.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/check.hpp"

#include "protocol/dht/witness/equivocation.hpp"
#include "protocol/dht/witness/message.hpp"

using namespace mycel;                // NOLINT(google-build-using-namespace)
using namespace mycel::dht::witness;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto message = decode(bytes))
    check(equal(encode(*message), bytes), "a message has one spelling");
  if (const auto word = decode_attestation(bytes))
    check(equal(encode(*word), bytes), "an attestation has one spelling");
  if (const auto rejection = decode_rejection(bytes))
    check(equal(encode(*rejection), bytes), "a rejection has one spelling");
  if (const auto bundle = decode_key_bundle(bytes))
    check(equal(encode(*bundle), bytes), "a key bundle has one spelling");
  if (const auto proof = decode_equivocation(bytes))
    check(equal(encode(*proof), bytes), "evidence has one spelling");
  return 0;
}
