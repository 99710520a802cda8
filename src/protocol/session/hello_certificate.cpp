#include "protocol/session/hello_certificate.hpp"

#include <algorithm>
#include <optional>

#include "foundation/base/check.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::session {
namespace {

using wire::Fault;

constexpr std::uint32_t network_field = 1;
constexpr std::uint32_t peer_field = 2;
constexpr std::uint32_t expires_field = 3;  // milliseconds since 1970

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

Result<Certificate, Fault> decode(ByteView payload) {
  std::string_view network;
  std::optional<PeerId> peer;
  std::optional<std::uint64_t> expires;
  wire::ProtoReader reader(payload);
  while (const auto field = reader.next()) {
    if (field->is_bytes(network_field)) network = as_text(field->bytes);
    if (field->is_number(expires_field)) expires = field->number;
    if (!field->is_bytes(peer_field)) continue;
    peer = PeerId::from_multihash(field->bytes);
    if (!peer) return Err{Fault::malformed};
  }
  if (!reader.ok()) return Err{Fault::malformed};
  if (!peer || !expires || network.empty()) return Err{Fault::missing_field};
  if (!is_network_name(network) || *expires > INT64_MAX) return Err{Fault::malformed};
  const CalendarClock::duration since_1970(static_cast<std::int64_t>(*expires));
  return Certificate{std::string(network), *peer, UnixTime(since_1970)};
}

}  // namespace

bool is_network_name(std::string_view name) {
  return !name.empty() && name.size() <= network_size_max && is_letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

Bytes seal_certificate(const crypto::Ed25519PrivateKey& authority, const Certificate& certificate) {
  check(is_network_name(certificate.network), "a network has a proper name");
  const auto expires = certificate.expires.time_since_epoch().count();
  check(expires >= 0, "certificates expire after 1970");
  wire::ProtoWriter payload;
  payload.text(network_field, certificate.network)
      .bytes(peer_field, certificate.peer.view())
      .number(expires_field, static_cast<std::uint64_t>(expires));
  return wire::seal(authority, certificate_domain, as_bytes(certificate_payload_type),
                    payload.view());
}

Result<Certificate, Fault> open_certificate(ByteView envelope,
                                            const crypto::Ed25519PublicKey& authority) {
  if (envelope.size() > certificate_size_max_bytes) return Err{Fault::too_large};
  const auto opened =
      wire::open_envelope(envelope, certificate_domain, as_bytes(certificate_payload_type));
  if (!opened) return Err{opened.error()};
  if (!equal(opened->key.data, authority.view())) return Err{Fault::wrong_signer};
  return decode(opened->payload);
}

}  // namespace mycel::session
