#include "protocol/session/identify.hpp"

#include <algorithm>
#include <iterator>

#include "foundation/base/probe.hpp"

namespace mycel::session {

bool Identity::speaks(std::string_view protocol) const {
  return std::ranges::binary_search(protocols, protocol);
}

void IdentifyOutput::clear() {
  persist.clear();
  durability = Durability::buffered;
  requests.clear();
  answers.clear();
  pushes.clear();
  events.clear();
}

void IdentifyCounters::each(const CounterVisitor& visit) const {
  visit({"identify_requests_total", "Peers asked who they are."}, requests);
  visit({"identify_outcomes_total", "What came of asking.", "outcome", "identified"}, identified);
  visit({"identify_outcomes_total", "What came of asking.", "outcome", "unidentified"},
        unidentified);
  visit({"identify_refused_total", "Messages that were malformed or named somebody else."},
        refused);
  visit({"identify_answers_total", "Peers that were told who we are."}, answers);
  visit({"identify_pushes_total", "Changes told without being asked.", "direction", "inbound"},
        pushes_in);
  visit({"identify_pushes_total", "Changes told without being asked.", "direction", "outbound"},
        pushes_out);
}

Identify::Identify(IdentifyConfig config, const PeerId& self, Rng rng)
    : config_(std::move(config)), self_(self), rng_(rng), observed_(config_.observed) {
  own_ = {.protocol_version = config_.protocol_version,
          .agent_version = config_.agent_version,
          .public_key = Bytes::copy(self_.inlined_key())};
}

void Identify::set_local(Now now, Addresses addresses, std::vector<std::string> protocols,
                         Bytes sealed_peer_record) {
  if (addresses == own_.listen_addresses && protocols == own_.protocols &&
      sealed_peer_record == own_.signed_peer_record)
    return;
  own_.listen_addresses = std::move(addresses);
  own_.protocols = std::move(protocols);
  own_.signed_peer_record = std::move(sealed_peer_record);
  version_ += 1;
  if (push_at_ == never && !peers_.empty()) push_at_ = now.instant + config_.push_after;
}

// A peer whose connection moved cannot see that it did: what it takes for its address is an old one
// until somebody tells it where it is seen now.
void Identify::tell_where(const PeerId& id, const Peer& peer, const Multiaddr& remote) {
  if (!follows_pushes(peer)) return;
  probe("a connection moved, and its peer is told where it is seen");
  counters_.pushes_out += 1;
  output_.pushes.push_back({peer.connection, id, local(remote)});
}

void Identify::on_peer_connected(Now, ConnectionId connection, const PeerId& id,
                                 const Multiaddr& remote) {
  if (peers_.size() >= config_.peers_max && !peers_.contains(id)) {
    return;
  }
  Peer& peer = peers_[id];
  peer.connection = connection;
  const Multiaddr* const before = remote_of(peer, connection);
  const bool has_moved = before != nullptr && *before != remote;
  note_remote(peer, connection, remote);
  if (has_moved) tell_where(id, peer, remote);
  if (peer.software != nullptr || peer.asked != RequestId{}) return;
  peer.has_failed = false;  // a new connection is a new chance
  ask(id, peer);
}

void Identify::note_remote(Peer& peer, ConnectionId connection, const Multiaddr& address) {
  std::erase_if(peer.remotes, [&](const Remote& each) { return each.connection == connection; });
  if (peer.remotes.size() == remotes_max) peer.remotes.erase(peer.remotes.begin());
  peer.remotes.reserve(peer.remotes.size() + 1);
  const auto later = std::ranges::find_if(
      peer.remotes, [&](const Remote& each) { return each.connection > connection; });
  peer.remotes.insert(later, {connection, address});
}

const Multiaddr* Identify::remote_of(const Peer& peer, ConnectionId connection) {
  const auto found = std::ranges::find(peer.remotes, connection, &Remote::connection);
  return found == peer.remotes.end() ? nullptr : &found->address;
}

void Identify::on_peer_disconnected(Now, const PeerId& id) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  asked_.erase(peer.asked);
  retries_.cancel(peer.retry);
  leave_software(peer);
  peers_.erase(found);
}

void Identify::ask(const PeerId& id, Peer& peer) {
  retries_.cancel(peer.retry);
  peer.retry = {};
  const RequestId request = request_ids_.next();
  peer.asked = request;
  asked_.emplace(request, id);
  counters_.requests += 1;
  output_.requests.push_back({request, peer.connection, id});
}

std::pair<PeerId, Identify::Peer*> Identify::take_asked(RequestId request) {
  const auto found = asked_.find(request);
  if (found == asked_.end()) return {};
  const PeerId id = found->second;
  asked_.erase(found);
  Peer& peer = peers_.at(id);
  peer.asked = {};
  return {id, &peer};
}

void Identify::on_answer(Now now, RequestId request, const Bytes& body) {
  const auto [id, peer] = take_asked(request);
  if (peer == nullptr) return;
  auto message = decode_identify(body);
  if (!message || !check_sender(*message, id)) {
    counters_.refused += 1;
    return give_up(id, *peer, RequestFailure::malformed);
  }
  accept(now, id, *peer, *std::move(message), false);
}

void Identify::on_failure(Now now, RequestId request, RequestFailure failure) {
  const auto [id, peer] = take_asked(request);
  if (peer == nullptr) return;
  const bool is_final = peer->has_failed || failure == RequestFailure::unsupported;
  peer->has_failed = true;
  if (is_final) return give_up(id, *peer, failure);
  const auto jitter = rng_.below(static_cast<std::uint64_t>(config_.retry_after.count()) + 1);
  const Duration pause = config_.retry_after + Duration(static_cast<Duration::rep>(jitter));
  peer->retry = retries_.add(now.instant + pause, id);
}

void Identify::give_up(const PeerId& id, Peer& peer, RequestFailure failure) {
  if (peer.software != nullptr) return;  // it pushed meanwhile
  counters_.unidentified += 1;
  output_.events.emplace_back(Unidentified{id, failure});
}

void Identify::on_request(Now, InboundId request, ConnectionId connection, const PeerId& id) {
  counters_.answers += 1;
  const auto found = peers_.find(id);
  std::optional<Multiaddr> remote;
  if (found != peers_.end()) {
    found->second.told = version_;
    if (const Multiaddr* known = remote_of(found->second, connection)) remote = *known;
  }
  output_.answers.push_back({request, local(std::move(remote))});
}

void Identify::on_push(Now now, const PeerId& id, const Bytes& body) {
  counters_.pushes_in += 1;
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  auto message = decode_identify(body);
  if (!message || !check_sender(*message, id)) {
    counters_.refused += 1;
    return;
  }
  accept(now, id, found->second, *std::move(message), true);
}

void Identify::accept(Now now, const PeerId& id, Peer& peer, IdentifyMessage message,
                      bool is_push) {
  take_observed(now, peer, message);
  const auto observed = message.observed;
  const auto before = identity_of(peer);
  Identity identity = merged(id, peer, before, message, is_push);
  if (!before) {
    retries_.cancel(peer.retry);
    peer.retry = {};
    counters_.identified += 1;
    output_.events.emplace_back(Identified{id, identity, observed});
  } else if (*before != identity) {
    output_.events.emplace_back(Updated{id, identity});
  }
  keep(peer, std::move(identity));
  // It asked before it could be known that it follows pushes, and something changed since.
  if (peer.told != 0 && is_behind(peer) && push_at_ == never)
    push_at_ = now.instant + config_.push_after;
}

// What a push leaves out is unchanged. An older signed record than the one we have says nothing.
Identity Identify::merged(const PeerId& id, Peer& peer, const std::optional<Identity>& before,
                          IdentifyMessage& message, bool is_push) {
  Identity identity = is_push && before ? *before : Identity{};
  if (!message.protocol_version.empty() || !is_push)
    identity.protocol_version = std::move(message.protocol_version);
  if (!message.agent_version.empty() || !is_push)
    identity.agent_version = std::move(message.agent_version);
  if (!message.protocols.empty() || !is_push) {
    std::ranges::sort(message.protocols);
    const auto repeated = std::ranges::unique(message.protocols);
    message.protocols.erase(repeated.begin(), repeated.end());
    identity.protocols = std::move(message.protocols);
  }
  if (message.listen_addresses.empty() && message.signed_peer_record.empty() && is_push)
    return identity;
  Listening listening = listening_of(message, id);
  const bool is_old = listening.is_signed && listening.sequence < peer.sequence;
  if (is_old && before) {
    identity.addresses = before->addresses;
    identity.are_addresses_signed = before->are_addresses_signed;
    return identity;
  }
  peer.sequence = std::max(peer.sequence, listening.sequence);
  identity.addresses = std::move(listening.addresses);
  identity.are_addresses_signed = listening.is_signed;
  return identity;
}

void Identify::keep(Peer& peer, Identity identity) {
  const auto found =
      software_
          .try_emplace({std::move(identity.protocol_version), std::move(identity.agent_version),
                        std::move(identity.protocols)})
          .first;
  found->second += 1;
  leave_software(peer);
  peer.software = &*found;
  peer.addresses = std::move(identity.addresses);
  peer.addresses.shrink_to_fit();
  peer.are_addresses_signed = identity.are_addresses_signed;
}

void Identify::leave_software(Peer& peer) {
  if (peer.software == nullptr) return;
  peer.software->second -= 1;
  if (peer.software->second == 0) software_.erase(software_.find(peer.software->first));
  peer.software = nullptr;
}

std::optional<Identity> Identify::identity_of(const Peer& peer) {
  if (peer.software == nullptr) return std::nullopt;
  const Software& software = peer.software->first;
  return Identity{.protocol_version = software.protocol_version,
                  .agent_version = software.agent_version,
                  .protocols = software.protocols,
                  .addresses = peer.addresses,
                  .are_addresses_signed = peer.are_addresses_signed};
}

void Identify::take_observed(Now now, Peer& peer, const IdentifyMessage& message) {
  if (!message.observed) return;
  // Nearly always where this node listens, too: then the bytes are shared.
  const auto own = std::ranges::find(own_.listen_addresses, *message.observed);
  peer.observed = own == own_.listen_addresses.end() ? *message.observed : *own;
  const Multiaddr* remote = remote_of(peer, peer.connection);
  std::vector<ObservedAddresses::Change> changes;
  observed_.report(now.instant, *message.observed, *remote, changes);
  tell(changes);
}

void Identify::tell(const std::vector<ObservedAddresses::Change>& changes) {
  for (const auto& [address, is_seen] : changes) {
    if (is_seen) {
      output_.events.emplace_back(ObservedAddress{address});
    } else {
      output_.events.emplace_back(ObservedAddressLost{address});
    }
  }
}

bool Identify::is_behind(const Peer& peer) const {
  return peer.told < version_ && follows_pushes(peer);
}

bool Identify::follows_pushes(const Peer& peer) {
  return peer.software != nullptr &&
         std::ranges::binary_search(peer.software->first.protocols, identify_push_protocol);
}

// One message for all: where we see a peer is left out, which means that it did not change.
void Identify::push() {
  push_at_ = never;
  const Bytes body = local(std::nullopt);
  for (auto& [id, peer] : peers_) {
    if (!is_behind(peer)) continue;
    peer.told = version_;
    counters_.pushes_out += 1;
    output_.pushes.push_back({peer.connection, id, body});
  }
}

Bytes Identify::local(std::optional<Multiaddr> observed) {
  own_.observed = std::move(observed);
  return encode(own_);
}

void Identify::on_deadline(Now now) {
  while (const auto due = retries_.pop_due(now.instant)) {
    Peer& peer = peers_.at(*due);
    peer.retry = {};
    ask(*due, peer);
  }
  if (push_at_ <= now.instant) push();
  std::vector<ObservedAddresses::Change> changes;
  observed_.on_deadline(now.instant, changes);
  tell(changes);
}

Instant Identify::next_deadline() const {
  return std::min({retries_.next(), push_at_, observed_.next_deadline()});
}

void Identify::take_output(IdentifyOutput& output) {
  std::swap(output_, output);
}

std::optional<Multiaddr> Identify::observed_by(const PeerId& id) const {
  const auto found = peers_.find(id);
  if (found == peers_.end() || found->second.observed.empty()) return std::nullopt;
  return found->second.observed;
}

std::optional<Identity> Identify::identity_of(const PeerId& id) const {
  const auto found = peers_.find(id);
  return found == peers_.end() ? std::nullopt : identity_of(found->second);
}

}  // namespace mycel::session
