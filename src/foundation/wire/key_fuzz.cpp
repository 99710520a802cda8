// Keys, peer ids and DIDs have one spelling each, and an id finds its key again.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/peer_id_text.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

void check_peer(const PeerId& peer) {
  const auto text = parse_peer_id(to_text(peer));
  check(text && *text == peer, "an id survives its text");
  const auto cid = parse_peer_id(to_cid_text(peer));
  check(cid && *cid == peer, "an id survives its CID");
  if (const auto key = inlined_public_key(peer)) check(peer_id_of(*key) == peer, "id of the key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto key = decode_public_key(bytes)) {
    check(equal(encode(*key), bytes), "one key, one spelling");
    check_peer(peer_id_of(*key));
  }
  if (const auto peer = PeerId::from_multihash(bytes)) check_peer(*peer);
  if (const auto peer = parse_peer_id(as_text(bytes))) check_peer(*peer);
  if (const auto key = parse_did(as_text(bytes)))
    check(to_did(*key) == as_text(bytes), "one DID, one spelling");
  return 0;
}
