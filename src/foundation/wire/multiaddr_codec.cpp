#include "foundation/wire/multiaddr_codec.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "foundation/base/check.hpp"
#include "foundation/wire/ip_text.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::wire {
namespace {

void append_component(std::vector<std::byte>& to, const ProtocolRule& rule, ByteView value) {
  append_varint(to, static_cast<std::uint64_t>(rule.protocol));
  if (has_length(rule.form)) append_varint(to, value.size());
  append(to, value);
}

void append_component(std::vector<std::byte>& to, Protocol protocol, ByteView value = {}) {
  const ProtocolRule* rule = find_protocol(static_cast<std::uint64_t>(protocol));
  check(rule != nullptr, "every protocol of the enumeration stands in the table");
  append_component(to, *rule, value);
}

/// What stands before the next '/', which is taken off `text` with it.
std::string_view take_segment(std::string_view& text) {
  const std::size_t end = std::min(text.find('/'), text.size());
  const std::string_view segment = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return segment;
}

Result<void, Fault> parse_component(std::string_view& text, std::vector<std::byte>& to) {
  const ProtocolRule* rule = find_protocol(take_segment(text));
  if (rule == nullptr) return Err{Fault::unknown_kind};
  if (rule->form == ValueForm::none) {
    append_component(to, *rule, {});
    return {};
  }
  if (text.empty()) return Err{Fault::truncated};
  const auto value = parse_value(rule->form, take_segment(text));
  if (!value) return Err{value.error()};
  append_component(to, *rule, *value);
  return {};
}

/// The IP address that the path begins with, behind its zone.
struct LeadingIp {
  bool is_ipv6 = false;
  std::array<std::uint8_t, 16> ip{};
};

std::array<std::uint8_t, 16> ip_of(ByteView value) {
  std::array<std::uint8_t, 16> ip{};
  std::ranges::transform(value, ip.begin(),
                         [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return ip;
}

std::optional<LeadingIp> leading_ip(const Multiaddr& address) {
  Components components(address);
  auto first = components.next();
  if (first && first->protocol == Protocol::ip6zone) first = components.next();
  if (!first) return std::nullopt;
  if (first->protocol == Protocol::ip4) return LeadingIp{false, ip_of(first->value)};
  if (first->protocol != Protocol::ip6) return std::nullopt;
  const LeadingIp ip6{true, ip_of(first->value)};
  const auto mapped = mapped_ip4(ip6.ip);
  if (!mapped) return ip6;
  return LeadingIp{false, ip_of(std::as_bytes(std::span(*mapped)))};
}

bool starts_with(const LeadingIp& ip, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), ip.ip.begin());
}

bool is_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool is_loopback(const LeadingIp& ip) {
  if (!ip.is_ipv6) return starts_with(ip, {127});
  return is_zero(std::span(ip.ip).first<15>()) && ip.ip[15] == 1;
}

bool is_private_ip4(const LeadingIp& ip) {
  return starts_with(ip, {10}) || starts_with(ip, {192, 168}) || starts_with(ip, {169, 254}) ||
         (ip.ip[0] == 172 && (ip.ip[1] & 0xf0) == 16) ||  // 172.16.0.0/12
         (ip.ip[0] == 100 && (ip.ip[1] & 0xc0) == 64);    // 100.64.0.0/10, RFC 6598
}

bool is_private_ip6(const LeadingIp& ip) {
  return (ip.ip[0] & 0xfe) == 0xfc ||                      // fc00::/7, RFC 4193
         (ip.ip[0] == 0xfe && (ip.ip[1] & 0xc0) == 0x80);  // fe80::/10, link-local
}

std::optional<std::uint32_t> scope_of(ByteView zone) {
  const auto scope = parse_decimal(as_text(zone), UINT32_MAX);
  return scope && *scope != 0 ? scope : std::nullopt;  // 0 says that there is no zone
}

std::uint16_t port_of(ByteView value) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(value[0]) << 8 |
                                    std::to_integer<unsigned>(value[1]));
}

/// Where the last component begins.
std::size_t last_component(const Multiaddr& address) {
  const std::size_t size = address.binary().size();
  Components components(address);
  std::size_t start = 0;
  while (!components.rest().empty()) {
    start = size - components.rest().size();
    if (!components.next()) break;
  }
  return start;
}

/// /ip4/a.b.c.d/udp/port/quic-v1 and nothing else: nearly every address that a node meets.
bool is_plain_quic(ByteView bytes) {
  constexpr std::array<std::byte, 2> udp{std::byte{0x91}, std::byte{0x02}};
  constexpr std::array<std::byte, 2> quic_v1{std::byte{0xcd}, std::byte{0x03}};
  return bytes.size() == 11 && bytes[0] == std::byte{0x04} && equal(bytes.subspan(5, 2), udp) &&
         equal(bytes.subspan(9, 2), quic_v1);
}

std::optional<DnsName::Kind> dns_kind(Protocol protocol) {
  switch (protocol) {
    case Protocol::dns:
      return DnsName::Kind::any;
    case Protocol::dns4:
      return DnsName::Kind::ipv4;
    case Protocol::dns6:
      return DnsName::Kind::ipv6;
    case Protocol::dnsaddr:
      return DnsName::Kind::dnsaddr;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Component> Components::stop(Fault fault) {
  fault_ = fault;
  return std::nullopt;
}

std::optional<Component> Components::next() {
  if (fault_ || rest_.empty()) return std::nullopt;
  const auto code = decode_varint(rest_);
  if (!code) return stop(code.error());
  const ProtocolRule* rule = find_protocol(code->value);
  if (rule == nullptr) return stop(Fault::unknown_kind);
  ByteView rest = rest_.subspan(code->size);
  std::uint64_t size = fixed_size_bytes(rule->form);
  if (has_length(rule->form)) {
    const auto length = decode_varint(rest);
    if (!length) return stop(length.error());
    size = length->value;
    rest = rest.subspan(length->size);
  }
  if (size > rest.size()) return stop(Fault::truncated);
  const ByteView value = rest.first(static_cast<std::size_t>(size));
  rest_ = rest.subspan(value.size());
  return Component{rule->protocol, value};
}

Result<Multiaddr, Fault> parse_multiaddr(std::string_view text) {
  if (text.size() > multiaddr_text_size_max_bytes) return Err{Fault::too_large};
  if (!text.starts_with('/')) return Err{Fault::malformed};
  text.remove_prefix(1);
  if (text.ends_with('/')) text.remove_suffix(1);
  std::vector<std::byte> bytes;
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == multiaddr_components_max) return Err{Fault::too_large};
    const auto parsed = parse_component(text, bytes);
    if (!parsed) return Err{parsed.error()};
  }
  if (bytes.empty()) return Err{Fault::truncated};
  if (bytes.size() > multiaddr_size_max_bytes) return Err{Fault::too_large};
  return Multiaddr(bytes);
}

std::string to_text(const Multiaddr& address) {
  std::string text;
  Components components(address);
  while (const auto component = components.next()) {
    const ProtocolRule* rule = find_protocol(static_cast<std::uint64_t>(component->protocol));
    text += '/';
    text += rule->name;
    if (rule->form == ValueForm::none) continue;
    text += '/';
    text += value_text(rule->form, component->value);
  }
  return text;
}

Result<Multiaddr, Fault> decode_multiaddr(ByteView bytes) {
  const auto verdict = check_multiaddr(bytes);
  if (!verdict) return Err{verdict.error()};
  return Multiaddr(bytes);
}

Result<void, Fault> check_multiaddr(ByteView bytes) {
  if (is_plain_quic(bytes)) return {};
  if (bytes.empty()) return Err{Fault::truncated};
  if (bytes.size() > multiaddr_size_max_bytes) return Err{Fault::too_large};
  Components components(bytes);
  std::size_t count = 0;
  while (const auto component = components.next()) {
    if (++count > multiaddr_components_max) return Err{Fault::too_large};
    const ProtocolRule* rule = find_protocol(static_cast<std::uint64_t>(component->protocol));
    const auto verdict = check_value(rule->form, component->value);
    if (!verdict) return Err{verdict.error()};
  }
  if (components.fault()) return Err{*components.fault()};
  return {};
}

std::optional<QuicAddress> quic_address(const Multiaddr& address) {
  Components components(address);
  QuicAddress quic;
  auto ip = components.next();
  if (ip && ip->protocol == Protocol::ip6zone) {
    const auto scope = scope_of(ip->value);
    ip = components.next();
    if (!scope || !ip || ip->protocol != Protocol::ip6) return std::nullopt;
    quic.scope = *scope;
  }
  if (!ip || (ip->protocol != Protocol::ip4 && ip->protocol != Protocol::ip6)) return std::nullopt;
  const auto udp = components.next();
  if (!udp || udp->protocol != Protocol::udp) return std::nullopt;
  const auto version = components.next();
  if (!version || version->protocol != Protocol::quic_v1) return std::nullopt;
  const auto peer = components.next();
  if (peer && peer->protocol != Protocol::p2p) return std::nullopt;
  if (!components.rest().empty()) return std::nullopt;
  quic.is_ipv6 = ip->protocol == Protocol::ip6;
  quic.ip = ip_of(ip->value);
  quic.port = port_of(udp->value);
  return quic;
}

Multiaddr quic_multiaddr(const QuicAddress& address) {
  const std::array<std::byte, 2> port = {static_cast<std::byte>(address.port >> 8),
                                         static_cast<std::byte>(address.port)};
  const ByteView ip = std::as_bytes(std::span(address.ip));
  std::vector<std::byte> bytes;
  if (address.is_ipv6 && address.scope != 0)
    append_component(bytes, Protocol::ip6zone, as_bytes(std::to_string(address.scope)));
  if (address.is_ipv6) {
    append_component(bytes, Protocol::ip6, ip);
  } else {
    append_component(bytes, Protocol::ip4, ip.first(4));
  }
  append_component(bytes, Protocol::udp, port);
  append_component(bytes, Protocol::quic_v1);
  return Multiaddr(bytes);
}

std::optional<PeerId> peer_of(const Multiaddr& address) {
  Components last(address.binary().subspan(last_component(address)));
  const auto component = last.next();
  if (!component || component->protocol != Protocol::p2p) return std::nullopt;
  return PeerId::from_multihash(component->value);
}

Multiaddr without_peer(const Multiaddr& address) {
  if (!peer_of(address)) return address;
  return Multiaddr(address.binary().first(last_component(address)));
}

Multiaddr with_peer(const Multiaddr& address, const PeerId& peer) {
  std::vector<std::byte> bytes;
  append(bytes, without_peer(address).binary());
  append_component(bytes, Protocol::p2p, peer.view());
  return Multiaddr(bytes);
}

bool is_relayed(const Multiaddr& address) {
  Components components(address);
  while (const auto component = components.next())
    if (component->protocol == Protocol::p2p_circuit) return true;
  return false;
}

bool is_loopback(const Multiaddr& address) {
  const auto ip = leading_ip(address);
  return ip && is_loopback(*ip);
}

bool is_private(const Multiaddr& address) {
  const auto ip = leading_ip(address);
  if (!ip) return false;
  return is_loopback(*ip) || (ip->is_ipv6 ? is_private_ip6(*ip) : is_private_ip4(*ip));
}

bool is_unspecified(const Multiaddr& address) {
  const auto ip = leading_ip(address);
  return ip && is_zero(ip->ip);
}

std::optional<DnsName> dns_name(const Multiaddr& address) {
  const auto first = Components(address).next();
  if (!first) return std::nullopt;
  const auto kind = dns_kind(first->protocol);
  if (!kind) return std::nullopt;
  return DnsName{*kind, std::string(as_text(first->value))};
}

Multiaddr with_ip(const Multiaddr& address, std::span<const std::uint8_t> ip) {
  check(ip.size() == 4 || ip.size() == 16, "an IP address has 4 or 16 bytes");
  Components components(address);
  (void)components.next();
  std::vector<std::byte> bytes;
  append_component(bytes, ip.size() == 4 ? Protocol::ip4 : Protocol::ip6, std::as_bytes(ip));
  append(bytes, components.rest());
  return Multiaddr(bytes);
}

}  // namespace mycel::wire
