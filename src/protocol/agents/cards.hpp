#pragma once
// This node's own cards, and the cards that it resolves. Own cards are signed (by whoever holds the
// keys), kept, put into the DHT, put again before the DHT forgets them, and signed anew before they
// expire. What is resolved is verified, and a DID whose newer statement was seen before is never
// answered with an older one.
//
// A publication goes: parse -> look whether the DHT knows a newer statement of this DID (once a
// run, so that a lost or restored store cannot fork the chain) -> sign -> keep -> put.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/counters.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/agents/card.hpp"
#include "protocol/agents/known_heads.hpp"
#include "protocol/agents/signed_card.hpp"

namespace mycel::agents {

/// A publication or a revocation that was asked for.
using PublishId = Strong<struct PublishIdTag, std::uint64_t>;
using ResolveId = Strong<struct ResolveIdTag, std::uint64_t>;
using SignId = Strong<struct SignIdTag, std::uint64_t>;
using PutId = Strong<struct PutIdTag, std::uint64_t>;
using GetId = Strong<struct GetIdTag, std::uint64_t>;

struct Config {
  PeerId writer;            ///< this node, in the clocks of what it signs
  Duration lifetime = 24h;  ///< of a card whose file does not say
  Duration republish = 12h;
  Duration wait_max = 2min;  ///< for an answer of the DHT or of the keystore
  Duration retry_min = 10s;  ///< after a put that nobody took; doubles up to `retry_max`
  Duration retry_max = 30min;
  std::size_t own_max = 256;       ///< own cards: each is looked after by timers
  std::size_t known_max = 10'000;  ///< DIDs whose newest statement is remembered, about 200 B each
  std::size_t resolves_max = 1'024;  ///< look-ups under way
};

// What the caller is asked to do. Each answer comes back by the id.

/// Sign `bytes` with the agent key of that name: on_signed() or on_sign_failed().
struct Sign {
  SignId id;
  std::string did;
  std::string key;
  Bytes bytes;
};
/// Put into the DHT: on_put_done().
struct Put {
  PutId id;
  Bytes key;
  Bytes value;
};
/// Get from the DHT, asking all replicas rather than the first: on_got(). With `may_be_cached`,
/// what they said a moment ago will do.
struct Get {
  GetId id;
  Bytes key;
  bool may_be_cached = false;
};

/// How a put went.
struct PutResult {
  std::size_t stored = 0;  ///< nodes that took the value
  std::string facts;       ///< for people: "asked 12 nodes, 9 timed out"
};
/// What a get found, nothing verified.
struct Found {
  std::vector<Bytes> values;  ///< different values under the key; the first 32 are looked at
  std::string facts;          ///< for people: how the search went
};

/// The card is signed, kept, and taken by `stored` nodes.
struct Published {
  PublishId id;
  std::string did;
  std::uint64_t sequence = 0;
  bool is_revocation = false;
  std::size_t stored = 0;
};
/// The card is signed and kept, but nobody took it yet. It is put again after `retry_in`, and then
/// `Published` follows.
struct PublishDelayed {
  PublishId id;
  std::string did;
  std::string text;
  Duration retry_in{};
};
/// It was not signed, or a later publication took its place.
struct PublishFailed {
  PublishId id;
  std::string did;
  std::string text;
};
struct Resolved {
  ResolveId id;
  VerifiedCard card;
};
/// Something was found under the DID, and it is not good.
struct ResolveRefused {
  ResolveId id;
  std::string did;
  Refused why;
};
struct NotFound {
  ResolveId id;
  std::string did;
  std::string text;
};
/// Two statements of one DID with one sequence: proof that its key forked its chain.
struct Forked {
  std::string did;
  Bytes envelope;
  Bytes other_envelope;
};
using Event = std::variant<Published, PublishDelayed, PublishFailed, Resolved, ResolveRefused,
                           NotFound, Forked>;

struct Output {
  StoreBatch persist;
  Durability durability = Durability::buffered;
  std::vector<Put> puts;
  std::vector<Event> events;
  // These promise nothing and may leave before the disk answers.
  std::vector<Sign> signs;
  std::vector<Get> gets;

  void clear();
};

struct Counters {
  std::uint64_t published = 0;
  std::uint64_t renewed = 0;
  std::uint64_t put_again = 0;
  std::uint64_t puts_failed = 0;
  std::uint64_t resolved = 0;
  std::uint64_t not_found = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t ordering_violations = 0;
  std::array<std::uint64_t, refusal_count> verification_failures{};

  void each(const CounterVisitor& visit) const;
};

struct Publication {
  std::string did;
  std::string key;            ///< name of the agent key that belongs to `did`
  std::string_view document;  ///< the card file's JSON
};

/// One of this node's own cards, for people.
struct OwnCard {
  std::string did;
  std::string key;
  std::string name;  ///< empty when revoked
  std::uint64_t sequence = 0;
  std::optional<wire::Cid> cid;  ///< none when revoked
  UnixTime issued{};
  UnixTime expires{};
  bool is_revoked = false;
  std::size_t stored = 0;  ///< nodes that took it at the last put of this run
};

class Cards {
 public:
  Cards(Config config, Rng rng);

  /// What was persisted before, one entry of Table::cards at a time, before start(). The error says
  /// what is wrong with the entry, which is then left out.
  Result<void, std::string> load(ByteView key, ByteView value);
  void start(Now now);

  /// Takes a card file. Ends in `Published`, perhaps after `PublishDelayed`, or in `PublishFailed`.
  Result<PublishId, CardProblems> publish(Now now, const Publication& what);
  /// Takes an own card back. The error says why that cannot be. Publishing again undoes it.
  Result<PublishId, std::string> revoke(Now now, const std::string& did);
  /// Ends in `Resolved`, `ResolveRefused` or `NotFound`. The error says why it cannot begin.
  Result<ResolveId, std::string> resolve(Now now, const std::string& did,
                                         bool may_be_cached = false);

  void on_signed(Now now, SignId id, const Bytes& signature);
  void on_sign_failed(Now now, SignId id, const std::string& why);
  void on_put_done(Now now, PutId id, const PutResult& result);
  void on_got(Now now, GetId id, const Found& found);
  void on_deadline(Now now);

  Instant next_deadline() const { return deadlines_.next(); }
  void take_output(Output& output);

  std::vector<OwnCard> list() const;
  const Counters& counters() const { return counters_; }

 private:
  enum class Stage : std::uint8_t { idle, looking, signing, putting };

  /// The next statement of an own card, until it is signed.
  struct Draft {
    std::optional<PublishId> asked_by;  ///< none: a renewal
    std::string key;
    Duration lifetime{};
    Bytes document;
    bool is_revocation = false;
    Bytes payload;  ///< once it is being signed
  };
  struct Own {
    std::string key;
    Duration lifetime{};
    std::optional<ProvenStatement> head;
    std::optional<Draft> draft;
    std::optional<PublishId> waiting;  ///< hears when the head is put
    Stage stage = Stage::idle;
    bool has_looked = false;  ///< the DHT was asked for a newer head in this run
    bool heals_fork = false;  ///< the head took the place of another one of ours
    std::uint64_t step = 0;   ///< the SignId, PutId or GetId that the stage waits for
    std::uint32_t tries = 0;  ///< puts in a row that nobody took
    std::size_t stored = 0;
    DeadlineId timer;
  };
  struct Lookup {
    ResolveId id;
    std::string did;
    DeadlineId timer;
  };
  struct Due {
    std::string own;  ///< a DID of ours whose timer is due, or
    GetId lookup;     ///< a look-up that takes too long
  };
  /// The best of what a get found.
  struct Best {
    std::optional<ProvenStatement> statement;
    std::optional<Refused> refused;  ///< the first refusal, when there is no statement
  };

  using OwnEntry = std::pair<const std::string, Own>;

  // The way of an own card. Each step sets the timer that bounds it.
  void advance(Now now, OwnEntry& entry);
  static std::optional<Draft> renewal_of(Now now, const Own& own);
  static bool is_done(Now now, const Own& own);
  void look(Now now, OwnEntry& entry);
  void on_looked(Now now, OwnEntry& entry, const Found& found);
  void sign(Now now, OwnEntry& entry);
  void on_not_signed(Now now, OwnEntry& entry, const std::string& why);
  void put(Now now, OwnEntry& entry);
  void on_not_put(Now now, OwnEntry& entry, const std::string& facts);
  void rest(OwnEntry& entry, Instant until);
  void on_own_timer(Now now, const std::string& did);

  Result<PublishId, std::string> begin(Now now, OwnEntry& entry, Draft draft);
  CardPayload next_payload(Now now, const OwnEntry& entry) const;
  void adopt(OwnEntry& entry, const ProvenStatement& newer);
  void keep(const OwnEntry& entry);
  void set_timer(OwnEntry& entry, Instant due);
  Duration refresh_delay(Now now, const ProvenStatement& head);
  Duration retry_delay(std::uint32_t tries);
  OwnEntry* waiting_for(Stage stage, std::uint64_t step);
  Result<void, std::string> load_own(const std::string& did, ByteView value);

  // The way of a look-up.
  Best best_of(const std::string& did, const Found& found);
  void conclude(Now now, const Lookup& lookup, const Found& found);
  void refuse(const Lookup& lookup, const Refused& why);
  Result<void, Refused> check_known(const std::string& did, const ProvenStatement& statement);
  void count(Refusal reason);

  Config config_;
  Rng rng_;
  std::map<std::string, Own> own_;  // by DID
  KnownHeads known_;
  std::map<GetId, Lookup> lookups_;
  Deadlines<Due> deadlines_;
  Sequence<PublishId> publish_ids_;
  Sequence<ResolveId> resolve_ids_;
  Sequence<SignId> sign_ids_;
  Sequence<PutId> put_ids_;
  Sequence<GetId> get_ids_;
  Counters counters_;
  Output output_;
};

}  // namespace mycel::agents
