// Any bytes as an identify message: it is refused, or within its limits; and what fits in what we
// send says the same when it is written again.

#include <cstddef>
#include <cstdint>

#include "foundation/base/check.hpp"

#include "protocol/session/identify_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mycel;
  using namespace mycel::session;
  const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
  const auto message = decode_identify(bytes);
  if (!message) return 0;
  check(message->protocols.size() <= protocols_max, "too many protocols");
  check(message->listen_addresses.size() <= listen_addresses_max, "too many addresses");
  check(message->agent_version.size() <= version_size_max_bytes, "a version too long");
  const auto nobody = PeerId::from_multihash(as_bytes(std::string_view("\0\x01x", 3)));
  check(listening_of(*message, *nobody).addresses.size() <= listen_addresses_max,
        "too many addresses");
  (void)check_sender(*message, *nobody);
  if (size > identify_sent_size_max_bytes / 2) return 0;
  const auto again = decode_identify(encode(*message));
  check(again && *again == *message, "a message changed when it was written again");
  return 0;
}
