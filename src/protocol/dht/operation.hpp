#pragma once
// What somebody wants of the DHT, while it is under way: a lookup, what it asks of each peer, what
// it gathers from the answers, and when that is enough.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/dht/explain.hpp"
#include "protocol/dht/lookup.hpp"
#include "protocol/dht/message.hpp"
#include "protocol/dht/region.hpp"
#include "protocol/dht/verdict.hpp"

namespace mycel::dht {

using OperationId = Strong<struct OperationIdTag, std::uint64_t>;

struct FindNearest {};
/// A peer's addresses, as told by others until the peer itself has been reached.
struct FindPeer {
  PeerId peer;
  Addresses addresses;
  bool is_reached = false;
};
struct Get {
  std::size_t quorum = 1;
  std::optional<Bytes> best;
  PeerId best_from;              // of a merge: who brought the last that was new
  std::uint32_t answers = 0;     // valid values, this node's own included
  std::vector<PeerId> holders;   // who answered with the best
  std::vector<PeerId> outdated;  // who answered with a worse one
  VerdictCounts refused;
  bool is_explained = false;
  /// A newer value was heard of meanwhile: who asks now needs a lookup of its own.
  bool is_overtaken = false;
};
/// Who has been told of a value or provider so far.
struct Publication {
  /// Whoever answers from within it is told at once, before the lookup has ended.
  std::optional<Distance> told_on_the_way;
  std::vector<PeerInfo> told;
  std::uint32_t waiting = 0;
  std::vector<PeerId> confirmed;  ///< who said that they have it; for providers: who was told
  bool is_patient = false;        ///< the caller waits for everybody
};
struct Put {
  Bytes value;
  /// Said only when this node passes on what it holds for others.
  std::optional<UnixTime> published;
  Publication publication;
};
struct Provide {
  Publication publication;
};
struct FindProviders {
  std::size_t count_max = 1;
  std::map<PeerId, Addresses> found;
};
using Goal = std::variant<FindNearest, FindPeer, Get, Put, Provide, FindProviders>;

struct Operation {
  OperationId id{};
  /// Who hears of its end: several when they wanted the same at the same time, nobody when it is
  /// the node's own housekeeping.
  std::vector<OperationId> askers;
  bool is_upkeep = false;
  Bytes key;  ///< as it stands on the wire
  Goal goal;
  Lookup lookup;
  std::optional<Region> region;  ///< once the lookup has ended in a crowd
  Instant started{};
  DeadlineId timer{};
  Instant timer_due = never;
  std::size_t retries_left = 0;
  std::size_t doubts = 0;   ///< how often the result was too sparse to be believed
  PeerId doubted;           ///< the farthest of that result
  bool is_storing = false;  ///< the lookup is over, answers to puts are awaited
  std::uint32_t messages = 0;
  std::shared_ptr<Explanation> explanation;  ///< only when it was asked for
};

/// Whether whoever wants `goal` of `key` is served by what is under way already.
bool is_same(const Operation& operation, ByteView key, const Goal& goal);
/// How far a put or provide has come; none for other goals.
Publication* publication_of(Goal& goal);
/// What a lookup for this goal asks of each peer.
MessageType question_of(const Goal& goal);
/// Takes in whom an answer names beside closer peers: the wanted peer, providers.
void gather(Operation& operation, const Message& answer);
/// Takes in a valid value. `order` is how it compares with the best one so far.
void gather_value(Get& get, const PeerId& from, const Bytes& value, int order);
/// The same where values merge: `merged` is what it says together with what was gathered so far.
void gather_merged(Get& get, const PeerId& from, const Bytes& value, const Bytes& merged);
/// Whether the lookup can end before it settles.
bool is_satisfied(const Operation& operation);
/// Whether there is something to hand out, although more was hoped for.
bool has_something(const Operation& operation);
/// Whether a settled lookup did not bring what was wanted, so that entering elsewhere may help.
bool is_in_vain(const Operation& operation);

}  // namespace mycel::dht
