#include "protocol/connect/connector.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/probe.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

bool is_our_doing(DialFailure failure) {
  return failure == DialFailure::overloaded || failure == DialFailure::cancelled;
}

/// The DNS names among them. They are looked up at every attempt: what a name leads to changes.
Addresses names_of(const std::vector<KnownAddress>& known) {
  Addresses names;
  for (const KnownAddress& each : known)
    if (wire::dns_name(each.address)) names.push_back(each.address);
  return names;
}

std::vector<KnownAddress> as_known(const Addresses& addresses, Source source) {
  std::vector<KnownAddress> known;
  known.reserve(addresses.size());
  for (const Multiaddr& address : addresses)
    known.push_back({.address = address, .source = source});
  return known;
}

}  // namespace

Connector::Connector(Config config, const PeerId& self, Rng rng)
    : config_(config),
      self_(self),
      rng_(rng),
      book_(config.addresses),
      dialer_(config.dialer),
      pool_(config.pool, self),
      backoffs_(config.peer_backoff, config.backoff_peers_max),
      cache_(config.cache) {}

Result<PeerInfo, wire::Fault> Connector::load_peer(Now now, ByteView key, ByteView value) {
  auto loaded = cache_.load(now, key, value);
  if (loaded && loaded->id != self_)
    book_.add(now.instant, loaded->id, loaded->addresses,
              cache_.is_hearsay(loaded->id) ? Source::identified : Source::cached);
  return loaded;
}

std::vector<PeerInfo> Connector::remembered_peers(std::size_t count_max) const {
  return cache_.peers(count_max);
}

void Connector::on_listening(const Addresses& addresses) {
  own_ = OwnAddresses(addresses);
}

void Connector::add_addresses(Now now, const PeerInfo& peer, Source source) {
  if (peer.id == self_ || peer.id.is_none()) return;
  const std::size_t added = book_.add(now.instant, peer.id, peer.addresses, source);
  if (pool_.connection_of(peer.id)) {
    book_.hold(now.instant, peer.id, true);
    if (source == Source::identified || source == Source::signed_record) remember(now, peer);
  }
  if (added == 0 || !dialer_.is_dialling(peer.id)) return;
  probe("addresses came while their peer was being dialled");
  dialer_.extend(now.instant, peer.id,
                 rank(now.instant, book_.addresses_of(now.instant, peer.id), own_), output_,
                 counters_);
  conclude(now);
}

// What it says of itself: where we would look for it from here, were this node to start anew.
void Connector::remember(Now now, const PeerInfo& peer) {
  Addresses useful;
  for (const Multiaddr& address : peer.addresses) {
    if (address.binary().size() > config_.addresses.address_size_max_bytes) continue;
    if (auto bare = dialable(peer.id, address); bare && own_.can_reach(*bare))
      useful.push_back(*std::move(bare));
  }
  cache_.on_told(now, peer.id, useful);
}

std::optional<ConnectionId> Connector::want(Now now, const PeerId& peer, Urgency urgency) {
  if (const auto connection = pool_.use(now.instant, peer)) {
    counters_.stream_reuses += 1;
    return connection;
  }
  if (!dialer_.is_dialling(peer)) start(now, peer, urgency);
  conclude(now);
  return std::nullopt;
}

void Connector::start(Now now, const PeerId& peer, Urgency urgency) {
  counters_.wants += 1;
  const bool is_forced = urgency == Urgency::forced;
  if (peer == self_) return refuse(peer, UnreachableReason::is_self);
  if (const auto* pause = backoffs_.pause_of(now.instant, peer); pause != nullptr && !is_forced)
    return refuse({.peer = peer,
                   .reason = UnreachableReason::backing_off,
                   .failures = pause->last,
                   .retry_at = pause->until});
  if (dialer_.is_full())
    return refuse(
        {.peer = peer, .reason = UnreachableReason::overloaded, .limit = dialer_.limit_text()});
  if (!pool_.has_room(now.instant))
    return refuse(
        {.peer = peer, .reason = UnreachableReason::overloaded, .limit = pool_.limit_text()});
  const auto known = book_.addresses_of(now.instant, peer);
  if (known.empty()) return refuse(peer, UnreachableReason::no_addresses);
  auto addresses = rank(now.instant, known, own_, is_forced);
  const auto names = names_of(known);
  if (addresses.empty() && names.empty()) return refuse(peer, UnreachableReason::no_usable);
  dialer_.start(now.instant, peer, std::move(addresses), names, output_, counters_);
}

void Connector::refuse(const PeerId& peer, UnreachableReason reason) {
  refuse({.peer = peer, .reason = reason});
}

void Connector::refuse(Unreachable why) {
  counters_.unreachable += 1;
  output_.events.emplace_back(std::move(why));
}

void Connector::protect(Now now, const PeerId& peer, bool is_protected) {
  pool_.protect(now.instant, peer, is_protected);
}

void Connector::disconnect(Now now, const PeerId& peer) {
  pool_.disconnect(peer, output_, counters_);
  if (dialer_.stop(now.instant, peer, output_, counters_))
    refuse(peer, UnreachableReason::cancelled);
  conclude(now);
}

void Connector::on_resolved(Now now, ResolveToken token, const Addresses& addresses) {
  const auto name = dialer_.name(token);
  if (!name) return;
  Addresses useful;
  for (const Multiaddr& address : addresses)
    if (auto bare = dialable(name->peer, address)) useful.push_back(*std::move(bare));
  // What a name leads to is believed as far as the name: a stranger's may not lead to our loopback.
  const auto known = book_.find(name->peer, name->address);
  const Source source = known ? known->source : Source::learned;
  auto ranked = rank(now.instant, as_known(useful, source), own_);
  dialer_.on_resolved(now.instant, token, std::move(ranked), output_, counters_);
  conclude(now);
}

void Connector::on_connected(Now now, ConnectionId id, const Connection& connection) {
  if (is_unwelcome(now, id, connection)) return conclude(now);
  std::optional<Dial> dial;
  if (connection.dial) dial = dialer_.on_connected(*connection.dial);
  const auto admission = pool_.admit(now.instant, id, connection, output_, counters_);
  if (admission != Pool::Admission::over_limit) {
    on_reached(now, connection, dial);
    dialer_.stop(now.instant, connection.peer, output_, counters_);
  } else if (dial && dialer_.stop(now.instant, connection.peer, output_, counters_)) {
    refuse({.peer = connection.peer,
            .reason = UnreachableReason::overloaded,
            .limit = pool_.limit_text()});
  }
  conclude(now);
}

// Whoever was not meant: ourselves, somebody else at a peer's address, or a dial that was given up.
bool Connector::is_unwelcome(Now now, ConnectionId id, const Connection& connection) {
  const auto target = connection.dial ? dialer_.target(*connection.dial) : std::nullopt;
  const bool is_given_up = connection.dial && !target;
  const bool is_wrong = connection.peer == self_ || (target && *target != connection.peer);
  if (!is_given_up && !is_wrong) return false;
  if (target) {
    probe("somebody else answered at the address of a peer");
    dialer_.on_failed(now.instant, *connection.dial, DialFailure::wrong_peer, {}, output_,
                      counters_);
  }
  output_.closes.push_back({id, normal_close, is_wrong ? "wrong peer" : "not needed any more"});
  return true;
}

void Connector::on_reached(Now now, const Connection& connection, const std::optional<Dial>& dial) {
  if (connection.direction == Direction::outbound) {
    const Multiaddr address = dial ? dial->address : wire::without_peer(connection.remote);
    book_.on_answered(now.instant, connection.peer, address);
    cache_.on_answered(now, connection.peer, address);
  }
  book_.hold(now.instant, connection.peer, true);
}

void Connector::on_dial_failed(Now now, DialId dial, DialFailure failure, std::string_view text) {
  dialer_.on_failed(now.instant, dial, failure, text, output_, counters_);
  conclude(now);
}

void Connector::on_closed(Now now, ConnectionId id, std::string_view why) {
  const auto ended = pool_.on_closed(now.instant, id, output_, counters_);
  if (!ended) return;
  if (ended->age >= config_.settled_after) {
    backoffs_.on_success(ended->peer);
  } else if (ended->direction == Direction::outbound && ended->was_last) {
    probe("a peer ended a connection as soon as it was made");
    const AddressFailure refusal{ended->remote, DialFailure::refused,
                                 std::string(why.substr(0, Dialer::text_max_bytes))};
    backoffs_.on_failure(now.instant, ended->peer, {refusal}, rng_);
  }
  conclude(now);
}

void Connector::on_streams(Now now, ConnectionId id, std::size_t open_streams) {
  pool_.on_streams(now.instant, id, open_streams);
}

void Connector::on_deadline(Now now) {
  dialer_.on_deadline(now.instant, output_, counters_);
  pool_.on_deadline(now.instant, output_, counters_);
  if (cache_.on_deadline(now, output_.persist) == Durability::synced)
    output_.durability = Durability::synced;
  conclude(now);
}

Instant Connector::next_deadline() const {
  return std::min({dialer_.next_deadline(), pool_.next_deadline(), cache_.next_deadline()});
}

void Connector::take_output(Output& output) {
  std::swap(output_, output);
}

std::optional<ConnectionId> Connector::connection_of(const PeerId& peer) const {
  return pool_.connection_of(peer);
}

std::vector<KnownAddress> Connector::addresses_of(Now now, const PeerId& peer) const {
  return book_.addresses_of(now.instant, peer);
}

// What the parts left for the others.
void Connector::conclude(Now now) {
  auto& [failed, ended] = dialer_.outcome();
  for (const Dialer::Failed& each : failed) conclude(now, each);
  for (Dialer::Ended& each : ended) conclude(now, std::move(each));
  failed.clear();
  ended.clear();
  for (const PeerId& peer : pool_.gone()) {
    if (pool_.connection_of(peer)) continue;
    book_.hold(now.instant, peer, false);
    cache_.on_seen(now, peer);
  }
  pool_.gone().clear();
}

void Connector::conclude(Now now, const Dialer::Failed& failed) {
  if (is_our_doing(failed.failure) || failed.failure == DialFailure::name_unresolved) return;
  if (failed.failure == DialFailure::wrong_peer) {
    book_.forget(failed.peer, failed.address);
    cache_.forget(now, failed.peer, failed.address);
    return;
  }
  const auto known = book_.find(failed.peer, failed.address);
  const std::uint32_t failures = known ? known->failures + 1 : 1;
  book_.on_failed(now.instant, failed.peer, failed.address,
                  now.instant + backoff(config_.address_backoff, failures, rng_));
}

void Connector::conclude(Now now, Dialer::Ended ended) {
  Unreachable why{.peer = ended.peer, .reason = ended.reason, .failures = ended.failures};
  const bool is_theirs = std::ranges::any_of(
      ended.failures, [](const AddressFailure& each) { return !is_our_doing(each.failure); });
  if (is_theirs)
    why.retry_at = backoffs_.on_failure(now.instant, ended.peer, std::move(ended.failures), rng_);
  refuse(std::move(why));
}

}  // namespace mycel::connect
