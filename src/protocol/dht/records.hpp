#pragma once
// The values that this node keeps for the mesh. What may be kept is decided by validators that the
// wiring passes in, one for each namespace ("/card/..."); a value under any other key is refused.
// A better value is never replaced by a worse one; where a namespace merges, none is replaced at
// all. Source: libp2p specs, kad-dht, "Value routing"; Kademlia (Maymounkov 2002) §2.5 on
// republishing.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/dht/key.hpp"
#include "protocol/dht/verdict.hpp"

namespace mycel::dht {

/// What the keys that begin with `prefix` hold. The functions are pure.
struct Namespace {
  std::string prefix;  ///< with both slashes: "/card/"
  std::function<Verdict(ByteView key, ByteView value, UnixTime now)> validate;
  /// Positive when `a` is better than `b`, negative when it is worse, 0 when they are the same to a
  /// reader. Both are valid; a total order, so that all nodes end with the same value.
  std::function<int(ByteView key, ByteView a, ByteView b)> better;
  /// Set in place of `better` where no value replaces another: what both say together. Both are
  /// valid, and so is the result. Commutative, associative and idempotent, to the byte, so that all
  /// nodes end with the same value whatever they met in whatever order.
  std::function<Bytes(ByteView key, ByteView a, ByteView b)> merge = {};
  /// How long a value is kept after it was published; 0 for `RecordConfig::ttl`.
  Duration ttl{};
};

struct RecordConfig {
  std::size_t value_size_max_bytes = std::size_t{64} << 10;
  /// Beyond either limit the records farthest from this node make room.
  std::size_t count_max = 65536;
  std::size_t bytes_max = std::size_t{256} << 20;
  Duration ttl = 36h;  ///< go-libp2p's; publishers renew theirs well before
  Duration republish_own = 22h;
  /// After a put or a turn of an own record that reached nobody. Without it a network that was away
  /// at that moment would not know the record, or forget it, before its next turn.
  Duration retry = 10min;
  /// Held for others. Kademlia §2.5: whoever received the record within this time skips its turn.
  Duration republish_held = 1h;
  /// A held value that is asked for is validated again after so long: it may have ended since.
  Duration revalidate = 1min;
};

class RecordStore {
 public:
  RecordStore(const RecordConfig& config, const Key& self, std::vector<Namespace> namespaces,
              Rng rng);

  /// Whether a value may stand under a key, without keeping it.
  Verdict judge(Now now, ByteView key, ByteView value) const;
  /// Keeps a value if it is valid and not worse than what is held, or merges it in. `published` is
  /// when its sender got it (none: now); later than now is taken as now. Own values are those that
  /// this node publishes: they are never evicted, and stay until their validator says they have
  /// ended.
  Verdict put(Now now, const Bytes& key, const Bytes& value, std::optional<UnixTime> published,
              bool is_own, StoreBatch& persist);

  struct Found {
    Bytes value;
    UnixTime published;
    bool is_own = false;
  };
  /// What is held under a key, if it is still valid.
  std::optional<Found> get(Now now, ByteView key);
  /// Positive when `a` is better than `b` under `key`, whose namespace is known.
  int better(ByteView key, ByteView a, ByteView b) const;
  bool knows_namespace(ByteView key) const { return namespace_of(key) != nullptr; }
  /// Whether values under `key` are merged, and how: of a known namespace that does.
  bool merges(ByteView key) const;
  Bytes merged(ByteView key, const Bytes& a, const Bytes& b) const;

  /// A record from the table `records` after a restart. What cannot be kept is erased from it.
  void load(Now now, const Bytes& key, ByteView stored, StoreBatch& persist);

  /// Nobody took an own record when it was put or when its turn came: it has a turn soon.
  void on_not_taken(Now now, ByteView key);

  /// Forgets what has ended, and names in `republish` the keys whose turn has come.
  void on_deadline(Now now, StoreBatch& persist, std::vector<Bytes>& republish);
  Instant next_deadline() const { return due_.next(); }

  std::size_t size() const { return records_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t expired() const { return expired_; }

 private:
  struct Held {
    Bytes key;
    Bytes value;
    UnixTime published{};
    UnixTime heard{};   // last put by somebody, which spares this node its turn
    UnixTime judged{};  // last found valid
    bool is_own = false;
    DeadlineId due{};
  };
  using Records = std::map<Distance, Held>;  // by distance from this node

  const Namespace* namespace_of(ByteView key) const;
  UnixTime end_of(const Held& held) const;
  bool is_still_valid(Now now, Held& held) const;
  Duration jittered(Duration span);
  Duration turn_of(const Held& held) const;
  void schedule(Now now, const Distance& where, Held& held, Duration until_turn);
  Verdict renew(Now now, Records::iterator record, const Bytes& value, UnixTime published,
                bool is_own, StoreBatch& persist);
  Verdict merge_in(Now now, Records::iterator record, const Bytes& value, UnixTime published,
                   bool is_own, StoreBatch& persist);
  bool has_room_for(const Distance& where, std::size_t size, bool is_own) const;
  void make_room(StoreBatch& persist);
  Records::const_iterator farthest_stranger() const;
  void drop(Records::const_iterator record, StoreBatch& persist);
  void write(const Held& held, StoreBatch& persist) const;
  static std::size_t size_of(const Held& held);

  RecordConfig config_;
  Key self_;
  std::vector<Namespace> namespaces_;
  Rng rng_;
  Records records_;
  Deadlines<Distance> due_;
  std::size_t bytes_ = 0;
  std::uint64_t expired_ = 0;
};

/// A record as the table `records` holds it under the record's key.
struct StoredRecord {
  Bytes value;
  UnixTime published{};
  bool is_own = false;
  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};
Bytes encode(const StoredRecord& record);
std::optional<StoredRecord> decode_stored_record(ByteView bytes);

}  // namespace mycel::dht
