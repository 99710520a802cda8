#pragma once
// Whom this node trusts how far. Two kinds of word count, and differently:
//
//   Evidence convicts: signatures that contradict each other prove a lie to anybody. It counts at
//   once and for ever, is kept on the disk, and goes to every peer that lacks it, who checks it
//   before believing a word of it.
//   Opinions are this node's own experience, fade, and stay here.
//
// The ledger checks no proof itself: the protocol whose rule was broken does, and the wiring
// carries the question there. docs/protocols/trust.md has the rest.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/counters.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/trust/message.hpp"
#include "protocol/trust/opinions.hpp"

namespace mycel::trust {

/// Of what is persisted in Table::meta.
inline constexpr std::string_view store_prefix = "trust/";

using CheckId = Strong<struct TrustCheckTag, std::uint64_t>;

/// Does this prove what it says, against whom it says? on_checked().
struct Check {
  CheckId id;
  Evidence evidence;
};
struct Send {
  RequestId id;
  PeerId to;
  Bytes body;
};
struct Answer {
  InboundId id;
  Bytes body;
};

/// A peer is proven to have lied. Once a run; after a restart again.
struct Convicted {
  PeerId peer;
  bool is_known = false;  ///< from the disk
};
using Event = std::variant<Convicted>;

struct Output {
  StoreBatch persist;
  Durability durability = Durability::buffered;
  std::vector<Answer> answers;
  std::vector<InboundId> refusals;  ///< streams to be reset
  std::vector<Event> events;
  /// Offers and evidence: they promise nothing of this node's disk.
  std::vector<Send> sends;
  std::vector<Check> checks;

  void clear();
};

struct Counters {
  std::uint64_t convictions = 0;
  std::uint64_t evidence_received = 0;
  std::uint64_t evidence_refused = 0;  ///< that proved nothing
  std::uint64_t evidence_sent = 0;
  std::uint64_t faults = 0;
  std::uint64_t convicted_peers = 0;

  void each(const CounterVisitor& visit) const;
};

struct Config {
  PeerId self;
  /// 13 MB of evidence. Beyond it the longest known of those that this node never met makes room:
  /// whoever makes identities only to convict them pushes out nothing but such.
  std::size_t convicted_max = offered_max;
  /// Proofs of peers under examination, 40 KB each.
  std::size_t checks_max = 16;
  /// Peers that offers go to: as many as there can be connections.
  std::size_t peers_max = 4096;
};

class Ledger {
 public:
  explicit Ledger(Config config) : config_(std::move(config)) {}

  /// Evidence that was persisted, and so was checked before. False when it cannot be read.
  bool load(ByteView key, ByteView value);

  // What this node finds out by itself.
  /// It has checked the proof already.
  void on_evidence(const Evidence& evidence);
  /// A peer did wrong, though nothing proves it to others.
  void on_fault(Now now, const PeerId& peer);

  /// A peer is connected and may be told.
  void on_peer(const PeerId& peer);
  void on_peer_gone(const PeerId& peer) { peers_.erase(peer); }
  void on_request(Now now, InboundId inbound, const PeerId& from, const Message& message);
  void on_answer(RequestId request, const Message& message);
  void on_failure(RequestId request, RequestFailure why);
  void on_checked(Now now, CheckId id, bool is_proven);
  void on_deadline(Now) {}
  static Instant next_deadline() { return never; }
  void take_output(Output& output);

  bool is_convicted(const PeerId& peer) const { return convicted_.contains(name_of(peer)); }
  Score score_of(Now now, const PeerId& peer) const;
  std::vector<PeerId> convicted() const;
  std::optional<Evidence> evidence_against(const PeerId& peer) const;
  const Counters& counters() const;
  /// Requests and checks under way: 0 when all is over.
  std::size_t held() const { return asked_.size() + checking_.size(); }

 private:
  struct Entry {
    Evidence evidence;
    bool is_met = false;  // it was connected
    std::list<Name>::iterator place;
  };
  enum class Asked : std::uint8_t { offer, evidence };
  struct Pending {
    PeerId peer;
    Asked what = Asked::offer;
    std::size_t rounds = 0;  // how often more may be offered when this is through
  };
  struct Checking {
    InboundId inbound;
    PeerId from;
    Evidence evidence;
  };

  void convict(const Evidence& evidence, const PeerId* from);
  bool add(const Evidence& evidence);
  bool make_room();
  void serve(InboundId inbound, const Offer& offer);
  void examine(Now now, InboundId inbound, const PeerId& from, const Evidence& evidence);
  void offer(const PeerId& peer, std::vector<Name> names, std::size_t rounds);
  void give(const Pending& pending, const Wanted& wanted);
  void send(const Pending& pending, const Message& message);
  void refuse(InboundId inbound);

  Config config_;
  Opinions opinions_;
  std::map<Name, Entry> convicted_;
  std::list<Name> order_;  // the longest known first
  std::set<PeerId> peers_;
  std::map<RequestId, Pending> asked_;
  std::map<CheckId, Checking> checking_;
  Sequence<RequestId> request_ids_;
  Sequence<CheckId> check_ids_;
  mutable Counters counters_;
  Output next_;
};

}  // namespace mycel::trust
