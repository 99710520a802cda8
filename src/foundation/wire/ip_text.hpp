#pragma once
// IP addresses as text, without asking the system: the same on every machine.
// Source: RFC 4291 §2.2 for what is read, RFC 5952 for what is written.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mycel::wire {

/// In the order of the wire.
using Ip4 = std::array<std::uint8_t, 4>;
using Ip6 = std::array<std::uint8_t, 16>;

std::string to_text(const Ip4& ip);
/// Four decimal numbers without leading zeros, and nothing else.
std::optional<Ip4> parse_ip4(std::string_view text);

/// Lower case, the longest run of zeros as "::", IPv4-mapped addresses as "::ffff:192.0.2.1".
std::string to_text(const Ip6& ip);
/// Every form of RFC 4291; no zone.
std::optional<Ip6> parse_ip6(std::string_view text);

/// The IPv4 address inside an IPv4-mapped one ("::ffff:192.0.2.1").
std::optional<Ip4> mapped_ip4(const Ip6& ip);

/// Decimal digits without sign or leading zero, at most `max`.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max);

}  // namespace mycel::wire
