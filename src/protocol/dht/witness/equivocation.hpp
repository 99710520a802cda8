#pragma once
// A witness that signed two different lists for one key and slot has lied to somebody: an honest
// one signs each list once and repeats it. The two attestations with their keys prove that to
// anybody, without asking whoever found it.

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

#include "protocol/dht/witness/message.hpp"
#include "protocol/dht/witness/refusal.hpp"
#include "protocol/dht/witness/verified.hpp"
#include "protocol/dht/witness/verify.hpp"

namespace mycel::dht::witness {

struct EquivocationProof {
  ProofPart first;  ///< both with their key bundles
  ProofPart second;
  friend bool operator==(const EquivocationProof&, const EquivocationProof&) = default;
};

/// 12,476 bytes: the two attestations and the two bundles.
Bytes encode(const EquivocationProof& proof);
Result<EquivocationProof, wire::Fault> decode_equivocation(ByteView bytes);

/// A proof that convicts if its signatures are genuine: those of both keys and both words, in turn.
struct EquivocationExam {
  EquivocationProof proof;
  std::vector<SignatureCheck> checks;
};
/// Refuses: not_equivocation, bad_key.
Result<EquivocationExam, Refusal> examine(const EquivocationProof& proof);
/// Refuses: bad_key, bad_signature. `genuine` answers `exam.checks`, one by one.
Result<Verified<EquivocationProof>, Refusal> conclude(const EquivocationExam& exam,
                                                      std::span<const bool> genuine);
/// Both. Time plays no part: what was signed stays signed.
Result<Verified<EquivocationProof>, Refusal> verify(const EquivocationProof& proof);
PeerKey liar(const Verified<EquivocationProof>& proof);

/// Remembers what witnesses signed, and notices when one contradicts itself.
class EquivocationWatch {
 public:
  /// About 7 KB each. The word of one slot is of no more use than the proofs in which it can stand.
  static constexpr std::size_t size_max = 1024;

  /// The proof, if this signer said otherwise before. `part` has its key.
  std::optional<EquivocationProof> on_word(Now now, const Verified<ProofPart>& part);
  std::size_t size() const { return words_.size(); }

 private:
  struct Subject {
    Slot slot;  // first, so that the oldest stands first
    PeerKey signer;
    Point key;
    friend auto operator<=>(const Subject&, const Subject&) = default;
  };
  std::map<Subject, ProofPart> words_;
};

}  // namespace mycel::dht::witness
