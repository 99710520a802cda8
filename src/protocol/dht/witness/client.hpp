#pragma once
// The source: opens an operation at its target, finds out who was drawn, asks them, and hands the
// target the proof. Witnesses that are silent, refuse or lie are replaced while others are
// eligible.

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"

#include "protocol/dht/witness/desk.hpp"
#include "protocol/dht/witness/selection.hpp"

namespace mycel::dht::witness {

/// Patience with a whole operation: opening, lookup, witnesses and proof, each within 5 s.
inline constexpr Duration collection_time_max = 15s;
/// When so much has passed without a quorum, others are asked beside those that are slow.
inline constexpr Duration hedge_after = 1500ms;
/// How long a quorum waits for the rest: more attestations survive a stricter verifier.
inline constexpr Duration linger = 300ms;

struct Ask {
  PeerId target;
  Point key;
  OperationKind kind = OperationKind::store;
  std::optional<crypto::Digest> data;
};

class Client {
 public:
  explicit Client(Rng rng) : rng_(rng) {}

  /// Ends in Collected or CollectionFailed. Source and target must be Ed25519 peers.
  CollectionId collect(Now now, Desk& desk, const Ask& ask);
  void on_candidates(Now now, Desk& desk, CollectionId id, std::vector<Candidate> candidates);
  void on_deadline(Now now, Desk& desk);
  Instant next_deadline() const { return deadlines_.next(); }

  // False when the number is not of this role.
  bool on_answer(Now now, Desk& desk, RequestId request, const Message& message);
  bool on_failure(Now now, Desk& desk, RequestId request);
  bool on_checked(Now now, Desk& desk, CheckId id, std::span<const bool> genuine);

  /// Operations under way, and everything kept for them.
  std::size_t held() const { return collections_.size() + waiting_.size() + checking_.size(); }

 private:
  enum class Stage : std::uint8_t { opening, checking, searching, asking, proving };
  struct Collection {
    PeerId target;
    Draw draw;
    Stage stage = Stage::opening;
    std::vector<PeerId> order;  // of asking
    std::size_t asked = 0;
    std::size_t under_way = 0;  // requests and checks of witnesses
    std::vector<Verified<ProofPart>> words;
    std::vector<Refusal> words_refused;
    std::vector<Refusal> rejections;
    std::optional<Verified<Draw>> drawn;
    std::optional<Verified<Proof>> proof;
    DeadlineId end;
    DeadlineId next;  // hedge or linger
    bool is_lingering = false;
  };
  using Collections = std::map<CollectionId, Collection>;
  struct Waiting {
    CollectionId id;
    PeerId peer;
    bool is_witness = false;
  };
  struct Checking {
    CollectionId id;
    std::variant<Draw, PartExam, RejectionExam> what;
  };
  enum class TimerKind : std::uint8_t { end, next };
  struct Timer {
    CollectionId id;
    TimerKind kind = TimerKind::end;
  };

  Operation make_operation(Now now, const Desk& desk, const Ask& ask, const PeerKey& target);
  void on_word_of_target(Desk& desk, Collections::iterator at, const Message& message);
  void on_challenge(Desk& desk, Collections::iterator at, const Challenge& challenge);
  void on_verdict(Desk& desk, Collections::iterator at, const Verdict& verdict);
  void on_word_of_witness(Now now, Desk& desk, Collections::iterator at, const PeerId& from,
                          const Message& message);
  std::optional<Refusal> take_word(Now now, Desk& desk, Collections::iterator at,
                                   const PeerId& from, const Message& message);
  void conclude_draw(Desk& desk, Collections::iterator at, const Draw& draw, bool is_genuine);
  std::optional<Refusal> conclude_word(Now now, Desk& desk, Collection& collection,
                                       const Checking& checking, std::span<const bool> genuine);
  static void refuse_word(Desk& desk, Collection& collection, Refusal why);
  void ask_more(Now now, Desk& desk, Collections::iterator at, std::size_t count);
  void advance(Now now, Desk& desk, Collections::iterator at);
  void prove(Desk& desk, Collections::iterator at);
  void set_next(Instant due, Collections::iterator at);
  void fail(Desk& desk, Collections::iterator at, Failure failure,
            std::optional<Refusal> refusal = std::nullopt);
  void end(Collections::iterator at);

  Rng rng_;
  Collections collections_;
  std::map<RequestId, Waiting> waiting_;
  std::map<CheckId, Checking> checking_;
  Deadlines<Timer> deadlines_;
  Sequence<CollectionId> ids_;
};

}  // namespace mycel::dht::witness
