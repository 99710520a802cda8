#pragma once
// Agrees with each peer on what both speak, and finds out whether it belongs to the same network. A
// machine.
//
// Who dials says its hello on its first stream, in the flight of whatever else it asks; who answers
// judges it and says its own on the same stream. Until then what the peer opens waits (node/links),
// so that a hello costs no round trip. A peer whose first stream is for something else, that does
// not know the protocol, or that is silent is a plain libp2p peer: a stranger, who gets what the
// network's policy gives strangers. Whoever is refused reads the reason in the close of the
// connection. Source: DESIGN, "Sessions".

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/counters.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/flat_map.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/session/hello_message.hpp"
#include "protocol/session/hello_refusal.hpp"

namespace mycel::session {

/// What peers get that do not belong to the network.
enum class StrangerPolicy : std::uint8_t {
  welcome,  ///< everything that libp2p peers get
  limited,  ///< identify and ping, so that they can see who is here
  refuse,   ///< nothing
};

struct HelloConfig {
  Version version{1, 0, 0};
  Version minimum{1, 0, 0};
  std::vector<std::string> features;        ///< at most features_max
  std::map<std::string, Bytes> extensions;  ///< told to everybody; nobody has to know them
  std::string network = "mycel";
  StrangerPolicy strangers = StrangerPolicy::welcome;
  /// With an authority the network is closed: members show a certificate that it signed.
  std::optional<crypto::Ed25519PublicKey> authority;
  Bytes certificate;  ///< this node's own
  /// The further factor: who says hello has to prove that it knows this too. Empty: none is asked.
  std::string join_token;
  /// Who says nothing for so long is a stranger.
  Duration timeout = 5s;
  /// As many as there can be connections, and those that are just being refused.
  std::size_t sessions_max = 8192;
};

/// Proves to `to` that `from` knows the token, without telling it: a node also dials nodes that are
/// not what they seem. TLS proves the two ids, so that nobody else can use what it overhears. A
/// token that can be guessed can be found from a proof: take a random one.
Bytes join_proof(std::string_view token, std::string_view network, const PeerId& from,
                 const PeerId& to);

enum class Standing : std::uint8_t {
  unknown,   ///< nothing is decided
  member,    ///< its certificate is good
  peer,      ///< of the same network, which is open
  stranger,  ///< a plain libp2p peer, or no member of a closed network
};
/// "unknown", "member", "peer", "stranger".
std::string_view to_text(Standing standing);

/// What is known of the peer at the other end of one connection.
struct Session {
  PeerId peer;
  Direction direction = Direction::outbound;
  Standing standing = Standing::unknown;
  bool is_limited = false;   ///< identify and ping only
  Version spoken;            ///< the newest that the peer speaks; 0.0.0: it said no hello
  Version common;            ///< what both speak
  std::uint32_t shared = 0;  ///< bits by HelloConfig::features: what both have
  DeadlineId deadline;       ///< of the hello, then of the certificate
  UnixTime expires{};        ///< of a member's certificate
};

struct Welcomed {
  ConnectionId connection;
  PeerId peer;
  Standing standing = Standing::stranger;
  bool is_limited = false;
};
/// The connection ends, or has ended, for that reason.
struct Refused {
  ConnectionId connection;
  PeerId peer;
  HelloRefusal reason = HelloRefusal::malformed;
  bool is_by_peer = false;
  std::string text;  ///< for people; of the peer if it refused, printable
};
using HelloEvent = std::variant<Welcomed, Refused>;

struct HelloRequest {
  RequestId id;
  ConnectionId connection;
  Bytes body;
};
struct HelloAnswer {
  InboundId id;
  Bytes body;
};
struct HelloClose {
  ConnectionId connection;
  std::uint64_t code = 0;
  std::string text;
};

struct HelloOutput {
  StoreBatch persist;  ///< always empty: nothing here outlives the process
  Durability durability = Durability::buffered;
  std::vector<HelloRequest> requests;
  std::vector<HelloAnswer> answers;
  std::vector<InboundId> refusals;  ///< a second hello: its stream is to be reset
  std::vector<HelloClose> closes;
  std::vector<HelloEvent> events;

  void clear();
};

struct HelloCounters {
  std::uint64_t members = 0;
  std::uint64_t peers = 0;
  std::uint64_t strangers = 0;
  std::uint64_t silent = 0;
  std::uint64_t repeated = 0;
  std::uint64_t version_mismatches = 0;
  std::array<std::uint64_t, hello_refusal_count> refused{};
  std::uint64_t refused_by_peer = 0;

  void each(const CounterVisitor& visit) const;
};

class Hello {
 public:
  Hello(HelloConfig config, const PeerId& self);

  /// Before anything else is sent on the connection.
  void on_connected(Now now, ConnectionId connection, const PeerId& peer, Direction direction);
  void on_closed(Now now, ConnectionId connection, std::uint64_t code, std::string_view text);
  /// The hello of a peer that dialled.
  void on_message(Now now, InboundId request, ConnectionId connection, ByteView body);
  /// The hello of a peer that was dialled.
  void on_answer(Now now, RequestId request, ByteView body);
  void on_failure(Now now, RequestId request, RequestFailure failure);
  /// A peer that dialled opened its first stream for something else.
  void on_plain(Now now, ConnectionId connection);

  void on_deadline(Now now);
  Instant next_deadline() const { return deadlines_.next(); }
  void take_output(HelloOutput& output) { std::swap(output_, output); }

  /// None when there is no such connection. It lives until the next call that changes something.
  const Session* session(ConnectionId connection) const;
  std::vector<std::string> shared_features(const Session& session) const;
  const HelloConfig& config() const { return config_; }
  const HelloCounters& counters() const { return counters_; }

 private:
  struct No {
    HelloRefusal reason;
    std::string text;
  };

  Bytes message_for(const PeerId& peer) const;
  void judge(Now now, ConnectionId connection, ByteView body);
  Result<Standing, No> standing_of(Now now, const Session& session, const HelloMessage& message,
                                   UnixTime& expires) const;
  Result<UnixTime, No> expiry_of(const Session& session, ByteView certificate) const;
  void admit_stranger(ConnectionId connection, Session& session);
  void welcome(ConnectionId connection, Session& session, Standing standing);
  void refuse(ConnectionId connection, HelloRefusal reason, std::string text);
  void watch_expiry(Now now, ConnectionId connection, Session& session);
  std::optional<ConnectionId> take_asked(RequestId request);
  Session* unsettled(ConnectionId connection);

  HelloConfig config_;
  PeerId self_;
  HelloMessage own_;
  FlatMap<ConnectionId, Session> sessions_;
  std::map<RequestId, ConnectionId> asked_;  // until their sessions are settled
  Sequence<RequestId> request_ids_;
  Deadlines<ConnectionId> deadlines_;
  HelloOutput output_;
  HelloCounters counters_;
};

}  // namespace mycel::session
