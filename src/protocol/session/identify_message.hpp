#pragma once
// What a peer says about itself: its key, its software, where it listens, what it speaks, and where
// it sees us. The same message answers /ipfs/id/1.0.0 and is pushed with /ipfs/id/push/1.0.0.
// Source: libp2p specs, identify/README.md.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::session {

inline constexpr std::string_view identify_protocol = "/ipfs/id/1.0.0";
inline constexpr std::string_view identify_push_protocol = "/ipfs/id/push/1.0.0";

/// A message may come in several frames, which are merged as protobuf merges: js and go read as
/// many of this size.
inline constexpr std::size_t identify_frame_size_max_bytes = std::size_t{8} * 1024;
inline constexpr std::size_t identify_frames_max = 10;
inline constexpr std::size_t identify_size_max_bytes =
    identify_frame_size_max_bytes * identify_frames_max;
/// What we send fits in one frame of theirs, with room for what others add.
inline constexpr std::size_t identify_sent_size_max_bytes = std::size_t{4} * 1024;

inline constexpr std::size_t protocols_max = 128;
inline constexpr std::size_t protocol_size_max_bytes = 256;
inline constexpr std::size_t listen_addresses_max = 64;
/// Versions are for people; longer ones are cut.
inline constexpr std::size_t version_size_max_bytes = 256;

/// As it stands on the wire: nothing in it is proved. An absent field is empty or none; in a push
/// that means unchanged.
struct IdentifyMessage {
  std::string protocol_version;
  std::string agent_version;  ///< printable ASCII: what else there was is '?'
  Bytes public_key;           ///< protobuf of a wire::PublicKey
  Addresses listen_addresses;
  std::vector<std::string> protocols;
  std::optional<Multiaddr> observed;  ///< where the sender sees us, without /p2p
  Bytes signed_peer_record;           ///< a sealed wire::PeerRecord
  friend bool operator==(const IdentifyMessage&, const IdentifyMessage&) = default;
};

/// At most `identify_sent_size_max_bytes`: last listen addresses are left out, then the signed
/// record, until it fits. What the node says about itself otherwise is short: a caller's bug if
/// not.
Bytes encode(const IdentifyMessage& message);

/// Frames as one message, in their order. Faults: too_large.
Result<Bytes, wire::Fault> merge_frames(std::span<const Bytes> frames);

/// Reads a message of one frame or of several merged ones. Addresses that are not understood, and
/// protocols that are not printable, are left out: peers have transports and protocols of their
/// own. Listen addresses beyond the limit are left out too. Faults: too_large (the message, the
/// number of protocols or one of them), malformed.
Result<IdentifyMessage, wire::Fault> decode_identify(ByteView body);

/// Addresses that a peer has, and how we know.
struct Listening {
  Addresses addresses;  ///< without /p2p
  bool is_signed = false;
  std::uint64_t sequence = 0;  ///< of the signed record
};

/// Does the message come from whom the connection proved? Faults: wrong_signer, if it carries the
/// key of somebody else; those of wire::decode_public_key().
Result<void, wire::Fault> check_sender(const IdentifyMessage& message, const PeerId& sender);

/// Where the sender listens: what it signed, or else what it says. A record of somebody else, or
/// with a signature that does not match or that we cannot check, counts as none.
Listening listening_of(const IdentifyMessage& message, const PeerId& sender);

}  // namespace mycel::session
