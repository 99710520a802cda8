#pragma once
// How one operation went, question by question, for a person who asks why this is the answer: whom
// it asked on which path, who said what and how fast, which values were seen and which of them won.
// It is kept only for an operation that asked for it, decides nothing, and is bounded.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"

#include "protocol/dht/verdict.hpp"

namespace mycel::dht {

/// What a question was for.
enum class Stage : std::uint8_t {
  lookup,  ///< on a path to the key
  sweep,   ///< for the neighbours of a point in the region of a crowded key
  member,  ///< of that region: what it holds
};
std::string_view to_text(Stage stage);

/// What came of a question.
enum class Outcome : std::uint8_t {
  unanswered,  ///< the operation ended first
  value,       ///< a value that is valid
  forged,      ///< a value that is not valid, which was dropped
  nearer,      ///< no value, but peers to ask
  nothing,     ///< an answer that named nobody
  failed,      ///< no answer; `failure` says why
};

struct Step {
  Stage stage = Stage::lookup;
  std::uint8_t path = 0;  ///< of the lookup; of a sweep its number
  std::uint16_t hop = 1;  ///< 1 for a peer of the own table, 2 for whom such a peer named
  PeerId peer;
  Duration asked{};              ///< since the operation began
  std::optional<Duration> took;  ///< until the answer or the failure
  Outcome outcome = Outcome::unanswered;
  RequestFailure failure = RequestFailure::timeout;  ///< of a step that failed
  std::size_t named = 0;                             ///< peers that the answer named
  std::optional<std::size_t> value;                  ///< place in Explanation::values
};
/// "value", "forged", or the word of the failure.
std::string_view outcome_text(const Step& step);

/// One of the values that were seen, and whether it is the answer.
struct SeenValue {
  crypto::Digest hash;  ///< SHA-256 of the value
  std::size_t size = 0;
  Verdict verdict = Verdict::valid;
  std::vector<PeerId> from;  ///< who held it; this node itself when it did
  bool is_answer = false;
};

class Explanation {
 public:
  /// More questions than a lookup asks, so that only a searched region exceeds it.
  static constexpr std::size_t steps_max = 1024;
  /// Different values: honest holders have one or two, only liars bring more.
  static constexpr std::size_t values_max = 32;

  Explanation(Instant began, std::size_t disjoint_paths)
      : disjoint_paths_(disjoint_paths), began_(began) {}

  void on_asked(Instant now, Stage stage, std::size_t path, std::size_t hop, const PeerId& peer);
  /// `named` peers stood in the answer.
  void on_answer(Instant now, Stage stage, const PeerId& peer, std::size_t named);
  /// The answer of that peer also held a value. Told before on_answer().
  void on_value(Stage stage, const PeerId& peer, ByteView value, Verdict verdict);
  /// A value that this node held before it asked anybody.
  void on_held(const PeerId& self, ByteView value);
  void on_failure(Instant now, Stage stage, const PeerId& peer, RequestFailure failure);
  /// The operation ended with this value.
  void on_concluded(ByteView value);

  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<SeenValue>& values() const { return values_; }
  /// Paths above these were opened to enter elsewhere when the first ones ended in vain.
  std::size_t disjoint_paths() const { return disjoint_paths_; }
  /// Questions, and different values, beyond the limits.
  std::size_t left_out() const { return left_out_; }

 private:
  Step* waiting_step(Stage stage, const PeerId& peer);
  std::optional<std::size_t> place_of(ByteView value, Verdict verdict, const PeerId& from);

  std::size_t disjoint_paths_;
  Instant began_;
  std::vector<Step> steps_;
  std::vector<SeenValue> values_;
  std::size_t left_out_ = 0;
};

}  // namespace mycel::dht
