#include "foundation/wire/peer_record.hpp"

#include <optional>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::wire {
namespace {

constexpr std::uint32_t peer_field = 1;
constexpr std::uint32_t sequence_field = 2;
constexpr std::uint32_t address_field = 3;
constexpr std::uint32_t multiaddr_field = 1;  // of an address

/// The address in one entry; none if there is none that we understand.
std::optional<Multiaddr> read_address(ByteView entry) {
  std::optional<Multiaddr> address;
  ProtoReader reader(entry);
  while (const auto field = reader.next()) {
    if (!field->is_bytes(multiaddr_field)) continue;
    const auto decoded = decode_multiaddr(field->bytes);
    if (decoded) address = *decoded;
  }
  return address;
}

}  // namespace

Bytes encode(const PeerRecord& record) {
  ProtoWriter writer;
  writer.bytes(peer_field, record.peer.view()).number(sequence_field, record.sequence);
  for (const Multiaddr& address : record.addresses)
    writer.message(address_field, ProtoWriter().bytes(multiaddr_field, address.binary()));
  return writer.take();
}

Result<PeerRecord, Fault> decode_peer_record(ByteView payload) {
  PeerRecord record;
  std::optional<ByteView> peer;
  ProtoReader reader(payload);
  while (const auto field = reader.next()) {
    if (field->is_bytes(peer_field)) peer = field->bytes;
    if (field->is_number(sequence_field)) record.sequence = field->number;
    if (!field->is_bytes(address_field)) continue;
    if (record.addresses.size() == peer_record_addresses_max) continue;
    if (auto address = read_address(field->bytes)) record.addresses.push_back(*std::move(address));
  }
  if (!reader.ok()) return Err{Fault::malformed};
  if (!peer) return Err{Fault::missing_field};
  const auto id = PeerId::from_multihash(*peer);
  if (!id) return Err{Fault::malformed};
  record.peer = *id;
  return record;
}

Bytes seal_peer_record(const crypto::Ed25519PrivateKey& key, const PeerRecord& record) {
  check(record.peer == peer_id_of(key.public_key()), "a peer signs its own record only");
  return seal(key, peer_record_domain, peer_record_type, encode(record));
}

Result<PeerRecord, Fault> open_peer_record(ByteView envelope) {
  const auto opened = open_envelope(envelope, peer_record_domain, peer_record_type);
  if (!opened) return Err{opened.error()};
  auto record = decode_peer_record(opened->payload);
  if (record && record->peer != peer_id_of(opened->key)) return Err{Fault::wrong_signer};
  return record;
}

}  // namespace mycel::wire
