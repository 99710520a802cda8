#include "foundation/wire/peer_id_text.hpp"

#include "foundation/wire/cid.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/multihash.hpp"

namespace mycel::wire {
namespace {

Result<PeerId, Fault> peer_of_multihash(ByteView multihash) {
  const auto peer = PeerId::from_multihash(multihash);
  if (!peer) return Err{Fault::malformed};
  return *peer;
}

}  // namespace

std::string to_text(const PeerId& peer) {
  return to_base58(peer.view());
}

std::string to_cid_text(const PeerId& peer) {
  return to_text(Cid{Codec::libp2p_key, multihash_of(peer)});
}

Result<PeerId, Fault> parse_peer_id(std::string_view text) {
  if (text.starts_with('1') || text.starts_with("Qm")) {
    const auto multihash = parse_base58(text);
    if (!multihash) return Err{multihash.error()};
    return peer_of_multihash(*multihash);
  }
  const auto cid = parse_cid(text);
  if (!cid) return Err{cid.error()};
  if (cid->codec != Codec::libp2p_key) return Err{Fault::unknown_kind};
  return peer_of_multihash(encode(cid->hash).view());
}

}  // namespace mycel::wire
