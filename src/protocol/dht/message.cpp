#include "protocol/dht/message.hpp"

#include <string>

#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/proto.hpp"

#include "protocol/dht/rfc3339.hpp"

namespace mycel::dht {
namespace {

using wire::Fault;

// Field numbers of Message, Record and Peer.
constexpr std::uint32_t type_field = 1;
constexpr std::uint32_t key_field = 2;
constexpr std::uint32_t record_field = 3;
constexpr std::uint32_t closer_field = 8;
constexpr std::uint32_t providers_field = 9;

constexpr std::uint32_t record_key_field = 1;
constexpr std::uint32_t record_value_field = 2;
constexpr std::uint32_t record_received_field = 5;

constexpr std::uint32_t peer_id_field = 1;
constexpr std::uint32_t peer_address_field = 2;
constexpr std::uint32_t peer_connection_field = 3;

using wire::ProtoWriter;

ProtoWriter encode_record(const Record& record) {
  ProtoWriter writer;
  writer.bytes(record_key_field, record.key).bytes(record_value_field, record.value);
  if (record.received) writer.text(record_received_field, to_rfc3339(*record.received));
  return writer;
}

std::size_t size_of(const Peer& peer) {
  std::size_t size = ProtoWriter::bytes_size(peer_id_field, peer.id.view().size());
  for (const Multiaddr& address : peer.addresses)
    size += ProtoWriter::bytes_size(peer_address_field, address.binary().size());
  if (peer.connection != Connectedness::not_connected)
    size += ProtoWriter::number_size(peer_connection_field,
                                     static_cast<std::uint64_t>(peer.connection));
  return size;
}

std::size_t size_of(std::uint32_t field, const std::vector<Peer>& peers) {
  std::size_t size = 0;
  for (const Peer& peer : peers) size += ProtoWriter::bytes_size(field, size_of(peer));
  return size;
}

void encode_peers(ProtoWriter& writer, std::uint32_t field, const std::vector<Peer>& peers) {
  for (const Peer& peer : peers) {
    writer.begin(field, size_of(peer)).bytes(peer_id_field, peer.id.view());
    for (const Multiaddr& address : peer.addresses)
      writer.bytes(peer_address_field, address.binary());
    if (peer.connection != Connectedness::not_connected)
      writer.number(peer_connection_field, static_cast<std::uint64_t>(peer.connection));
  }
}

Result<Record, Fault> decode_record(ByteView bytes) {
  Record record;
  wire::ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->is_bytes(record_key_field)) {
      if (field->bytes.size() > key_size_max_bytes) return Err{Fault::too_large};
      record.key = Bytes::copy(field->bytes);
    } else if (field->is_bytes(record_value_field)) {
      record.value = Bytes::copy(field->bytes);
    } else if (field->is_bytes(record_received_field)) {
      record.received = parse_rfc3339(as_text(field->bytes));
    }
  }
  if (!reader.ok()) return Err{Fault::malformed};
  return record;
}

void add_address(Addresses& addresses, ByteView bytes) {
  if (addresses.size() == peer_addresses_max || bytes.size() > address_size_max_bytes) return;
  if (wire::check_multiaddr(bytes)) addresses.emplace_back(bytes);
}

// False when the bytes are no protobuf; a peer without a valid id is left out.
bool add_peer(std::vector<Peer>& peers, ByteView bytes) {
  constexpr std::size_t expected = 20;  // k of Kademlia
  if (peers.empty()) peers.reserve(expected);
  std::optional<PeerId> id;
  Peer peer;
  wire::ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->is_bytes(peer_id_field)) {
      id = PeerId::from_multihash(field->bytes);
    } else if (field->is_bytes(peer_address_field)) {
      add_address(peer.addresses, field->bytes);
    } else if (field->is_number(peer_connection_field) && field->number <= 3) {
      peer.connection = static_cast<Connectedness>(field->number);
    }
  }
  if (!reader.ok()) return false;
  if (!id || peers.size() == message_peers_max) return true;
  peer.id = *id;
  peers.push_back(std::move(peer));
  return true;
}

// The fault of one field, or none.
std::optional<Fault> read_field(Message& message, const wire::ProtoField& field) {
  if (field.is_number(type_field)) {
    if (field.number > static_cast<std::uint64_t>(MessageType::ping)) return Fault::unknown_kind;
    message.type = static_cast<MessageType>(field.number);
  } else if (field.is_bytes(key_field)) {
    if (field.bytes.size() > key_size_max_bytes) return Fault::too_large;
    message.key = Bytes::copy(field.bytes);
  } else if (field.is_bytes(record_field)) {
    auto record = decode_record(field.bytes);
    if (!record) return record.error();
    message.record = *std::move(record);
  } else if (field.is_bytes(closer_field)) {
    if (!add_peer(message.closer, field.bytes)) return Fault::malformed;
  } else if (field.is_bytes(providers_field)) {
    if (!add_peer(message.providers, field.bytes)) return Fault::malformed;
  }
  return std::nullopt;
}

}  // namespace

Bytes encode(const Message& message) {
  // Answers of twenty peers are most of what a node says: sizes first, then one buffer.
  const ProtoWriter record = message.record ? encode_record(*message.record) : ProtoWriter();
  ProtoWriter writer;
  writer.reserve(ProtoWriter::number_size(type_field, static_cast<std::uint64_t>(message.type)) +
                 ProtoWriter::bytes_size(key_field, message.key.size()) +
                 ProtoWriter::bytes_size(record_field, record.size()) +
                 size_of(closer_field, message.closer) +
                 size_of(providers_field, message.providers));
  writer.number(type_field, static_cast<std::uint64_t>(message.type));
  if (!message.key.empty()) writer.bytes(key_field, message.key);
  if (message.record) writer.message(record_field, record);
  encode_peers(writer, closer_field, message.closer);
  encode_peers(writer, providers_field, message.providers);
  return writer.take();
}

Result<Message, Fault> decode(ByteView body) {
  if (body.size() > message_size_max_bytes) return Err{Fault::too_large};
  Message message;
  wire::ProtoReader reader(body);
  while (const auto field = reader.next())
    if (const auto fault = read_field(message, *field)) return Err{*fault};
  if (!reader.ok()) return Err{Fault::malformed};
  return message;
}

}  // namespace mycel::dht
