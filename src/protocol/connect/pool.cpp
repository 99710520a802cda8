#include "protocol/connect/pool.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"

namespace mycel::connect {

Pool::Admission Pool::admit(Instant now, ConnectionId id, const Connection& connection,
                            Output& output, Counters& counters) {
  if (is_full()) trim(now, output, counters);
  if (is_full()) {
    probe("a connection came when there were too many");
    counters.closed_over_limit += 1;
    output.closes.push_back({id, normal_close, limit_text()});
    return Admission::over_limit;
  }
  (connection.direction == Direction::inbound ? counters.connections_in
                                              : counters.connections_out) += 1;
  const auto [link, is_new] =
      links_.emplace(id, Link{.what = connection, .since = now, .idle_since = now});
  check(is_new, "a connection id was used twice");
  const auto [pair, is_first] = peers_.try_emplace(connection.peer, Pair{.used = id});
  if (is_first) {
    output.events.emplace_back(
        PeerConnected{connection.peer, id, connection.direction, connection.remote});
    arm(id, *link);
  } else {
    settle(now, id, pair->second, output, counters);
  }
  count(counters);
  trim_if_high(now, output, counters);
  return is_first ? Admission::first : Admission::second;
}

// The peer has a connection and a newcomer: one is used, the other redundant.
void Pool::settle(Instant now, ConnectionId newcomer, Pair& pair, Output& output,
                  Counters& counters) {
  probe("two connections to one peer met");
  if (is_surplus(link_of(newcomer), link_of(pair.used))) {
    counters.closed_redundant += 1;
    output.closes.push_back({newcomer, normal_close, "another connection is used"});
    links_.erase(newcomer);
    return;
  }
  if (!is_preferred(link_of(newcomer), link_of(pair.used))) {
    make_redundant(now, pair, newcomer, output, counters);
    return;
  }
  const ConnectionId old = std::exchange(pair.used, newcomer);
  arm(newcomer, link_of(newcomer));
  replace(link_of(newcomer).what.peer, newcomer, old, output, counters);
  make_redundant(now, pair, old, output, counters);
}

// Of two that we dialled we keep the first, and say so at once: the peer cannot know which.
bool Pool::is_surplus(const Link& newcomer, const Link& used) {
  return newcomer.what.direction == Direction::outbound &&
         used.what.direction == Direction::outbound;
}

// Both ends must come to the same answer: who dialled is known to both, and so, within a round
// trip, is when. Of two that the peer dialled the last one counts: either the peer closes it at
// once, as above, or it dialled because the first is dead.
bool Pool::is_preferred(const Link& newcomer, const Link& old) const {
  if (newcomer.since - old.since > config_.simultaneous_within) return true;
  if (newcomer.what.direction == old.what.direction) return true;
  return was_dialled_by_smaller(newcomer);
}

bool Pool::was_dialled_by_smaller(const Link& link) const {
  return (self_ < link.what.peer) == (link.what.direction == Direction::outbound);
}

void Pool::make_redundant(Instant now, Pair& pair, ConnectionId id, Output& output,
                          Counters& counters) {
  if (pair.redundant) {
    probe("a peer made a third connection");
    counters.closed_over_limit += 1;
    const ConnectionId third = *pair.redundant;
    output.closes.push_back(
        {third, normal_close, "limit of 2 connections a peer is reached: held by this peer"});
    due_.cancel(link_of(third).due);
    links_.erase(third);
  }
  pair.redundant = id;
  Link& link = link_of(id);
  link.redundant_since = now;
  link.idle_since = std::max(link.idle_since, now);
  arm(id, link);
}

void Pool::replace(const PeerId& peer, ConnectionId by, ConnectionId replaced, Output& output,
                   Counters& counters) {
  const Connection& what = link_of(by).what;
  counters.replaced += 1;
  output.events.emplace_back(ConnectionReplaced{peer, by, replaced, what.direction, what.remote});
}

std::optional<Pool::Ended> Pool::on_closed(Instant now, ConnectionId id, Output& output,
                                           Counters& counters) {
  const Link* link = links_.find(id);
  if (link == nullptr) return std::nullopt;
  const Connection& what = link->what;
  Ended ended{.peer = what.peer,
              .remote = what.remote,
              .direction = what.direction,
              .age = now - link->since};
  remove(id, output, counters);
  ended.was_last = !peers_.contains(ended.peer);
  return ended;
}

void Pool::remove(ConnectionId id, Output& output, Counters& counters) {
  const PeerId peer = link_of(id).what.peer;
  due_.cancel(link_of(id).due);
  links_.erase(id);
  const auto found = peers_.find(peer);
  Pair& pair = found->second;
  if (pair.redundant == id) {
    pair.redundant.reset();
  } else if (pair.redundant) {
    probe("a redundant connection outlived the one that was preferred");
    pair.used = *pair.redundant;
    pair.redundant.reset();
    Link& heir = link_of(pair.used);
    heir.redundant_since.reset();
    arm(pair.used, heir);
    replace(peer, pair.used, id, output, counters);
  } else {
    peers_.erase(found);
    gone_.push_back(peer);
    output.events.emplace_back(PeerDisconnected{peer, id});
  }
  count(counters);
}

void Pool::on_streams(Instant now, ConnectionId id, std::size_t open_streams) {
  Link* const known = links_.find(id);
  if (known == nullptr) return;
  Link& link = *known;
  const bool was_idle = link.open_streams == 0;
  link.open_streams = open_streams;
  link.idle_since = now;
  if (was_idle != (open_streams == 0)) arm(id, link);
}

std::optional<ConnectionId> Pool::connection_of(const PeerId& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return std::nullopt;
  return found->second.used;
}

const Multiaddr* Pool::remote_of(const PeerId& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &links_.find(found->second.used)->what.remote;
}

std::optional<ConnectionId> Pool::use(Instant now, const PeerId& peer) {
  const auto id = connection_of(peer);
  if (id) link_of(*id).idle_since = now;
  return id;
}

void Pool::protect(Instant now, const PeerId& peer, bool is_protected) {
  if (is_protected == protected_.contains(peer)) return;
  if (!is_protected) {
    protected_.erase(peer);
  } else if (protected_.size() < protected_max) {
    protected_.insert(peer);
  }
  const auto id = connection_of(peer);
  if (!id) return;
  Link& link = link_of(*id);
  link.idle_since = now;  // what was protected was in use until now
  arm(*id, link);
}

bool Pool::disconnect(const PeerId& peer, Output& output, Counters& counters) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return false;
  const Pair pair = found->second;
  // The redundant one first: it must not become the heir of the other.
  if (pair.redundant) close(*pair.redundant, "disconnected", output, counters);
  close(pair.used, "disconnected", output, counters);
  return true;
}

void Pool::on_deadline(Instant now, Output& output, Counters& counters) {
  while (const auto due = due_.pop_due(now)) {
    if (due->connection) {
      on_due(now, *due->connection, output, counters);
    } else {
      is_trim_set_ = false;
      trim_if_high(now, output, counters);
    }
  }
}

Instant Pool::due_of(const Link& link) const {
  if (link.redundant_since) {
    const Instant last = *link.redundant_since + config_.redundant_for_max;
    if (link.open_streams > 0) return last;
    return std::min(last, link.idle_since + config_.redundant_idle_after);
  }
  if (link.open_streams > 0 || protected_.contains(link.what.peer)) return never;
  return link.idle_since + config_.idle_after;
}

// A deadline that has become too early is left where it is: when it comes, it is set again. Streams
// come and go much more often.
void Pool::arm(ConnectionId id, Link& link) {
  const Instant due = due_of(link);
  if (link.due_at <= due) return;
  due_.cancel(link.due);
  link.due = due_.add(due, Due{id});
  link.due_at = due;
}

void Pool::on_due(Instant now, ConnectionId id, Output& output, Counters& counters) {
  Link& link = link_of(id);
  link.due = {};
  link.due_at = never;
  if (due_of(link) > now) return arm(id, link);
  if (link.redundant_since) {
    counters.closed_redundant += 1;
    close(id, "another connection is used", output, counters);
  } else {
    counters.closed_idle += 1;
    close(id, "idle", output, counters);
  }
}

void Pool::trim_if_high(Instant now, Output& output, Counters& counters) {
  if (is_trim_set_ || links_.size() <= config_.connections_high) return;
  trim(now, output, counters);
  if (links_.size() <= config_.connections_high) return;
  is_trim_set_ = true;
  due_.add(now + config_.trim_every, Due{});
}

bool Pool::is_trimmable(Instant now, const Link& link) const {
  return link.open_streams == 0 && now - link.idle_since >= config_.trim_after &&
         !protected_.contains(link.what.peer);
}

std::string Pool::limit_text() const {
  std::size_t with_streams = 0;
  std::size_t kept = 0;
  each_link([&](ConnectionId, const Link& link) {
    with_streams += link.open_streams > 0 ? 1 : 0;
    kept += protected_.contains(link.what.peer) ? 1 : 0;
  });
  return "limit connections.max of " + std::to_string(config_.connections_max) +
         " is reached: held by " + std::to_string(peers_.size()) + " peers, " +
         std::to_string(with_streams) + " with streams, " + std::to_string(kept) + " protected";
}

bool Pool::has_room(Instant now) const {
  bool has_room = !is_full();
  if (!has_room)
    each_link([&](ConnectionId, const Link& link) { has_room |= is_trimmable(now, link); });
  return has_room;
}

// The least useful: idle, unprotected, and longest unused.
void Pool::trim(Instant now, Output& output, Counters& counters) {
  std::vector<std::pair<Instant, ConnectionId>> idle;
  each_link([&](ConnectionId id, const Link& link) {
    if (is_trimmable(now, link)) idle.emplace_back(link.idle_since, id);
  });
  std::ranges::sort(idle);
  for (const auto& [since, id] : idle) {
    if (links_.size() <= config_.connections_low) return;
    counters.closed_trimmed += 1;
    close(id, "trimmed", output, counters);
  }
}

void Pool::close(ConnectionId id, std::string_view reason, Output& output, Counters& counters) {
  output.closes.push_back({id, normal_close, std::string(reason)});
  remove(id, output, counters);
}

std::vector<ConnectionStatus> Pool::connections() const {
  std::vector<ConnectionStatus> all;
  all.reserve(links_.size());
  each_link([&](ConnectionId id, const Link& link) {
    all.push_back({.connection = id,
                   .peer = link.what.peer,
                   .remote = link.what.remote,
                   .direction = link.what.direction,
                   .since = link.since,
                   .open_streams = link.open_streams,
                   .is_redundant = link.redundant_since.has_value(),
                   .is_protected = protected_.contains(link.what.peer)});
  });
  return all;
}

void Pool::count(Counters& counters) const {
  counters.pooled_connections = links_.size();
  counters.connected_peers = peers_.size();
}

}  // namespace mycel::connect
