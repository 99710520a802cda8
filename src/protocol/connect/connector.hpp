#pragma once
// Keeps one connection to each peer that somebody needs: knows where peers may be, dials them in a
// good order, lets many share one connection, and closes what nobody uses. A machine; its parts are
// the address book, the dialler, the pool, the back-offs and the peer cache.
//
// A want ends in exactly one event, PeerConnected or Unreachable. What the peers say about where
// others are is never believed: an address is only ever tried, and the handshake proves who is
// there.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/wire/fault.hpp"

#include "protocol/connect/address_book.hpp"
#include "protocol/connect/backoff.hpp"
#include "protocol/connect/dial_ranking.hpp"
#include "protocol/connect/dialer.hpp"
#include "protocol/connect/output.hpp"
#include "protocol/connect/peer_cache.hpp"
#include "protocol/connect/pool.hpp"

namespace mycel::connect {

struct Config {
  AddressBookConfig addresses;
  DialerConfig dialer;
  PoolConfig pool;
  PeerCacheConfig cache;
  BackoffConfig peer_backoff{.first = 2s, .longest = 5min};
  BackoffConfig address_backoff{.first = 10s, .longest = 1h};
  std::size_t backoff_peers_max = 2048;
  /// A dialled connection that the peer ends sooner was a refusal: js-libp2p completes the
  /// handshake before it applies its limits.
  Duration settled_after = 2s;
};

enum class Urgency : std::uint8_t {
  normal,
  forced  ///< dials although the peer is in back-off: a person asked
};

class Connector {
 public:
  Connector(Config config, const PeerId& self, Rng rng);

  /// An entry of Table::peers, at start. What cannot be read is erased later.
  Result<PeerInfo, wire::Fault> load_peer(Now now, ByteView key, ByteView value);
  /// Peers that answered, in this life or an earlier one, last seen first.
  std::vector<PeerInfo> remembered_peers(std::size_t count_max) const;

  /// The addresses that this node listens on now; an unspecified one stands for every interface.
  void on_listening(const Addresses& addresses);
  /// Somebody says where a peer is. Helps an attempt that is under way, too.
  void add_addresses(Now now, const PeerInfo& peer, Source source);

  /// Somebody needs a connection. Returns the one there is, which then stays open for a while; if
  /// there is none, PeerConnected or Unreachable follows, once for all who wanted it meanwhile.
  std::optional<ConnectionId> want(Now now, const PeerId& peer, Urgency urgency = Urgency::normal);
  /// Never closed for being idle, from now on or no longer: a neighbour in a table or a mesh.
  void protect(Now now, const PeerId& peer, bool is_protected);
  /// Closes the peer's connections and gives up dialling it.
  void disconnect(Now now, const PeerId& peer);

  void on_resolved(Now now, ResolveToken token, const Addresses& addresses);
  void on_connected(Now now, ConnectionId id, const Connection& connection);
  void on_dial_failed(Now now, DialId dial, DialFailure failure, std::string_view text);
  /// Also for what this machine closed; that is not news then. `why` is what was said at the end:
  /// it becomes the reason of the back-off when the connection was refused.
  void on_closed(Now now, ConnectionId id, std::string_view why = "closed at once");
  /// How many streams are open on a connection, whoever opened them.
  void on_streams(Now now, ConnectionId id, std::size_t open_streams);

  void on_deadline(Now now);
  Instant next_deadline() const;
  void take_output(Output& output);

  std::optional<ConnectionId> connection_of(const PeerId& peer) const;
  /// Where a connected peer is seen; null while there is no connection.
  const Multiaddr* remote_of(const PeerId& peer) const { return pool_.remote_of(peer); }
  bool is_dialling(const PeerId& peer) const { return dialer_.is_dialling(peer); }
  std::vector<ConnectionStatus> connections() const { return pool_.connections(); }
  std::vector<KnownAddress> addresses_of(Now now, const PeerId& peer) const;
  std::size_t dials_under_way() const { return dialer_.dials(); }
  std::size_t connection_count() const { return pool_.size(); }
  const Counters& counters() const { return counters_; }

 private:
  void remember(Now now, const PeerInfo& peer);
  void start(Now now, const PeerId& peer, Urgency urgency);
  void refuse(const PeerId& peer, UnreachableReason reason);
  void refuse(Unreachable why);
  bool is_unwelcome(Now now, ConnectionId id, const Connection& connection);
  void on_reached(Now now, const Connection& connection, const std::optional<Dial>& dial);
  void conclude(Now now);
  void conclude(Now now, const Dialer::Failed& failed);
  void conclude(Now now, Dialer::Ended ended);

  Config config_;
  PeerId self_;
  Rng rng_;
  OwnAddresses own_;
  AddressBook book_;
  Dialer dialer_;
  Pool pool_;
  Backoffs backoffs_;
  PeerCache cache_;
  Output output_;
  Counters counters_;
};

}  // namespace mycel::connect
