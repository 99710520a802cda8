#pragma once
// The distributed hash table: finds peers, values and providers by asking ever nearer nodes, and
// keeps for others what is near to this node. It speaks libp2p's Kademlia.
//
// What it sends are requests that the link layer carries; each one that expects an answer comes
// back exactly once, through on_answer() or on_failure(), at the latest after the link layer's own
// deadline (five seconds is a good one).
// Source: libp2p specs, kad-dht; Kademlia (Maymounkov 2002).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/dht/admission.hpp"
#include "protocol/dht/compact_addresses.hpp"
#include "protocol/dht/counters.hpp"
#include "protocol/dht/explain.hpp"
#include "protocol/dht/lookup.hpp"
#include "protocol/dht/message.hpp"
#include "protocol/dht/operation.hpp"
#include "protocol/dht/providers.hpp"
#include "protocol/dht/records.hpp"
#include "protocol/dht/size_estimate.hpp"
#include "protocol/dht/table.hpp"
#include "protocol/dht/value_cache.hpp"

namespace mycel::dht {

struct Config {
  TableConfig table;
  LookupConfig lookup;
  RecordConfig records;
  ProviderConfig providers;
  RegionConfig region;
  CacheConfig cache;
  Admission admission;
  /// A server answers requests and may stand in others' tables; a client only asks.
  bool is_server = true;
  /// Operations of the node's users at once; more end at once with Overloaded.
  std::size_t operations_max = 1024;
  /// A lookup that takes longer ends with what it has.
  Duration operation_time_max = 60s;
  /// A lookup that has found something waits so long for peers that are slow. Two crashed nodes
  /// must not make every answer take as long as the patience with them.
  Duration enough_after = 1500ms;
  /// A put or provide ends for its caller once so many nodes have confirmed, while the rest of the
  /// k nearest are still looked for and told. 0: once all have been told.
  std::size_t confirmations_enough = 10;
  /// How often a lookup that found nothing enters once more through other peers.
  std::size_t retries_max = 1;
  /// How often a lookup goes on because fewer nodes stand around its key than the size of the
  /// network lets expect: liars who name each other only are as many as they are and no more.
  std::size_t doubts_max = 4;
  /// Every bucket that no lookup went through for so long is refreshed.
  Duration refresh_interval = 10min;
  /// A newcomer looks for its own neighbourhood again after so long, and then each time after twice
  /// as long: whoever let it in may have led it astray, and each time it asks more others.
  Duration settle_min = 5s;
  /// Peers not heard from for so long are asked whether they are there.
  Duration check_after = 15min;
  Duration check_interval = 30s;
  std::size_t checks_max = 64;
  /// While the table is empty: time between attempts to enter, doubled each time.
  Duration entry_retry_min = 1s;
  Duration entry_retry_max = 60s;
  /// Refreshing and renewing lookups at once.
  std::size_t upkeep_max = 2;
  /// Renewals that wait for their turn; beyond it they wait for their next one.
  std::size_t renewals_max = 16384;
  /// Connected peers that do not serve the DHT, remembered so that others can find them.
  std::size_t clients_max = 256;
};

struct GetOptions {
  /// Valid values to gather before the best is the answer; with 1 the first one is, and the local
  /// store's counts. Of values that merge more than 1 are all: it goes on until the lookup settles.
  std::size_t quorum = 1;
  /// A value that an earlier lookup brought will do, as old as the cache's time to live allows.
  bool may_be_cached = false;
  /// Note down how it goes: LookupDone then brings an Explanation.
  bool is_explained = false;
};

struct PutOptions {
  /// Hear of the end when everybody has been told, as if enough confirmations were none.
  bool is_patient = false;
};

// How an operation can end.
struct Peers {
  std::vector<PeerInfo> nearest;  ///< that answered, nearest first, at most k
};
struct PeerFound {
  PeerInfo peer;
  bool is_reached = false;  ///< it answered itself; otherwise the addresses are hearsay
};
struct Value {
  Bytes key;
  Bytes value;
  PeerId from;                ///< this node itself if it held the value
  std::uint32_t answers = 0;  ///< valid values gathered
  bool is_cached = false;     ///< an earlier lookup brought it
};
struct NotFound {
  VerdictCounts refused;  ///< values that answers brought and that were not valid
};
struct Stored {
  std::uint32_t count = 0;  ///< nodes that confirmed; for providers: that were told
  std::uint32_t of = 0;
  bool goes_on = false;    ///< enough have confirmed, and the others are told now
  std::vector<PeerId> by;  ///< the `count`, in the order of their answers
};
struct Providers {
  Bytes key;
  std::vector<PeerInfo> providers;
};
struct Refused {
  Verdict reason = Verdict::valid;  ///< why an own put, or the key of a get, was not accepted
};
struct Overloaded {};
using OperationResult =
    std::variant<Peers, PeerFound, Value, NotFound, Stored, Providers, Refused, Overloaded>;

/// What an operation cost.
struct Facts {
  std::uint32_t hops = 0;  ///< answers on the way to the nearest that answered
  std::uint32_t messages = 0;
  std::uint32_t asked = 0;
  std::uint32_t answered = 0;
  std::uint32_t failed = 0;
  Duration duration{};
};

struct LookupDone {
  OperationId operation{};
  OperationResult result;
  Facts facts;
  std::shared_ptr<const Explanation> explanation = nullptr;  ///< when the get asked for it
};
/// Peers in the routing table, when that number has changed.
struct TableChanged {
  std::size_t size = 0;
};
/// The first lookup for this node itself has ended: the table holds its neighbourhood.
struct Joined {
  std::size_t table_size = 0;
};
/// The table is empty: somebody should connect to a configured entry point.
struct EntryWanted {
  std::uint32_t attempt = 0;
};
using Event = std::variant<LookupDone, TableChanged, Joined, EntryWanted>;

/// A message to a peer. Without `expects_answer` nothing comes back, not even a failure.
struct Request {
  RequestId id{};
  PeerId to;
  Message message;
  bool expects_answer = true;
};

enum class Reply : std::uint8_t {
  message,  ///< send the message
  nothing,  ///< accepted; this kind of request has no answer
  refusal,  ///< reset the stream
};
struct Answer {
  InboundId inbound{};
  Reply reply = Reply::refusal;
  Message message;
};

struct Output {
  StoreBatch persist;
  Durability durability = Durability::buffered;
  std::vector<Answer> answers;  ///< that promise what `persist` holds
  std::vector<Event> events;
  /// What promises nothing and may leave before the disk answers.
  struct Early {
    std::vector<PeerInfo> addresses;  ///< where the peers of `requests` are said to be
    std::vector<Request> requests;
    std::vector<Answer> answers;
  };
  Early early;

  void clear();
};

class Dht {
 public:
  Dht(const Config& config, const PeerId& self, Rng rng, std::vector<Namespace> namespaces);

  /// A record or provider of the tables `records` and `providers`, after a restart.
  void load(Now now, Table table, const Bytes& key, const Bytes& value);

  /// A connected peer has said who it is, where it listens and whether it serves the DHT.
  void on_peer(Now now, const PeerInfo& peer, bool serves_dht);
  /// A peer is no longer connected. It stays in the table until it fails to answer.
  void on_peer_gone(Now now, const PeerId& peer);
  /// From now on this peer is neither kept in the table nor named to others.
  void bar(Now now, const PeerId& peer);
  bool is_barred(const PeerId& peer) const { return barred_.contains(peer); }
  void on_request(Now now, InboundId inbound, const PeerId& from, const Message& message);
  void on_answer(Now now, RequestId request, const Message& message);
  void on_failure(Now now, RequestId request, RequestFailure failure);
  void on_deadline(Now now);
  Instant next_deadline() const;
  void take_output(Output& output);

  /// Looks up this node itself and refreshes every bucket; with an empty table asks for an entry
  /// point and goes on asking.
  void bootstrap(Now now);
  /// Where this node can be reached: what it tells as a provider.
  void set_local_addresses(Addresses addresses);
  void set_server(bool is_server) { config_.is_server = is_server; }

  // Operations: each ends with exactly one LookupDone, unless it is cancelled.
  OperationId find_peer(Now now, const PeerId& peer);
  OperationId find_nearest(Now now, ByteView key);
  /// Keeps the value here, renews it until its validator says that it has ended, and stores it at
  /// the nearest nodes. Where values merge it is merged with what this node holds first.
  OperationId put(Now now, const Bytes& key, const Bytes& value, PutOptions options = {});
  OperationId get(Now now, const Bytes& key, GetOptions options = {});
  /// Says that this node provides `key`, a multihash, now and in the future.
  OperationId provide(Now now, const Bytes& key);
  /// Ends the renewal of provide(). Others forget after the time to live.
  void stop_providing(Now now, const Bytes& key);
  OperationId find_providers(Now now, const Bytes& key, std::size_t count_max);
  /// Somebody says that there is a newer value under `key`: what is cached is not it, and neither
  /// is what lookups under way were told before. It costs a liar's victim a lookup, no more.
  void on_announced(const Bytes& key);
  /// Whoever wants the same goes on waiting for it. False when it has ended before.
  bool cancel(OperationId operation);

  const RoutingTable& table() const { return table_; }
  std::size_t operations_under_way() const { return operations_.size(); }
  /// Without those that ended for their callers and go on telling others.
  std::size_t operations_awaited() const;
  std::size_t requests_under_way() const { return pending_.size(); }
  const Counters& counters() const;

 private:
  enum class Purpose : std::uint8_t { lookup, sweep, member, store, check, correction };
  struct Pending {
    PeerInfo to;
    Purpose purpose = Purpose::check;
    MessageType type = MessageType::find_node;
    std::uint8_t sweep = 0;  // which of the operation's
    OperationId operation{};
    Bytes value;  // of a put: what the answer must repeat
  };
  enum class TimerKind : std::uint8_t { operation, refresh, settle, check, entry };
  struct Timer {
    TimerKind kind = TimerKind::operation;
    OperationId operation{};
  };
  /// Whom a cut made silent is there again when it heals, and nobody else may know of it.
  struct Departed {
    PeerInfo peer;
    std::uint8_t knocks = 0;
  };
  struct Renewal {
    Bytes key;
    bool is_provider = false;
  };

  // Requests of this node: dht.cpp.
  void ask(PeerInfo to, Purpose purpose, OperationId operation, Message message,
           std::uint8_t sweep = 0);
  void check_peer(const PeerInfo& peer);
  void on_heard(Now now, const PeerInfo& peer);
  void on_silence(Now now, const Pending& pending, RequestFailure failure);
  void on_self_report(const PeerInfo& peer);
  void on_reached(Now now, const PeerInfo& peer);
  std::optional<Message> without_cheap_ids(const Message& message);

  // Requests of peers: dht_serve.cpp.
  void reply(InboundId inbound, Message message);
  void refuse(InboundId inbound, RequestRefusal why);
  void serve_find_node(InboundId inbound, const PeerId& from, const Message& message);
  void serve_get_value(Now now, InboundId inbound, const PeerId& from, const Message& message);
  void serve_put_value(Now now, InboundId inbound, const Message& message);
  void serve_get_providers(Now now, InboundId inbound, const PeerId& from, const Message& message);
  void serve_add_provider(Now now, InboundId inbound, const PeerId& from, const Message& message);
  std::vector<Peer> closer_peers(ByteView key, const PeerId& asker) const;

  // Operations: dht_operations.cpp.
  OperationId begin(Now now, ByteView key, Goal goal);
  void run(Now now, OperationId id, ByteView key, Goal goal, bool is_upkeep);
  OperationId end_at_once(OperationResult result);
  void advance(Now now, Operation& operation);
  std::vector<PeerInfo> entry_points(const Key& target) const;
  void enter_widely(Lookup& lookup);
  void weigh_answers(Now now, const Operation& operation);
  std::vector<PeerInfo> any_of_table(const std::function<bool(const PeerId&)>& belongs);
  bool retry(Operation& operation);
  bool is_doubtful(const Operation& operation) const;
  bool doubt(Operation& operation);
  std::size_t enter_elsewhere(Operation& operation, std::size_t paths);
  bool is_enough(Now now, const Operation& operation) const;
  bool is_late(Now now, const Operation& operation) const;
  void rearm(Now now, Operation& operation);
  void on_operation_timer(Now now, OperationId id);
  void on_lookup_answer(Now now, Operation& operation, const Pending& pending,
                        const Message& message);
  void on_lookup_failure(Now now, Operation& operation, const Pending& pending,
                         RequestFailure failure);
  void gather_answer(Now now, Operation& operation, const PeerId& from, const Message& message);
  std::vector<PeerInfo> destinations(const Operation& operation) const;
  void gather_record(Now now, const Operation& operation, Get& get, const PeerId& from,
                     const Record& record);
  void end_lookup(Now now, Operation& operation);
  OperationResult result_of(Now now, Operation& operation);
  void correct(Now now, Operation& operation, const Get& get);
  void finish(Now now, Operation& operation, OperationResult result);
  void tell_askers(Now now, Operation& operation, const OperationResult& result);
  Operation* operation_of(OperationId id);
  Operation* operation_for(OperationId asker);

  // Operations that say how they went: dht_explain.cpp.
  static void explain_question(Now now, Operation& operation, Purpose purpose, const PeerId& peer,
                               std::size_t sweep = 0);
  void explain_answer(Now now, Operation& operation, const Pending& pending, const Message* message,
                      RequestFailure failure = {});
  static std::shared_ptr<const Explanation> explained(const Operation& operation,
                                                      const OperationResult& result);

  // Puts and provides: dht_publish.cpp.
  std::optional<Distance> sure_radius() const;
  void tell_on_the_way(Now now, Operation& operation, const PeerInfo& peer);
  void tell_if_late(Now now, Operation& operation);
  void publish(Now now, Operation& operation);
  void tell_nearest(Operation& operation);
  void tell(Operation& operation, Publication& publication, const PeerInfo& peer);
  static Stored stored_so_far(const Publication& publication);
  void announce(const Bytes& key, const PeerInfo& to);
  void on_store_end(Now now, Operation& operation, const PeerId& by, bool is_stored);
  void end_if_enough(Now now, Operation& operation);

  // Crowded regions: dht_region.cpp.
  bool begin_region(Now now, Operation& operation);
  void advance_region(Now now, Operation& operation);
  bool sweep(Now now, Operation& operation);
  void take_members(Operation& operation);
  void ask_members(Now now, Operation& operation);
  void on_region_answer(Now now, Operation& operation, const Pending& pending,
                        const Message* message);

  // Cached values: dht_cache.cpp.
  std::optional<Value> cached(Now now, const Bytes& key, std::size_t quorum);
  void remember(Now now, const Operation& operation, const Get& get);
  void gather_cached(Now now, const Bytes& key, Get& get);
  void remember_merged(Now now, const Bytes& key, const Get& get);
  void drop_cached(Now now, const Bytes& key, const Bytes& newer);

  // Upkeep: dht_upkeep.cpp.
  void on_timer(Now now, const Timer& timer);
  void set_timer(DeadlineId& timer, TimerKind kind, Instant due);
  void on_table_filled(Now now);
  void seek_entry(Now now);
  void refresh_stalest_bucket(Now now);
  void settle(Now now);
  void check_silent(Now now);
  void knock_at_departed();
  void queue_refresh(std::size_t bucket);
  void queue_refresh_of_all();
  void queue_renewals(std::vector<Bytes>& keys, bool is_provider);
  void run_upkeep(Now now);
  void start_refresh(Now now, std::size_t bucket);
  void start_renewal(Now now, const Renewal& renewal);
  Bytes key_in_bucket(std::size_t bucket);
  void mark_refreshed(Now now, ByteView key);

  Config config_;
  PeerId self_;
  Rng rng_;
  RoutingTable table_;
  RecordStore records_;
  ProviderStore providers_;
  SizeEstimate size_;
  ValueCache cache_;
  Addresses local_addresses_;
  std::map<PeerId, CompactAddresses> clients_;
  std::set<PeerId> barred_;  // as many as whoever bars them keeps evidence against

  Sequence<OperationId> operation_ids_;
  Sequence<RequestId> request_ids_;
  std::map<OperationId, Operation> operations_;
  std::map<RequestId, Pending> pending_;
  std::size_t upkeep_running_ = 0;
  std::size_t checks_running_ = 0;

  Deadlines<Timer> deadlines_;
  DeadlineId refresh_timer_{};
  DeadlineId settle_timer_{};
  Duration settle_wait_{};
  DeadlineId check_timer_{};
  DeadlineId entry_timer_{};
  std::uint32_t entry_attempt_ = 0;
  bool has_joined_ = false;
  std::vector<Instant> bucket_refreshed_;
  std::list<std::size_t> refreshes_;  // buckets
  std::list<Renewal> renewals_;
  std::vector<PeerId> elders_;      // of those in the table, the ones that answered first
  std::vector<Departed> departed_;  // the last that left the table, the longest ago first

  std::size_t reported_size_ = 0;
  mutable Counters counters_;
  Output next_;
};

}  // namespace mycel::dht
