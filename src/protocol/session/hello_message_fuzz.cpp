// Any bytes as a hello: it is refused, or within its limits, and says the same when it is written
// again. Its certificate is opened too.

#include <cstddef>
#include <cstdint>

#include "foundation/base/check.hpp"

#include "protocol/session/hello_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mycel;
  using namespace mycel::session;
  const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
  (void)open_certificate(bytes, crypto::Ed25519PublicKey{});
  const auto message = decode_hello(bytes);
  if (!message) return 0;
  check(message->features.size() <= features_max, "too many features");
  check(message->extensions.size() <= extensions_max, "too many extensions");
  check(message->minimum <= message->version, "a minimum above the version");
  check(is_network_name(message->network), "a network without a proper name");
  (void)open_certificate(message->certificate, crypto::Ed25519PublicKey{});
  const auto again = decode_hello(encode(*message));
  check(again && *again == *message, "a hello changed when it was written again");
  return 0;
}
