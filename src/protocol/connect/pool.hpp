#pragma once
// The connections of this node: one that is used for each peer. Two peers may dial each other at
// the same time, and a peer may come back before its old connection is known to be dead; then there
// are two for a while. Both ends choose the same one, new streams go there, and the other is closed
// once its streams are done.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/flat_map.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/connect/output.hpp"

namespace mycel::connect {

/// A connection that came to be.
struct Connection {
  PeerId peer;  ///< proved by the handshake
  Multiaddr remote;
  Direction direction = Direction::inbound;
  std::optional<DialId> dial;  ///< which dial it came of, if it was ours
};

struct PoolConfig {
  /// More than this is too many: nothing is accepted beyond it. A connection costs memory,
  /// keep-alive packets and a share of every table that lists peers.
  std::size_t connections_max = 1024;
  /// Above `high`, idle connections are closed until `low` are left.
  std::size_t connections_high = 768;
  std::size_t connections_low = 640;
  /// Without streams for this long, a connection is closed.
  Duration idle_after = 5min;
  /// A redundant connection is closed when it was idle for this long. It is longer than a round
  /// trip, so that a stream which the peer opened before it knew of the other connection arrives.
  Duration redundant_idle_after = 5s;
  /// ... and after this long with streams still open: they had their time to finish.
  Duration redundant_for_max = 5min;
  /// Connections of one peer that began within this time were dialled at the same time; a later one
  /// says that the earlier is dead for whoever dialled.
  Duration simultaneous_within = 5s;
  /// A connection this young is not trimmed: its first stream may be on its way.
  Duration trim_after = 10s;
  Duration trim_every = 10s;

  /// What an operator sets: the rest follows from it.
  void limit_to(std::size_t connections, Duration idle) {
    connections_max = connections;
    connections_high = connections * 3 / 4;
    connections_low = connections * 5 / 8;
    idle_after = idle;
  }
};

/// What status shows of a connection.
struct ConnectionStatus {
  ConnectionId connection;
  PeerId peer;
  Multiaddr remote;
  Direction direction = Direction::outbound;
  Instant since{};
  std::size_t open_streams = 0;
  bool is_redundant = false;
  bool is_protected = false;
};

/// A part of the Connector, which tells it what happens and passes on its output.
class Pool {
 public:
  /// Protected peers are those of routing tables and meshes: a few hundred; the rest is refused.
  static constexpr std::size_t protected_max = 8192;

  Pool(PoolConfig config, const PeerId& self) : config_(config), self_(self) {}

  /// What became of a new connection.
  enum class Admission : std::uint8_t {
    first,       ///< the peer's only one
    second,      ///< the peer had one: either may be the one that is used now
    over_limit,  ///< closed at once
  };
  Admission admit(Instant now, ConnectionId id, const Connection& connection, Output& output,
                  Counters& counters);

  struct Ended {
    PeerId peer;
    Multiaddr remote;
    Direction direction = Direction::outbound;
    Duration age{};
    bool was_last = false;  ///< the peer has no other
  };
  /// None if it is not known: it was closed by us, or never admitted.
  std::optional<Ended> on_closed(Instant now, ConnectionId id, Output& output, Counters& counters);
  void on_streams(Instant now, ConnectionId id, std::size_t open_streams);

  /// The connection for new streams. use() also says that one is about to be opened.
  std::optional<ConnectionId> connection_of(const PeerId& peer) const;
  std::optional<ConnectionId> use(Instant now, const PeerId& peer);
  /// Where the peer's connection for new streams leads; null while there is none.
  const Multiaddr* remote_of(const PeerId& peer) const;

  void protect(Instant now, const PeerId& peer, bool is_protected);
  /// Closes what there is. True if there was a connection.
  bool disconnect(const PeerId& peer, Output& output, Counters& counters);

  void on_deadline(Instant now, Output& output, Counters& counters);
  Instant next_deadline() const { return due_.next(); }

  /// Could another connection be admitted?
  bool has_room(Instant now) const;
  /// The limit that was met, and who holds what it gives: for whoever is refused.
  std::string limit_text() const;
  /// Peers that lost their last connection since this was last cleared, by whoever uses it.
  std::vector<PeerId>& gone() { return gone_; }
  std::vector<ConnectionStatus> connections() const;
  std::size_t size() const { return links_.size(); }
  std::size_t peer_count() const { return peers_.size(); }

 private:
  struct Link {
    Connection what;
    Instant since{};
    std::size_t open_streams = 0;
    Instant idle_since{};  // the last time that it was used or had a stream
    std::optional<Instant> redundant_since;
    DeadlineId due;
    Instant due_at = never;  // of `due`: never later than it should be
  };
  struct Pair {
    ConnectionId used;
    std::optional<ConnectionId> redundant;
  };
  /// Closing an idle connection, or trimming them all.
  struct Due {
    std::optional<ConnectionId> connection;
  };

  Link& link_of(ConnectionId id) { return *links_.find(id); }
  template <class Visit>
  void each_link(Visit&& visit) const {
    links_.each_from(ConnectionId{}, [&](ConnectionId id, const Link& link) {
      visit(id, link);
      return true;
    });
  }
  static bool is_surplus(const Link& newcomer, const Link& used);
  bool is_full() const { return links_.size() >= config_.connections_max; }
  bool is_trimmable(Instant now, const Link& link) const;
  bool is_preferred(const Link& newcomer, const Link& old) const;
  bool was_dialled_by_smaller(const Link& link) const;
  void settle(Instant now, ConnectionId newcomer, Pair& pair, Output& output, Counters& counters);
  void make_redundant(Instant now, Pair& pair, ConnectionId id, Output& output, Counters& counters);
  void replace(const PeerId& peer, ConnectionId by, ConnectionId replaced, Output& output,
               Counters& counters);
  Instant due_of(const Link& link) const;
  void arm(ConnectionId id, Link& link);
  void on_due(Instant now, ConnectionId id, Output& output, Counters& counters);
  void trim(Instant now, Output& output, Counters& counters);
  void trim_if_high(Instant now, Output& output, Counters& counters);
  void close(ConnectionId id, std::string_view reason, Output& output, Counters& counters);
  void remove(ConnectionId id, Output& output, Counters& counters);
  void count(Counters& counters) const;

  PoolConfig config_;
  PeerId self_;
  FlatMap<ConnectionId, Link> links_;
  std::map<PeerId, Pair> peers_;
  std::set<PeerId> protected_;
  Deadlines<Due> due_;
  bool is_trim_set_ = false;
  std::vector<PeerId> gone_;
};

}  // namespace mycel::connect
