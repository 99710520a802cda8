#include "protocol/session/hello.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"
#include "foundation/crypto/hkdf.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::session {
namespace {

constexpr std::string_view join_proof_salt = "mycel-hello-join-proof";

// The calendar may step, so whoever has long to wait looks at it again.
constexpr CalendarClock::duration expiry_look_every = 24h;

// Takes as long wherever the two differ.
bool is_same_secret(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  std::byte difference{};
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
  return difference == std::byte{};
}

std::string versions_text(Version version, Version minimum) {
  return to_text(version) + " (minimum " + to_text(minimum) + ")";
}

// Read by either side: it says who is who.
std::string mismatch_text(const HelloMessage& refusing, const HelloMessage& refused) {
  return "the refusing side speaks " + versions_text(refusing.version, refusing.minimum) +
         ", the refused side " + versions_text(refused.version, refused.minimum);
}

}  // namespace

void HelloOutput::clear() {
  persist.clear();
  durability = Durability::buffered;
  requests.clear();
  answers.clear();
  refusals.clear();
  closes.clear();
  events.clear();
}

void HelloCounters::each(const CounterVisitor& visit) const {
  visit({"hello_welcomed_total", "Connections whose peer was let in.", "standing", "member"},
        members);
  visit({"hello_welcomed_total", "Connections whose peer was let in.", "standing", "peer"}, peers);
  visit({"hello_welcomed_total", "Connections whose peer was let in.", "standing", "stranger"},
        strangers);
  visit({"hello_silent_total", "Peers that said nothing in time and count as strangers."}, silent);
  visit({"hello_repeated_total", "Hellos of peers that had said theirs."}, repeated);
  visit({"protocol_version_mismatches_total",
         "Peers that one side refused because their versions have nothing in common."},
        version_mismatches);
  for (std::size_t i = 0; i < refused.size(); ++i)
    visit({"hello_refused_total", "Peers that this node refused.", "reason",
           to_text(static_cast<HelloRefusal>(i))},
          refused[i]);
  visit({"hello_refused_by_peer_total", "Peers that refused this node."}, refused_by_peer);
}

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::unknown:
      return "unknown";
    case Standing::member:
      return "member";
    case Standing::peer:
      return "peer";
    case Standing::stranger:
      return "stranger";
  }
  return "unknown";
}

Bytes join_proof(std::string_view token, std::string_view network, const PeerId& from,
                 const PeerId& to) {
  wire::ProtoWriter bound;  // each part behind its length, so that none runs into the next
  bound.text(1, network).bytes(2, from.view()).bytes(3, to.view());
  return Bytes::copy(ByteView(crypto::hkdf_sha256<join_proof_size_bytes>(
      as_bytes(token), as_bytes(join_proof_salt), bound.view())));
}

Hello::Hello(HelloConfig config, const PeerId& self) : config_(std::move(config)), self_(self) {
  std::ranges::sort(config_.features);
  check(config_.minimum <= config_.version, "a node speaks its own minimum");
  own_ = {.version = config_.version,
          .minimum = config_.minimum,
          .network = config_.network,
          .features = config_.features,
          .extensions = config_.extensions,
          .certificate = config_.certificate,
          .join_proof = {}};
  const auto read = decode_hello(encode(own_));
  check(read && *read == own_, "what this node says of itself can be read");
}

Bytes Hello::message_for(const PeerId& peer) const {
  if (config_.join_token.empty()) return encode(own_);
  HelloMessage message = own_;
  message.join_proof = join_proof(config_.join_token, config_.network, self_, peer);
  return encode(message);
}

void Hello::on_connected(Now now, ConnectionId connection, const PeerId& peer,
                         Direction direction) {
  if (sessions_.size() >= config_.sessions_max) {
    counters_.refused[static_cast<std::size_t>(HelloRefusal::overloaded)] += 1;
    output_.closes.push_back(
        {connection, close_code(HelloRefusal::overloaded),
         "the limit of " + std::to_string(config_.sessions_max) + " sessions is reached"});
    return;
  }
  Session& session = *sessions_.emplace(connection, {}).first;
  session.peer = peer;
  session.direction = direction;
  session.deadline = deadlines_.add(now.instant + config_.timeout, connection);
  if (direction == Direction::inbound) return;
  const RequestId request = request_ids_.next();
  asked_.emplace(request, connection);
  output_.requests.push_back({request, connection, message_for(peer)});
}

void Hello::on_closed(Now, ConnectionId connection, std::uint64_t code, std::string_view text) {
  const Session* const session = sessions_.find(connection);
  if (session == nullptr) return;
  if (const auto reason = refusal_in(code)) {
    counters_.refused_by_peer += 1;
    if (*reason == HelloRefusal::version_mismatch) counters_.version_mismatches += 1;
    output_.events.emplace_back(
        Refused{connection, session->peer, *reason, true, printable_refusal(text)});
  }
  deadlines_.cancel(session->deadline);
  sessions_.erase(connection);
}

void Hello::on_message(Now now, InboundId request, ConnectionId connection, ByteView body) {
  const Session* session = unsettled(connection);
  if (session == nullptr || session->direction == Direction::outbound) {
    probe("a peer says hello where it has nothing to say");
    counters_.repeated += 1;
    output_.refusals.push_back(request);
    return;
  }
  const PeerId peer = session->peer;
  judge(now, connection, body);
  if (sessions_.contains(connection)) output_.answers.push_back({request, message_for(peer)});
}

void Hello::on_answer(Now now, RequestId request, ByteView body) {
  const auto connection = take_asked(request);
  if (connection && unsettled(*connection) != nullptr) judge(now, *connection, body);
}

void Hello::on_failure(Now, RequestId request, RequestFailure failure) {
  const auto connection = take_asked(request);
  Session* session = connection ? unsettled(*connection) : nullptr;
  if (session == nullptr) return;
  if (failure == RequestFailure::malformed)
    return refuse(*connection, HelloRefusal::malformed, "the answer to a hello is none");
  if (failure != RequestFailure::unreachable) admit_stranger(*connection, *session);
}

void Hello::on_plain(Now, ConnectionId connection) {
  Session* session = unsettled(connection);
  if (session != nullptr && session->direction == Direction::inbound)
    admit_stranger(connection, *session);
}

void Hello::judge(Now now, ConnectionId connection, ByteView body) {
  const auto message = decode_hello(body);
  if (!message)
    return refuse(connection, HelloRefusal::malformed,
                  "the hello is " + std::string(wire::to_text(message.error())));
  Session& session = *sessions_.find(connection);
  const auto standing = standing_of(now, session, *message, session.expires);
  if (!standing) return refuse(connection, standing.error().reason, standing.error().text);
  session.spoken = message->version;
  session.common = std::min(config_.version, message->version);
  for (std::size_t i = 0; i < config_.features.size(); ++i)
    if (std::ranges::binary_search(message->features, config_.features[i]))
      session.shared |= std::uint32_t{1} << i;
  if (*standing == Standing::stranger) return admit_stranger(connection, session);
  welcome(connection, session, *standing);
  if (*standing == Standing::member) watch_expiry(now, connection, session);
}

Result<Standing, Hello::No> Hello::standing_of(Now now, const Session& session,
                                               const HelloMessage& message,
                                               UnixTime& expires) const {
  if (message.version < config_.minimum || config_.version < message.minimum)
    return Err{No{HelloRefusal::version_mismatch, mismatch_text(own_, message)}};
  if (message.network != config_.network)
    return Err{No{HelloRefusal::other_network, "the refusing side is of the network " +
                                                   config_.network + ", the refused side of " +
                                                   message.network}};
  const Bytes proof = config_.join_token.empty()
                          ? Bytes{}
                          : join_proof(config_.join_token, config_.network, session.peer, self_);
  if (!proof.empty() && !is_same_secret(proof, message.join_proof))
    return Err{No{HelloRefusal::join_token,
                  message.join_proof.empty()
                      ? "the network " + config_.network + " asks for a join token"
                      : std::string("the join token is another one")}};
  if (!config_.authority) return Standing::peer;
  if (message.certificate.empty()) return Standing::stranger;
  const auto until = expiry_of(session, message.certificate);
  if (!until) return Err{until.error()};
  if (*until <= now.unix)
    return Err{No{HelloRefusal::certificate_expired, "the membership certificate has expired"}};
  expires = *until;
  return Standing::member;
}

Result<UnixTime, Hello::No> Hello::expiry_of(const Session& session, ByteView sealed) const {
  const auto certificate = open_certificate(sealed, *config_.authority);
  if (!certificate && certificate.error() == wire::Fault::wrong_signer)
    return Err{No{HelloRefusal::certificate_foreign,
                  "another authority than the network's signed the membership certificate"}};
  if (!certificate)
    return Err{
        No{HelloRefusal::certificate_invalid,
           "the membership certificate: " + std::string(wire::to_text(certificate.error()))}};
  if (certificate->peer != session.peer)
    return Err{No{HelloRefusal::certificate_misplaced,
                  "the membership certificate is that of another peer"}};
  if (certificate->network != config_.network)
    return Err{No{HelloRefusal::certificate_misplaced,
                  "the membership certificate is for the network " + certificate->network +
                      ", not for " + config_.network}};
  return certificate->expires;
}

void Hello::admit_stranger(ConnectionId connection, Session& session) {
  if (config_.strangers == StrangerPolicy::refuse)
    return refuse(connection, HelloRefusal::stranger,
                  "the network " + config_.network + " lets in its members only");
  session.is_limited = config_.strangers == StrangerPolicy::limited;
  welcome(connection, session, Standing::stranger);
}

void Hello::welcome(ConnectionId connection, Session& session, Standing standing) {
  deadlines_.cancel(session.deadline);
  session.deadline = {};
  session.standing = standing;
  counters_.members += standing == Standing::member ? 1 : 0;
  counters_.peers += standing == Standing::peer ? 1 : 0;
  counters_.strangers += standing == Standing::stranger ? 1 : 0;
  output_.events.emplace_back(Welcomed{connection, session.peer, standing, session.is_limited});
}

void Hello::refuse(ConnectionId connection, HelloRefusal reason, std::string text) {
  const Session& session = *sessions_.find(connection);
  counters_.refused[static_cast<std::size_t>(reason)] += 1;
  if (reason == HelloRefusal::version_mismatch) counters_.version_mismatches += 1;
  std::string shown = printable_refusal(std::string(to_text(reason)) + ": " + text);
  output_.closes.push_back({connection, close_code(reason), std::move(shown)});
  output_.events.emplace_back(Refused{connection, session.peer, reason, false, std::move(text)});
  deadlines_.cancel(session.deadline);
  sessions_.erase(connection);
}

// A member stays one for as long as its certificate says, not for as long as its connection lasts.
void Hello::watch_expiry(Now now, ConnectionId connection, Session& session) {
  const auto left =
      std::min<CalendarClock::duration>(session.expires - now.unix, expiry_look_every);
  session.deadline = deadlines_.add(now.instant + left, connection);
}

void Hello::on_deadline(Now now) {
  while (const auto connection = deadlines_.pop_due(now.instant)) {
    Session& session = *sessions_.find(*connection);
    session.deadline = {};
    if (session.standing == Standing::unknown) {
      counters_.silent += 1;
      admit_stranger(*connection, session);
    } else if (session.expires > now.unix) {
      watch_expiry(now, *connection, session);
    } else {
      refuse(*connection, HelloRefusal::certificate_expired,
             "the membership certificate has expired");
    }
  }
}

std::optional<ConnectionId> Hello::take_asked(RequestId request) {
  const auto found = asked_.extract(request);
  if (!found) return std::nullopt;
  return found.mapped();
}

Session* Hello::unsettled(ConnectionId connection) {
  Session* const session = sessions_.find(connection);
  return session != nullptr && session->standing == Standing::unknown ? session : nullptr;
}

const Session* Hello::session(ConnectionId connection) const {
  return sessions_.find(connection);
}

std::vector<std::string> Hello::shared_features(const Session& session) const {
  std::vector<std::string> shared;
  for (std::size_t i = 0; i < config_.features.size(); ++i)
    if ((session.shared >> i & 1U) != 0) shared.push_back(config_.features[i]);
  return shared;
}

}  // namespace mycel::session
