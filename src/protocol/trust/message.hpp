#pragma once
// The messages of /mycel/trust/1, by which evidence reaches those who lack it:
//
//   offer      about whom there is evidence: SHA-256 of their ids. Answered by `wanted`.
//   wanted     those of them of whom the other one knows nothing, at most wanted_max
//   evidence   a proof, for anybody to check. Answered by `verdict`.
//   verdict    it convicts, or it does not
//
// A byte for the kind stands first. Everything has one spelling: numbers are big-endian, digests
// are sorted, and nothing may follow.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/model/evidence.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::trust {

inline constexpr std::string_view trust_protocol = "/mycel/trust/1";
/// The evidence of two attestations takes 12.5 KB, and an offer of all that a node keeps 32 KB.
inline constexpr std::size_t message_size_max_bytes = 40'960;
inline constexpr std::size_t offered_max = 1024;
/// What is asked for at a time: 200 KB of evidence.
inline constexpr std::size_t wanted_max = 16;
inline constexpr std::size_t proof_size_max_bytes = 32'768;

/// Names whom evidence is against.
using Name = crypto::Digest;
Name name_of(const PeerId& peer);

struct Offer {
  std::vector<Name> names;
  friend bool operator==(const Offer&, const Offer&) = default;
};
struct Wanted {
  std::vector<Name> names;
  friend bool operator==(const Wanted&, const Wanted&) = default;
};
struct Verdict {
  bool is_convicting = false;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};
using Message = std::variant<Offer, Wanted, Evidence, Verdict>;

Bytes encode(const Message& message);
/// Checks the form and nothing else. Faults: truncated, trailing_bytes, not_canonical, malformed,
/// unknown_kind, too_large.
Result<Message, wire::Fault> decode(ByteView bytes);

/// As it is kept on the disk: the kind, whom it is against, and the proof.
Bytes encode_evidence(const Evidence& evidence);
Result<Evidence, wire::Fault> decode_evidence(ByteView bytes);

}  // namespace mycel::trust
