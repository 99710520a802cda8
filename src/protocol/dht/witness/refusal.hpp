#pragma once
// Why a request, an attestation or a proof is refused. The numbers are those of the wire: a signed
// rejection carries one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mycel::dht::witness {

enum class Refusal : std::uint8_t {
  malformed = 1,       ///< not of the form that its place demands, or cut short
  wrong_source,        ///< asked by somebody else than the source that it names
  wrong_target,        ///< sent to somebody else than the target that it names
  own_operation,       ///< the witness is the source or the target itself
  stale,               ///< older than the freshness window
  from_future,         ///< further ahead than clocks may differ
  bad_commitment,      ///< the source's nonce is not the one it had committed to
  bad_challenge,       ///< the target never gave that nonce for this operation
  not_eligible,        ///< not near enough to the drawn point
  replayed,            ///< was answered or accepted before
  too_many_draws,      ///< one draw for a source, key and slot
  overloaded,          ///< a limit of the whole node
  slot_closed,         ///< nothing is signed in the slot of a start, nor in one gone by
  other_request,       ///< attests something else than this request
  late,                ///< attested outside the time of the request
  duplicate,           ///< a signer counts once
  bad_key,             ///< no genuine bundle binds the attestation key to the signer
  bad_signature,       ///< the signature does not match key and content
  no_quorum,           ///< too few attestations are left
  too_many_witnesses,  ///< more attestations than witnesses may be chosen
  not_equivocation,    ///< the two attestations do not contradict each other
  convicted,           ///< the signer is proven to have lied before
};
inline constexpr std::size_t refusal_count = 22;

/// Lower-case words for people and for metric labels: "not_eligible".
constexpr std::string_view to_text(Refusal refusal) {
  constexpr std::array<std::string_view, refusal_count> words{"malformed",
                                                              "wrong_source",
                                                              "wrong_target",
                                                              "own_operation",
                                                              "stale",
                                                              "from_future",
                                                              "bad_commitment",
                                                              "bad_challenge",
                                                              "not_eligible",
                                                              "replayed",
                                                              "too_many_draws",

                                                              "overloaded",
                                                              "slot_closed",
                                                              "other_request",
                                                              "late",
                                                              "duplicate",
                                                              "bad_key",
                                                              "bad_signature",
                                                              "no_quorum",
                                                              "too_many_witnesses",
                                                              "not_equivocation",
                                                              "convicted"};
  return words[static_cast<std::size_t>(refusal) - 1];
}

/// How often each was given.
class RefusalCounts {
 public:
  void add(Refusal refusal) { counts_[static_cast<std::size_t>(refusal) - 1] += 1; }
  std::uint64_t of(Refusal refusal) const { return counts_[static_cast<std::size_t>(refusal) - 1]; }
  std::uint64_t sum() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

 private:
  std::array<std::uint64_t, refusal_count> counts_{};
};

}  // namespace mycel::dht::witness
