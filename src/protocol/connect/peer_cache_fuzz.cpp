// Any bytes as an entry of the peer cache: it is refused, or says the same when written again.

#include <cstddef>
#include <cstdint>

#include "foundation/base/check.hpp"

#include "protocol/connect/peer_cache.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mycel;
  const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
  if (const auto cached = connect::decode_cached_peer(bytes)) {
    check(cached->addresses.size() <= connect::cached_addresses_max, "a bound was broken");
    const auto again = connect::decode_cached_peer(connect::encode(*cached));
    check(again && *again == *cached, "an entry changed when it was written again");
  }
  return 0;
}
