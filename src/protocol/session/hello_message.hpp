#pragma once
// What Mycel nodes say first: the same message both ways. It may come from anybody, so that every
// part of it has a bound; what is not known in it is skipped.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/model/version.hpp"
#include "foundation/wire/fault.hpp"

#include "protocol/session/hello_certificate.hpp"

namespace mycel::session {

inline constexpr std::string_view hello_protocol = "/mycel/hello/1";

/// It leaves with the dialler's first streams and must not crowd them out of the first flight,
/// which is about 12 KiB (RFC 9002 §7.2).
inline constexpr std::size_t hello_size_max_bytes = std::size_t{8} * 1024;
/// As many as a session's 32 bits can hold.
inline constexpr std::size_t features_max = 32;
inline constexpr std::size_t feature_size_max = 64;
inline constexpr std::size_t extensions_max = 16;
inline constexpr std::size_t extension_key_size_max = 64;
inline constexpr std::size_t extension_size_max_bytes = 256;
inline constexpr std::size_t join_proof_size_bytes = 32;

/// 1 to 64 printable characters of ASCII without spaces.
bool is_feature_name(std::string_view name);

struct HelloMessage {
  Version version;
  Version minimum;  ///< the oldest that the sender still speaks; not above `version`
  std::string network;
  std::vector<std::string> features;        ///< sorted, each once
  std::map<std::string, Bytes> extensions;  ///< for what comes later
  Bytes certificate;                        ///< sealed; empty: none
  Bytes join_proof;                         ///< see join_proof() in hello.hpp; empty: none
  friend bool operator==(const HelloMessage&, const HelloMessage&) = default;
};

/// What the node says about itself keeps the bounds: a caller's bug if not.
Bytes encode(const HelloMessage& message);

/// Faults: too_large (the message, a count or one part), malformed, not_canonical (an extension
/// stands there twice), missing_field (version, minimum or network).
Result<HelloMessage, wire::Fault> decode_hello(ByteView body);

}  // namespace mycel::session
