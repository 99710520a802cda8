#pragma once
// The protocols that an address can be made of: their codes, names and values.
// Source: multiformats, multiaddr protocols.csv and its pages; codes from the multicodec table.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// The numbers are those of the wire.
enum class Protocol : std::uint16_t {
  ip4 = 4,
  tcp = 6,
  dccp = 33,
  ip6 = 41,
  ip6zone = 42,
  ipcidr = 43,
  dns = 53,
  dns4 = 54,
  dns6 = 55,
  dnsaddr = 56,
  sctp = 132,
  udp = 273,
  p2p_webrtc_star = 275,
  p2p_webrtc_direct = 276,
  p2p_stardust = 277,
  webrtc_direct = 280,
  webrtc = 281,
  p2p_circuit = 290,
  udt = 301,
  utp = 302,
  unix_socket = 400,
  p2p = 421,
  https = 443,
  onion = 444,
  onion3 = 445,
  tls = 448,
  sni = 449,
  noise = 454,
  quic = 460,
  quic_v1 = 461,
  webtransport = 465,
  certhash = 466,
  ws = 477,
  wss = 478,
  p2p_websocket_star = 479,
  http = 480,
  http_path = 481,
  memory = 777,
};

/// What follows the code of a protocol.
enum class ValueForm : std::uint8_t {
  none,
  ip4,        ///< 4 bytes
  ip6,        ///< 16 bytes
  prefix,     ///< 1 byte: bits of a network
  port,       ///< 2 bytes, big-endian
  name,       ///< host name or zone: printable ASCII, no '/'
  path,       ///< any bytes; text escapes them as a URI path segment does
  peer,       ///< multihash of a peer
  cert_hash,  ///< any multihash; text is base64url multibase
  onion,      ///< 10 bytes and a port
  onion3,     ///< 35 bytes and a port
};

struct ProtocolRule {
  Protocol protocol;
  std::string_view name;
  ValueForm form;
};

/// Longest host name. Source: RFC 1035 §2.3.4, as text without the final dot.
inline constexpr std::size_t host_name_size_max_bytes = 253;

/// Null for what we do not know.
const ProtocolRule* find_protocol(std::uint64_t code);
/// Also knows "ipfs", the old name of "p2p".
const ProtocolRule* find_protocol(std::string_view name);

/// Does the value carry its length, and if not, how many bytes has it?
bool has_length(ValueForm form);
std::size_t fixed_size_bytes(ValueForm form);

/// Checks bytes of a peer, without their length.
Result<void, Fault> check_value(ValueForm form, ByteView value);
/// The text of a value that was checked.
std::string value_text(ValueForm form, ByteView value);
/// The bytes of a text, without their length, checked. Faults: malformed, and those of the parts.
Result<Bytes, Fault> parse_value(ValueForm form, std::string_view text);

}  // namespace mycel::wire
