#pragma once
// What the connector asks for and reports. None of it promises anything that is stored: the peer
// cache is a convenience for the next start, so everything may leave before the disk answers.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/counters.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/store_write.hpp"

namespace mycel::connect {

/// One dial of one address, numbered by the connector.
using DialId = Strong<struct DialIdTag, std::uint64_t>;
/// One DNS name that the connector waits for.
using ResolveToken = Strong<struct ResolveTokenTag, std::uint64_t>;

/// Why a dial brought no connection.
enum class DialFailure : std::uint8_t {
  timeout,              ///< nobody answered in time
  unreachable,          ///< the system says there is no way there
  refused,              ///< the peer closed the connection before it was of use
  handshake_failed,     ///< TLS refused
  wrong_peer,           ///< somebody else answered
  address_unsupported,  ///< no transport for this address
  transport_error,      ///< the peer broke the rules of the transport
  name_unresolved,      ///< DNS had no address
  overloaded,           ///< a limit of our own
  cancelled,            ///< we gave the dial up
};
inline constexpr std::size_t dial_failure_count = 10;

/// Why there is no connection to a peer.
enum class UnreachableReason : std::uint8_t {
  no_addresses,  ///< nobody said where the peer is
  no_usable,     ///< none of its addresses can be dialled from here
  all_failed,    ///< every address failed: see `failures`
  backing_off,   ///< it failed a moment ago: see `failures` and `retry_at`
  timeout,       ///< the time for the whole attempt is over
  is_self,       ///< a node does not dial itself
  overloaded,    ///< a limit of our own: attempts under way, or connections
  cancelled,     ///< disconnect() while dialling
};

/// Lower-case words for people and for metric labels: "wrong_peer", "backing_off".
std::string_view to_text(DialFailure failure);
std::string_view to_text(UnreachableReason reason);

/// What came of one address. `text` may hold words of the peer: at most 200 bytes, not for labels.
struct AddressFailure {
  Multiaddr address;
  DialFailure failure = DialFailure::timeout;
  std::string text;
  friend bool operator==(const AddressFailure&, const AddressFailure&) = default;
};

/// The peer has a connection, where it had none.
struct PeerConnected {
  PeerId peer;
  ConnectionId connection;
  Direction direction = Direction::outbound;
  Multiaddr remote;
};
/// New streams belong on another connection to the same peer. `replaced` may live on until its
/// streams are done.
struct ConnectionReplaced {
  PeerId peer;
  ConnectionId connection;
  ConnectionId replaced;
  Direction direction = Direction::outbound;
  Multiaddr remote;
};
/// The peer has no connection any more.
struct PeerDisconnected {
  PeerId peer;
  ConnectionId connection;
};
/// What was wanted is not to be had now.
struct Unreachable {
  PeerId peer;
  UnreachableReason reason = UnreachableReason::all_failed;
  std::vector<AddressFailure> failures;  ///< of this attempt, or of the one before the back-off
  std::optional<Instant> retry_at;       ///< when the back-off ends
  std::string limit = {};                ///< of what is overloaded: its name, value and holders
};
using Event = std::variant<PeerConnected, ConnectionReplaced, PeerDisconnected, Unreachable>;

/// "all_failed: /ip4/... timeout; /ip6/... refused (busy)", for people.
std::string describe(const Unreachable& unreachable);

struct Resolve {
  ResolveToken token;
  PeerId peer;  ///< a dnsaddr name may list many peers: this one's addresses are wanted
  Multiaddr address;
};
struct Dial {
  DialId id;
  PeerId peer;  ///< whoever else answers is refused
  Multiaddr address;
};
struct Close {
  ConnectionId connection;
  std::uint64_t code = 0;
  std::string reason;  ///< for people on either side
};

/// What the caller must do next. `abandons` are dials whose outcome is of no interest any more:
/// whatever comes of them is to be closed, and may but need not be reported.
struct Output {
  StoreBatch persist;
  Durability durability = Durability::buffered;
  std::vector<Resolve> resolve;
  std::vector<Dial> dials;
  std::vector<DialId> abandons;
  std::vector<Close> closes;
  std::vector<Event> events;

  void clear();
};

/// What the connector counts. `pooled_connections` is how many are open now.
struct Counters {
  std::uint64_t pooled_connections = 0;
  std::uint64_t connected_peers = 0;
  std::uint64_t dials = 0;
  std::array<std::uint64_t, dial_failure_count> dial_failures{};
  std::uint64_t stream_reuses = 0;
  std::uint64_t wants = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t connections_in = 0;
  std::uint64_t connections_out = 0;
  std::uint64_t replaced = 0;
  std::uint64_t closed_redundant = 0;
  std::uint64_t closed_idle = 0;
  std::uint64_t closed_trimmed = 0;
  std::uint64_t closed_over_limit = 0;

  void each(const CounterVisitor& visit) const;
};

/// What connections are closed with: code 0 is a normal close in libp2p, whatever the reason.
inline constexpr std::uint64_t normal_close = 0;

}  // namespace mycel::connect
