#pragma once
// What Kademlia nodes say to each other under /ipfs/kad/1.0.0: one protobuf message asks, one
// answers. On the stream each is preceded by its length as a varint.
// Source: libp2p specs, kad-dht, "RPC messages".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::dht {

inline constexpr std::string_view protocol_name = "/ipfs/kad/1.0.0";

/// Limit of a frame: that of go- and js-libp2p.
inline constexpr std::size_t message_size_max_bytes = std::size_t{4} << 20;
/// Our keys are multihashes and "/namespace/id" texts of well under 200 bytes.
inline constexpr std::size_t key_size_max_bytes = 1024;
/// Of each list of peers the rest is ignored. Nodes answer with k = 20 closer peers.
inline constexpr std::size_t message_peers_max = 64;
/// Of each peer the rest is ignored. go-libp2p hosts advertise up to about a dozen.
inline constexpr std::size_t peer_addresses_max = 16;
/// Longer addresses are ignored.
inline constexpr std::size_t address_size_max_bytes = 512;

enum class MessageType : std::uint8_t {
  put_value = 0,
  get_value = 1,
  add_provider = 2,
  get_providers = 3,
  find_node = 4,
  ping = 5,
};

/// How the sender of a message stands to the peer that it names. A hint, never believed.
enum class Connectedness : std::uint8_t {
  not_connected = 0,
  connected = 1,
  can_connect = 2,
  cannot_connect = 3,
};

/// A peer that a message names.
struct Peer {
  PeerId id;
  Addresses addresses;
  Connectedness connection = Connectedness::not_connected;
  friend bool operator==(const Peer&, const Peer&) = default;
};

struct Record {
  Bytes key;
  Bytes value;
  /// When the sender got it, by the sender's calendar. Nodes that pass on what they hold say it, so
  /// that passing on does not make a record young again; publishers leave it out.
  std::optional<UnixTime> received;
  friend bool operator==(const Record&, const Record&) = default;
};

struct Message {
  MessageType type = MessageType::put_value;
  Bytes key;
  std::optional<Record> record;
  std::vector<Peer> closer;
  std::vector<Peer> providers;
  friend bool operator==(const Message&, const Message&) = default;
};

/// The body of a frame, without its length prefix.
Bytes encode(const Message& message);

/// The message in the body of a frame. Peers without a valid id and addresses that do not parse are
/// left out. Faults: malformed, unknown_kind (a type that is not known), too_large (the frame or a
/// key over its limit).
Result<Message, wire::Fault> decode(ByteView body);

}  // namespace mycel::dht
