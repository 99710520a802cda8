#pragma once
// Where a peer says it can be reached, signed by itself: what identify exchanges, and what may be
// passed on to others.
// Source: libp2p specs, RFC 0003 "Routing Records".

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

inline constexpr std::string_view peer_record_domain = "libp2p-peer-record";
/// The multicodec 0x0301, libp2p-peer-record, as it stands in the envelope.
inline constexpr std::array<std::byte, 2> peer_record_type = {std::byte{0x03}, std::byte{0x01}};
/// Most addresses that are read; what follows is dropped.
inline constexpr std::size_t peer_record_addresses_max = 64;

struct PeerRecord {
  PeerId peer;
  /// Larger is newer. Peers use a clock of theirs: milliseconds in js, nanoseconds in go.
  std::uint64_t sequence = 0;
  Addresses addresses;
  friend bool operator==(const PeerRecord&, const PeerRecord&) = default;
};

/// The payload of the envelope.
Bytes encode(const PeerRecord& record);
/// Addresses that are not understood are left out: a peer may have transports of its own. Faults:
/// malformed, missing_field (no peer).
Result<PeerRecord, Fault> decode_peer_record(ByteView payload);

/// Signs the record. `record.peer` is the peer of `key`.
Bytes seal_peer_record(const crypto::Ed25519PrivateKey& key, const PeerRecord& record);
/// A record that its own peer has signed. Faults: those of open_envelope() and of
/// decode_peer_record(), wrong_signer.
Result<PeerRecord, Fault> open_peer_record(ByteView envelope);

}  // namespace mycel::wire
