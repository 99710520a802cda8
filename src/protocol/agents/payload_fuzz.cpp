// Any bytes: a payload that decodes says the same again when it is encoded; so does what the store
// keeps of a DID.

#include "foundation/base/check.hpp"

#include "protocol/agents/signed_card.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mycel;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto payload = agents::decode_payload(bytes)) {
    const Bytes encoded = agents::encode(*payload);
    const auto again = agents::decode_payload(encoded);
    check(again && agents::encode(*again) == encoded, "a payload survives its encoding");
  }
  if (const auto head = agents::decode_head(bytes))
    check(agents::decode_head(agents::encode(*head)) == head, "a head survives its encoding");
  return 0;
}
