#include "protocol/session/identify_message.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_record.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::session {
namespace {

using wire::Fault;

constexpr std::uint32_t public_key_field = 1;
constexpr std::uint32_t listen_field = 2;
constexpr std::uint32_t protocols_field = 3;
constexpr std::uint32_t observed_field = 4;
constexpr std::uint32_t protocol_version_field = 5;
constexpr std::uint32_t agent_version_field = 6;
constexpr std::uint32_t signed_record_field = 8;

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// For people and their terminals.
std::string version_of(ByteView bytes) {
  std::string text(as_text(bytes.first(std::min(bytes.size(), version_size_max_bytes))));
  std::ranges::replace_if(text, [](char c) { return !is_printable(c); }, '?');
  return text;
}

// The order of js-libp2p's fields.
wire::ProtoWriter write(const IdentifyMessage& message, std::size_t address_count,
                        ByteView signed_record) {
  constexpr std::size_t usual_size_bytes = 512;
  wire::ProtoWriter writer;
  writer.reserve(usual_size_bytes);
  if (!message.protocol_version.empty())
    writer.text(protocol_version_field, message.protocol_version);
  if (!message.agent_version.empty()) writer.text(agent_version_field, message.agent_version);
  if (!message.public_key.empty()) writer.bytes(public_key_field, message.public_key);
  for (std::size_t i = 0; i < address_count; ++i)
    writer.bytes(listen_field, message.listen_addresses[i].binary());
  if (message.observed) writer.bytes(observed_field, message.observed->binary());
  for (const std::string& protocol : message.protocols) writer.text(protocols_field, protocol);
  if (!signed_record.empty()) writer.bytes(signed_record_field, signed_record);
  return writer;
}

Result<void, Fault> read_protocol(ByteView bytes, std::vector<std::string>& protocols) {
  if (bytes.size() > protocol_size_max_bytes) return Err{Fault::too_large};
  const std::string_view protocol = as_text(bytes);
  if (protocol.empty() || !std::ranges::all_of(protocol, is_printable)) return {};
  if (protocols.size() == protocols_max) return Err{Fault::too_large};
  protocols.emplace_back(protocol);
  return {};
}

// js puts our own /p2p at the end of where it sees us, go does not.
std::optional<Multiaddr> read_observed(ByteView bytes) {
  auto address = wire::decode_multiaddr(bytes);
  while (address && wire::peer_of(*address)) address = wire::without_peer(*address);
  if (!address || address->empty()) return std::nullopt;
  return *std::move(address);
}

Result<void, Fault> read(const wire::ProtoField& field, IdentifyMessage& message) {
  if (field.kind != wire::ProtoField::Kind::bytes) return {};
  switch (field.id) {
    case public_key_field:
      message.public_key = Bytes::copy(field.bytes);
      break;
    case listen_field:
      if (message.listen_addresses.size() == listen_addresses_max) break;
      if (auto address = wire::decode_multiaddr(field.bytes))
        message.listen_addresses.push_back(*std::move(address));
      break;
    case protocols_field:
      return read_protocol(field.bytes, message.protocols);
    case observed_field:
      message.observed = read_observed(field.bytes);
      break;
    case protocol_version_field:
      message.protocol_version = version_of(field.bytes);
      break;
    case agent_version_field:
      message.agent_version = version_of(field.bytes);
      break;
    case signed_record_field:
      message.signed_peer_record = Bytes::copy(field.bytes);
      break;
    default:
      break;
  }
  return {};
}

Addresses addresses_of(const Addresses& said, const PeerId& peer) {
  Addresses addresses;
  for (const Multiaddr& address : said) {
    const auto named = wire::peer_of(address);
    if (!named) {
      addresses.push_back(address);
    } else if (*named == peer) {
      addresses.push_back(wire::without_peer(address));
    }
  }
  return addresses;
}

}  // namespace

Bytes encode(const IdentifyMessage& message) {
  std::size_t count = std::min(message.listen_addresses.size(), listen_addresses_max);
  wire::ProtoWriter writer = write(message, count, message.signed_peer_record);
  while (writer.size() > identify_sent_size_max_bytes && count > 0)
    writer = write(message, --count, message.signed_peer_record);
  if (writer.size() > identify_sent_size_max_bytes) writer = write(message, count, {});
  check(writer.size() <= identify_sent_size_max_bytes, "what this node speaks does not fit");
  return writer.take();
}

Result<Bytes, wire::Fault> merge_frames(std::span<const Bytes> frames) {
  if (frames.size() > identify_frames_max) return Err{Fault::too_large};
  if (frames.size() == 1) return frames[0];
  std::vector<std::byte> merged;
  for (const Bytes& frame : frames) {
    if (frame.size() > identify_frame_size_max_bytes) return Err{Fault::too_large};
    append(merged, frame);
  }
  return Bytes(std::move(merged));
}

Result<IdentifyMessage, wire::Fault> decode_identify(ByteView body) {
  if (body.size() > identify_size_max_bytes) return Err{Fault::too_large};
  IdentifyMessage message;
  wire::ProtoReader reader(body);
  while (const auto field = reader.next())
    if (const auto result = read(*field, message); !result) return Err{result.error()};
  if (!reader.ok()) return Err{Fault::malformed};
  return message;
}

Result<void, wire::Fault> check_sender(const IdentifyMessage& message, const PeerId& sender) {
  if (message.public_key.empty()) return {};
  const auto key = wire::decode_public_key(message.public_key);
  if (!key) return Err{key.error()};
  if (wire::peer_id_of(*key) != sender) return Err{Fault::wrong_signer};
  return {};
}

Listening listening_of(const IdentifyMessage& message, const PeerId& sender) {
  if (!message.signed_peer_record.empty()) {
    const auto record = wire::open_peer_record(message.signed_peer_record);
    if (record && record->peer == sender)
      return {addresses_of(record->addresses, sender), true, record->sequence};
    probe("a peer sent a record of its addresses that proves nothing");
  }
  return {addresses_of(message.listen_addresses, sender), false, 0};
}

}  // namespace mycel::session
