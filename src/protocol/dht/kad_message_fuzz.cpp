// Any bytes as a Kademlia message: what decodes survives being encoded and decoded again.

#include "foundation/base/check.hpp"

#include "protocol/dht/message.hpp"
#include "protocol/dht/rfc3339.hpp"

using namespace mycel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto time = dht::parse_rfc3339(as_text(bytes)))
    check(dht::parse_rfc3339(dht::to_rfc3339(*time)).has_value(), "a written time can be read");
  const auto message = dht::decode(bytes);
  if (!message) return 0;
  check(message->key.size() <= dht::key_size_max_bytes, "keys are bounded");
  check(message->closer.size() <= dht::message_peers_max, "closer peers are bounded");
  check(message->providers.size() <= dht::message_peers_max, "providers are bounded");
  const auto again = dht::decode(dht::encode(*message));
  check(again && *again == *message, "a message survives its bytes");
  return 0;
}
