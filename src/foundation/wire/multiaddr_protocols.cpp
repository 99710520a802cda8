#include "foundation/wire/multiaddr_protocols.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "foundation/base/check.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/ip_text.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/multihash.hpp"
#include "foundation/wire/peer_id_text.hpp"

namespace mycel::wire {
namespace {

constexpr std::size_t port_size_bytes = 2;
constexpr std::size_t onion_size_bytes = 10 + port_size_bytes;
constexpr std::size_t onion3_size_bytes = 35 + port_size_bytes;
constexpr std::uint32_t port_max = 65535;
constexpr std::uint32_t prefix_max = 128;

/// Ordered by code.
constexpr std::array rules = {
    ProtocolRule{Protocol::ip4, "ip4", ValueForm::ip4},
    ProtocolRule{Protocol::tcp, "tcp", ValueForm::port},
    ProtocolRule{Protocol::dccp, "dccp", ValueForm::port},
    ProtocolRule{Protocol::ip6, "ip6", ValueForm::ip6},
    ProtocolRule{Protocol::ip6zone, "ip6zone", ValueForm::name},
    ProtocolRule{Protocol::ipcidr, "ipcidr", ValueForm::prefix},
    ProtocolRule{Protocol::dns, "dns", ValueForm::name},
    ProtocolRule{Protocol::dns4, "dns4", ValueForm::name},
    ProtocolRule{Protocol::dns6, "dns6", ValueForm::name},
    ProtocolRule{Protocol::dnsaddr, "dnsaddr", ValueForm::name},
    ProtocolRule{Protocol::sctp, "sctp", ValueForm::port},
    ProtocolRule{Protocol::udp, "udp", ValueForm::port},
    ProtocolRule{Protocol::p2p_webrtc_star, "p2p-webrtc-star", ValueForm::none},
    ProtocolRule{Protocol::p2p_webrtc_direct, "p2p-webrtc-direct", ValueForm::none},
    ProtocolRule{Protocol::p2p_stardust, "p2p-stardust", ValueForm::none},
    ProtocolRule{Protocol::webrtc_direct, "webrtc-direct", ValueForm::none},
    ProtocolRule{Protocol::webrtc, "webrtc", ValueForm::none},
    ProtocolRule{Protocol::p2p_circuit, "p2p-circuit", ValueForm::none},
    ProtocolRule{Protocol::udt, "udt", ValueForm::none},
    ProtocolRule{Protocol::utp, "utp", ValueForm::none},
    ProtocolRule{Protocol::unix_socket, "unix", ValueForm::path},
    ProtocolRule{Protocol::p2p, "p2p", ValueForm::peer},
    ProtocolRule{Protocol::https, "https", ValueForm::none},
    ProtocolRule{Protocol::onion, "onion", ValueForm::onion},
    ProtocolRule{Protocol::onion3, "onion3", ValueForm::onion3},
    ProtocolRule{Protocol::tls, "tls", ValueForm::none},
    ProtocolRule{Protocol::sni, "sni", ValueForm::name},
    ProtocolRule{Protocol::noise, "noise", ValueForm::none},
    ProtocolRule{Protocol::quic, "quic", ValueForm::none},
    ProtocolRule{Protocol::quic_v1, "quic-v1", ValueForm::none},
    ProtocolRule{Protocol::webtransport, "webtransport", ValueForm::none},
    ProtocolRule{Protocol::certhash, "certhash", ValueForm::cert_hash},
    ProtocolRule{Protocol::ws, "ws", ValueForm::none},
    ProtocolRule{Protocol::wss, "wss", ValueForm::none},
    ProtocolRule{Protocol::p2p_websocket_star, "p2p-websocket-star", ValueForm::none},
    ProtocolRule{Protocol::http, "http", ValueForm::none},
    ProtocolRule{Protocol::http_path, "http-path", ValueForm::path},
    ProtocolRule{Protocol::memory, "memory", ValueForm::path},
};
static_assert(std::ranges::is_sorted(rules, {}, &ProtocolRule::protocol));

constexpr std::string_view old_name_of_p2p = "ipfs";

std::uint32_t number_of(ByteView big_endian) {
  std::uint32_t number = 0;
  for (const std::byte byte : big_endian) number = number << 8 | std::to_integer<unsigned>(byte);
  return number;
}

template <class Ip>
Ip ip_of(ByteView value) {
  Ip ip{};
  std::ranges::transform(value, ip.begin(),
                         [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return ip;
}

template <class Ip>
Result<Bytes, Fault> bytes_of(const std::optional<Ip>& ip) {
  if (!ip) return Err{Fault::malformed};
  return Bytes::copy(std::as_bytes(std::span(*ip)));
}

void append_port(std::vector<std::byte>& to, std::uint32_t port) {
  to.push_back(static_cast<std::byte>(port >> 8));
  to.push_back(static_cast<std::byte>(port));
}

bool is_printable(char letter) {
  return letter > ' ' && letter <= '~';
}

Result<void, Fault> check_name(ByteView value) {
  if (value.empty()) return Err{Fault::malformed};
  if (value.size() > host_name_size_max_bytes) return Err{Fault::too_large};
  const bool is_name = std::ranges::all_of(
      as_text(value), [](char letter) { return is_printable(letter) && letter != '/'; });
  if (!is_name) return Err{Fault::malformed};
  return {};
}

Result<void, Fault> check_peer(ByteView value) {
  if (!PeerId::from_multihash(value)) return Err{Fault::malformed};
  return {};
}

Result<void, Fault> check_cert_hash(ByteView value) {
  const auto hash = decode_multihash(value);
  if (!hash) return Err{hash.error()};
  return {};
}

/// Onion services listen on a port: there is none without.
Result<void, Fault> check_onion(ByteView value) {
  if (number_of(value.last(port_size_bytes)) == 0) return Err{Fault::malformed};
  return {};
}

std::string onion_text(ByteView value) {
  const std::size_t name_size = value.size() - port_size_bytes;
  return to_base32(value.first(name_size)) + ':' +
         std::to_string(number_of(value.subspan(name_size)));
}

Result<Bytes, Fault> parse_onion(std::string_view text, std::size_t size) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Err{Fault::malformed};
  const auto name = parse_base32(text.substr(0, colon));
  const auto port = parse_decimal(text.substr(colon + 1), port_max);
  if (!name) return Err{name.error()};
  if (name->size() != size - port_size_bytes || !port) return Err{Fault::malformed};
  std::vector<std::byte> bytes;
  append(bytes, *name);
  append_port(bytes, *port);
  return Bytes(std::move(bytes));
}

/// May this stand in a URI path segment as it is? Source: RFC 3986 §3.3, pchar.
bool is_plain(char letter) {
  constexpr std::string_view marks = "-._~!$&'()*+,;=:@";
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || marks.find(letter) != std::string_view::npos;
}

std::string escape(ByteView value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char letter : as_text(value)) {
    const auto code = static_cast<unsigned char>(letter);
    if (is_plain(letter)) {
      text += letter;
    } else {
      text += {'%', digits[code >> 4], digits[code & 15]};
    }
  }
  return text;
}

std::optional<std::uint8_t> hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<std::uint8_t>(letter - 'a' + 10);
  if (letter >= 'A' && letter <= 'F') return static_cast<std::uint8_t>(letter - 'A' + 10);
  return std::nullopt;
}

Result<Bytes, Fault> unescape(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes.push_back(static_cast<std::byte>(text[i]));
      continue;
    }
    if (text.size() - i < 3) return Err{Fault::malformed};
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return Err{Fault::malformed};
    bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
    i += 2;
  }
  return Bytes(std::move(bytes));
}

Result<Bytes, Fault> parse_number(std::string_view text, std::uint32_t max, std::size_t size) {
  const auto number = parse_decimal(text, max);
  if (!number) return Err{Fault::malformed};
  std::vector<std::byte> bytes;
  append_port(bytes, *number);
  return Bytes(std::move(bytes)).slice(port_size_bytes - size);
}

Result<Bytes, Fault> parse_peer(std::string_view text) {
  const auto peer = parse_peer_id(text);
  if (!peer) return Err{peer.error()};
  return Bytes::copy(peer->view());
}

Result<Bytes, Fault> parse_unchecked(ValueForm form, std::string_view text) {
  switch (form) {
    case ValueForm::none:
      return Bytes{};
    case ValueForm::ip4:
      return bytes_of(parse_ip4(text));
    case ValueForm::ip6:
      return bytes_of(parse_ip6(text));
    case ValueForm::prefix:
      return parse_number(text, prefix_max, 1);
    case ValueForm::port:
      return parse_number(text, port_max, port_size_bytes);
    case ValueForm::name:
      return Bytes::copy(text);
    case ValueForm::path:
      return unescape(text);
    case ValueForm::peer:
      return parse_peer(text);
    case ValueForm::cert_hash:
      return parse_multibase(text);
    case ValueForm::onion:
      return parse_onion(text, onion_size_bytes);
    case ValueForm::onion3:
      return parse_onion(text, onion3_size_bytes);
  }
  return Err{Fault::unknown_kind};
}

}  // namespace

const ProtocolRule* find_protocol(std::uint64_t code) {
  const auto code_of = [](const ProtocolRule& rule) {
    return static_cast<std::uint64_t>(rule.protocol);
  };
  const auto* rule = std::ranges::lower_bound(rules, code, {}, code_of);
  return rule != rules.end() && code_of(*rule) == code ? rule : nullptr;
}

const ProtocolRule* find_protocol(std::string_view name) {
  if (name == old_name_of_p2p) return find_protocol(static_cast<std::uint64_t>(Protocol::p2p));
  const auto* rule = std::ranges::find(rules, name, &ProtocolRule::name);
  return rule != rules.end() ? rule : nullptr;
}

bool has_length(ValueForm form) {
  return form == ValueForm::name || form == ValueForm::path || form == ValueForm::peer ||
         form == ValueForm::cert_hash;
}

std::size_t fixed_size_bytes(ValueForm form) {
  switch (form) {
    case ValueForm::ip4:
      return 4;
    case ValueForm::ip6:
      return 16;
    case ValueForm::prefix:
      return 1;
    case ValueForm::port:
      return port_size_bytes;
    case ValueForm::onion:
      return onion_size_bytes;
    case ValueForm::onion3:
      return onion3_size_bytes;
    default:
      return 0;
  }
}

Result<void, Fault> check_value(ValueForm form, ByteView value) {
  if (!has_length(form) && value.size() != fixed_size_bytes(form)) return Err{Fault::malformed};
  switch (form) {
    case ValueForm::name:
      return check_name(value);
    case ValueForm::peer:
      return check_peer(value);
    case ValueForm::cert_hash:
      return check_cert_hash(value);
    case ValueForm::onion:
    case ValueForm::onion3:
      return check_onion(value);
    case ValueForm::prefix:
      if (number_of(value) > prefix_max) return Err{Fault::malformed};
      return {};
    case ValueForm::path:
      if (value.empty()) return Err{Fault::malformed};
      return {};
    default:
      return {};
  }
}

std::string value_text(ValueForm form, ByteView value) {
  switch (form) {
    case ValueForm::none:
      return {};
    case ValueForm::ip4:
      return to_text(ip_of<Ip4>(value));
    case ValueForm::ip6:
      return to_text(ip_of<Ip6>(value));
    case ValueForm::prefix:
    case ValueForm::port:
      return std::to_string(number_of(value));
    case ValueForm::name:
      return std::string(as_text(value));
    case ValueForm::path:
      return escape(value);
    case ValueForm::peer:
      return to_base58(value);
    case ValueForm::cert_hash:
      return to_multibase(Base::base64url, value);
    case ValueForm::onion:
    case ValueForm::onion3:
      return onion_text(value);
  }
  return {};
}

Result<Bytes, Fault> parse_value(ValueForm form, std::string_view text) {
  auto value = parse_unchecked(form, text);
  if (!value) return value;
  const auto verdict = check_value(form, *value);
  if (!verdict) return Err{verdict.error()};
  return value;
}

}  // namespace mycel::wire
