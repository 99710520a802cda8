#pragma once
// The name of content: what kind of content it is, and its hash.
// Source: multiformats, CID specification; codes from the multicodec table.

#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"
#include "foundation/wire/multihash.hpp"

namespace mycel::wire {

/// Kinds of content. A CID of another kind is kept with its number.
enum class Codec : std::uint64_t {
  raw = 0x55,         ///< bytes
  dag_pb = 0x70,      ///< what every CIDv0 names
  dag_cbor = 0x71,    ///< IPLD in CBOR
  libp2p_key = 0x72,  ///< a peer's public key
  json = 0x0200,      ///< JSON
};

struct Cid {
  Codec codec = Codec::raw;
  Multihash hash;
  friend auto operator<=>(const Cid&, const Cid&) = default;
};

/// The name of these bytes under SHA-256.
Cid raw_cid(ByteView content);

/// CIDv1, binary.
Bytes encode(const Cid& cid);
/// CIDv1, or CIDv0: a bare SHA-256 multihash, which reads as dag_pb. Faults: unknown_kind (a later
/// version), and those of varint and multihash.
Result<Cid, Fault> decode_cid(ByteView bytes);

/// CIDv1 in base32: "bafkrei...".
std::string to_text(const Cid& cid);
/// CIDv1 in base32, base58btc or base64url, or CIDv0 ("Qm...").
Result<Cid, Fault> parse_cid(std::string_view text);

}  // namespace mycel::wire
