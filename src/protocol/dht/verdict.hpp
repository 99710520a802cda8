#pragma once
// What a node thinks of a value that it is asked to keep or to believe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mycel::dht {

/// `valid`, or why a value is refused. Validators return the first eleven; the rest are the record
/// store's own reasons.
enum class Verdict : std::uint8_t {
  valid,
  malformed,              ///< not of the form that the namespace demands
  bad_signature,          ///< the signature does not match
  content_hash_mismatch,  ///< the content is not the one that was hashed
  bad_proof,              ///< the proof does not lead from this part to the whole
  broken_chain,           ///< does not name what it continues
  wrong_key,              ///< a good value that belongs under another key
  expired,                ///< its own validity, or the record's, has ended
  from_future,            ///< signed later than the reader's clock allows
  unknown_version,        ///< a form that this node does not know
  not_a_writer,           ///< holds the word of somebody who was not given a place in it
  unknown_namespace,      ///< no validator for this key
  too_large,              ///< over the limit of one record
  outdated,               ///< this node holds a better value
  no_room,                ///< the store is full of records nearer to this node
};
inline constexpr std::size_t verdict_count = 15;

/// Lower-case words for people and for metric labels.
constexpr std::string_view to_text(Verdict verdict) {
  constexpr std::array<std::string_view, verdict_count> words{
      "valid",       "malformed",       "bad_signature", "content_hash_mismatch",
      "bad_proof",   "broken_chain",    "wrong_key",     "expired",
      "from_future", "unknown_version", "not_a_writer",  "unknown_namespace",
      "too_large",   "outdated",        "no_room"};
  return words[static_cast<std::size_t>(verdict)];
}

/// How often each verdict was given.
class VerdictCounts {
 public:
  void add(Verdict verdict) { counts_[static_cast<std::size_t>(verdict)] += 1; }
  std::uint64_t of(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }
  /// All but `valid`.
  std::uint64_t refused() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 1; i < counts_.size(); ++i) sum += counts_[i];
    return sum;
  }
  friend bool operator==(const VerdictCounts&, const VerdictCounts&) = default;

 private:
  std::array<std::uint64_t, verdict_count> counts_{};
};

}  // namespace mycel::dht
