#pragma once
// Bytes as text that survives a clipboard. Every form is read strictly: one value, one spelling.
// Source: multiformats, multibase; RFC 4648 for base32 and base64url, both without padding.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// Longest text that base58 is read from: its cost grows with the square of the length, and the
/// longest name that uses it, the id of a peer or a did:key, has 60 characters.
inline constexpr std::size_t base58_size_max_bytes = 256;
/// Longest text of the other bases: the largest value of a record, 64 KiB, in base32, and some.
inline constexpr std::size_t base_text_size_max_bytes = 131'072;

/// Base58 with Bitcoin's alphabet. Costs the square of the length: for short names.
std::string to_base58(ByteView bytes);
/// Faults: too_large, malformed.
Result<Bytes, Fault> parse_base58(std::string_view text);

/// RFC 4648 base32 in lower case.
std::string to_base32(ByteView bytes);
/// Faults: too_large, malformed, not_canonical (bits set behind the last byte).
Result<Bytes, Fault> parse_base32(std::string_view text);

/// RFC 4648 base64 with '-' and '_'.
std::string to_base64url(ByteView bytes);
/// Faults: too_large, malformed, not_canonical.
Result<Bytes, Fault> parse_base64url(std::string_view text);

/// The bases that name themselves by the first letter of the text.
enum class Base : char { base58btc = 'z', base32 = 'b', base64url = 'u' };

std::string to_multibase(Base base, ByteView bytes);
/// Faults: truncated (no letter), unknown_kind (another base), and those of the base.
Result<Bytes, Fault> parse_multibase(std::string_view text);

}  // namespace mycel::wire
