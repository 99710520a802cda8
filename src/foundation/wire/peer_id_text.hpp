#pragma once
// Peer ids as people read and type them.
// Source: libp2p specs, peer-ids/peer-ids.md, "String representation".

#include <string>
#include <string_view>

#include "foundation/base/result.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// Base58btc of the multihash: "12D3KooW..." for Ed25519 keys, "Qm..." for hashed ones. Empty for
/// nobody.
std::string to_text(const PeerId& peer);

/// CIDv1 in base32: "bafzaa...".
std::string to_cid_text(const PeerId& peer);

/// Reads both forms. Faults: malformed, too_large, unknown_kind (a CID of something else than a
/// libp2p key, or in a base we do not read), and those of multihash.
Result<PeerId, Fault> parse_peer_id(std::string_view text);

}  // namespace mycel::wire
