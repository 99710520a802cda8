// Any bytes as key, signature and message of a peer: never more than "no".

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "foundation/crypto/peer_key.hpp"

using namespace mycel;

/// The first byte is the kind, the next two the size of the key; then key, and signature.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const ByteView rest = bytes.subspan(3);
  const std::size_t key_size = std::min<std::size_t>(rest.size(), data[1] << 8 | data[2]);
  crypto::verify_peer_signature(static_cast<crypto::PeerKeyKind>(data[0] % 8), rest.first(key_size),
                                as_bytes("message"), rest.subspan(key_size));
  return 0;
}
