#pragma once
// Learns from each connected peer what it speaks and where it listens, tells peers the same of this
// node, and gathers from what they say where this node is seen. A machine.
//
// A request is a stream on which nothing is sent: the peer writes its message and ends it. Whoever
// carries it merges the frames (merge_frames) and gives up after a few seconds: js and go wait 5 s.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/base/counters.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/session/identify_message.hpp"
#include "protocol/session/observed_addresses.hpp"

namespace mycel::session {

struct IdentifyConfig {
  /// What js-libp2p says too; nothing depends on it.
  std::string protocol_version = "ipfs/0.1.0";
  std::string agent_version = "mycel";
  ObservedAddressesConfig observed;
  /// Changes of this node are gathered this long before they are pushed. js does the same.
  Duration push_after = 1s;
  /// A failed request is tried once more, after between one and two times this.
  Duration retry_after = 1s;
  /// As many peers as there can be connections.
  std::size_t peers_max = 4096;
};

/// What a peer says about itself.
struct Identity {
  std::string protocol_version;
  std::string agent_version;
  std::vector<std::string> protocols;  ///< sorted
  Addresses addresses;                 ///< where it listens, without /p2p
  bool are_addresses_signed = false;
  friend bool operator==(const Identity&, const Identity&) = default;

  bool speaks(std::string_view protocol) const;
};

struct Identified {
  PeerId peer;
  Identity identity;
  std::optional<Multiaddr> observed;  ///< where it sees us
};
/// The peer says something else than before.
struct Updated {
  PeerId peer;
  Identity identity;
};
/// The peer does not say; it may still be of use.
struct Unidentified {
  PeerId peer;
  RequestFailure failure = RequestFailure::timeout;
};
/// Enough peers see this node here ...
struct ObservedAddress {
  Multiaddr address;
};
/// ... or no longer do.
struct ObservedAddressLost {
  Multiaddr address;
};
using IdentifyEvent =
    std::variant<Identified, Updated, Unidentified, ObservedAddress, ObservedAddressLost>;

struct IdentifyRequest {
  RequestId id;
  ConnectionId connection;
  PeerId peer;
};
/// A message for /ipfs/id/push/1.0.0. Nobody answers, and nobody needs to know what became of it.
struct IdentifyPush {
  ConnectionId connection;
  PeerId peer;
  Bytes body;
};
struct IdentifyAnswer {
  InboundId id;
  Bytes body;
};

struct IdentifyOutput {
  StoreBatch persist;  ///< always empty: nothing here outlives the process
  Durability durability = Durability::buffered;
  std::vector<IdentifyRequest> requests;
  std::vector<IdentifyAnswer> answers;
  std::vector<IdentifyPush> pushes;
  std::vector<IdentifyEvent> events;

  void clear();
};

struct IdentifyCounters {
  std::uint64_t requests = 0;
  std::uint64_t identified = 0;
  std::uint64_t unidentified = 0;
  std::uint64_t refused = 0;  ///< messages that were malformed or named another peer
  std::uint64_t answers = 0;
  std::uint64_t pushes_in = 0;
  std::uint64_t pushes_out = 0;

  void each(const CounterVisitor& visit) const;
};

class Identify {
 public:
  Identify(IdentifyConfig config, const PeerId& self, Rng rng);

  /// What this node says of itself from now on: addresses without /p2p, the protocols that it
  /// serves, and its sealed wire::PeerRecord. Peers that follow pushes are told when it changed.
  void set_local(Now now, Addresses addresses, std::vector<std::string> protocols,
                 Bytes sealed_peer_record);

  /// A peer has a connection, or another one that is to be used from now on.
  void on_peer_connected(Now now, ConnectionId connection, const PeerId& peer,
                         const Multiaddr& remote);
  void on_peer_disconnected(Now now, const PeerId& peer);

  /// The message that came on the stream of a request, its frames merged.
  void on_answer(Now now, RequestId request, const Bytes& body);
  void on_failure(Now now, RequestId request, RequestFailure failure);
  /// The peer asks; always answered at once.
  void on_request(Now now, InboundId request, ConnectionId connection, const PeerId& peer);
  void on_push(Now now, const PeerId& peer, const Bytes& body);

  void on_deadline(Now now);
  Instant next_deadline() const;
  void take_output(IdentifyOutput& output);

  /// What a connected peer said.
  std::optional<Identity> identity_of(const PeerId& peer) const;
  /// Where a connected peer sees this node.
  std::optional<Multiaddr> observed_by(const PeerId& peer) const;
  Addresses observed_addresses() const { return observed_.addresses(); }
  const IdentifyCounters& counters() const { return counters_; }

 private:
  /// What many peers say word for word. Kept once, for they are what an identity mostly is.
  struct Software {
    std::string protocol_version;
    std::string agent_version;
    std::vector<std::string> protocols;
    friend auto operator<=>(const Software&, const Software&) = default;
  };
  using SoftwareCounts = std::map<Software, std::size_t>;  // with how many peers say it
  struct Remote {
    ConnectionId connection;
    Multiaddr address;
  };
  struct Peer {
    ConnectionId connection;  // for what is asked and pushed
    /// Where its connections come from, for what we tell it, older first. The used one, and the
    /// one before.
    std::vector<Remote> remotes;
    RequestId asked{};  // 0: nothing
    DeadlineId retry;
    SoftwareCounts::value_type* software = nullptr;  // null until it was identified
    Addresses addresses;
    Multiaddr observed;          // where it sees us; empty until it says so
    std::uint64_t sequence = 0;  // of its newest signed record
    std::uint64_t told = 0;      // the version of ours that it was told; 0: nothing
    bool are_addresses_signed = false;
    bool has_failed = false;
  };
  static constexpr std::size_t remotes_max = 2;

  static void note_remote(Peer& peer, ConnectionId connection, const Multiaddr& address);
  static const Multiaddr* remote_of(const Peer& peer, ConnectionId connection);
  static std::optional<Identity> identity_of(const Peer& peer);
  void keep(Peer& peer, Identity identity);
  void leave_software(Peer& peer);

  void ask(const PeerId& id, Peer& peer);
  void give_up(const PeerId& id, Peer& peer, RequestFailure failure);
  void accept(Now now, const PeerId& id, Peer& peer, IdentifyMessage message, bool is_push);
  static Identity merged(const PeerId& id, Peer& peer, const std::optional<Identity>& before,
                         IdentifyMessage& message, bool is_push);
  void take_observed(Now now, Peer& peer, const IdentifyMessage& message);
  void push();
  void tell_where(const PeerId& id, const Peer& peer, const Multiaddr& remote);
  bool is_behind(const Peer& peer) const;
  static bool follows_pushes(const Peer& peer);
  Bytes local(std::optional<Multiaddr> observed);
  std::pair<PeerId, Peer*> take_asked(RequestId request);
  void tell(const std::vector<ObservedAddresses::Change>& changes);

  IdentifyConfig config_;
  PeerId self_;
  Rng rng_;
  IdentifyMessage own_;        // what is told to everybody
  std::uint64_t version_ = 1;  // of the three above
  std::map<PeerId, Peer> peers_;
  SoftwareCounts software_;
  std::map<RequestId, PeerId> asked_;
  Sequence<RequestId> request_ids_;
  Deadlines<PeerId> retries_;
  Instant push_at_ = never;
  ObservedAddresses observed_;
  IdentifyOutput output_;
  IdentifyCounters counters_;
};

}  // namespace mycel::session
