#pragma once
// Dials under way. Each wanted peer is one attempt: its addresses are dialled best first, each a
// little after the one before it, or at once when that one failed, until a connection comes from
// anywhere. All attempts share a limit on dials; those that wait for room take turns, one dial
// each.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/connect/dial_ranking.hpp"
#include "protocol/connect/output.hpp"

namespace mycel::connect {

struct DialerConfig {
  std::size_t attempts_max = 1024;
  std::size_t dials_max = 64;
  std::size_t dials_per_peer_max = 4;
  Duration dial_timeout = 10s;
  Duration resolve_timeout = 5s;
  /// Everything for one peer, waiting for room included.
  Duration attempt_timeout = 30s;
};

/// A part of the Connector, which tells it what happens and passes on its output.
class Dialer {
 public:
  /// Names beyond the first few of one peer are not looked up; answers are cut to what one attempt
  /// can dial in its time.
  static constexpr std::size_t names_per_attempt_max = 4;
  static constexpr std::size_t addresses_per_attempt_max = 32;
  static constexpr std::size_t text_max_bytes = 200;

  explicit Dialer(DialerConfig config) : config_(config) {}

  /// An attempt that ended without a connection.
  struct Ended {
    PeerId peer;
    UnreachableReason reason = UnreachableReason::all_failed;
    std::vector<AddressFailure> failures;
  };
  /// A dial that timed out or failed.
  struct Failed {
    PeerId peer;
    Multiaddr address;
    DialFailure failure = DialFailure::timeout;
  };
  /// What the connector must deal with after any call; it takes and clears them.
  struct Outcome {
    std::vector<Failed> failed;
    std::vector<Ended> ended;
  };

  bool is_dialling(const PeerId& peer) const { return attempts_.contains(peer); }
  bool is_full() const { return attempts_.size() >= config_.attempts_max; }
  std::string limit_text() const;

  /// Begins an attempt for a peer that has none. At least one address or name.
  void start(Instant now, const PeerId& peer, std::vector<RankedAddress> addresses,
             const Addresses& names, Output& output, Counters& counters);
  /// Ends the peer's attempt without a word: there is a connection, or nobody wants one any more.
  /// False if there is none.
  bool stop(Instant now, const PeerId& peer, Output& output, Counters& counters);

  /// More addresses for the peer's attempt, if it has one.
  void extend(Instant now, const PeerId& peer, std::vector<RankedAddress> addresses, Output& output,
              Counters& counters);

  /// Whom a dial under way is meant to reach.
  std::optional<PeerId> target(DialId dial) const;
  /// Whose name this is and where it stood, while an attempt waits for it.
  std::optional<Resolve> name(ResolveToken token) const;
  /// `addresses` are ranked; none means that the name led nowhere.
  void on_resolved(Instant now, ResolveToken token, std::vector<RankedAddress> addresses,
                   Output& output, Counters& counters);

  /// The dial is over with a connection. None if it was given up before.
  std::optional<Dial> on_connected(DialId dial);
  void on_failed(Instant now, DialId dial, DialFailure failure, std::string_view text,
                 Output& output, Counters& counters);

  /// Room was made by on_connected() or stop(): the next in the queue may dial.
  void fill(Instant now, Output& output, Counters& counters);
  void on_deadline(Instant now, Output& output, Counters& counters);
  Instant next_deadline() const { return due_.next(); }

  Outcome& outcome() { return outcome_; }
  std::size_t dials() const { return dials_.size(); }
  std::size_t attempts() const { return attempts_.size(); }

 private:
  using Turn = std::uint64_t;
  struct Attempt {
    PeerId peer;
    std::vector<RankedAddress> addresses;
    std::size_t next = 0;  // the first address that was not dialled yet
    Instant next_due{};    // when its head start for the one before is over
    std::set<DialId> dials;
    std::set<ResolveToken> names;
    std::vector<AddressFailure> failures;
    std::optional<Turn> turn;  // its place in the queue
    DeadlineId wake;
    DeadlineId limit;
  };
  struct UnderWay {
    PeerId peer;
    Multiaddr address;
    DeadlineId timeout;
  };
  struct Name {
    PeerId peer;
    Multiaddr address;
    DeadlineId timeout;
  };
  struct Due {
    enum class What : std::uint8_t { wake, limit, dial, name };
    What what = What::wake;
    PeerId peer;
    DialId dial;
    ResolveToken name;
  };

  static void merge(Attempt& attempt, std::vector<RankedAddress> addresses);
  void resolve(Instant now, Attempt& attempt, const Multiaddr& name, Output& output);
  void step(Instant now, Attempt& attempt, Output& output, Counters& counters);
  void wait(Instant now, Attempt& attempt);
  bool wants_to_dial(Instant now, const Attempt& attempt) const;
  void dial_next(Instant now, Attempt& attempt, Output& output, Counters& counters);
  void note(Attempt& attempt, Multiaddr address, DialFailure failure, std::string_view text);
  void on_name_failed(Instant now, ResolveToken token, Output& output, Counters& counters);
  void end(Instant now, Attempt& attempt, UnreachableReason reason, Output& output,
           Counters& counters);
  void remove(Attempt& attempt, Output& output, Counters& counters);
  void leave_queue(Attempt& attempt);

  DialerConfig config_;
  std::map<PeerId, Attempt> attempts_;
  std::map<DialId, UnderWay> dials_;
  std::map<ResolveToken, Name> names_;
  std::set<std::pair<Turn, PeerId>> queue_;
  Turn last_turn_ = 0;
  Deadlines<Due> due_;
  Sequence<DialId> dial_ids_;
  Sequence<ResolveToken> tokens_;
  Outcome outcome_;
};

}  // namespace mycel::connect
