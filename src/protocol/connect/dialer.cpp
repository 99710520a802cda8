#include "protocol/connect/dialer.hpp"

#include <algorithm>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"

namespace mycel::connect {

void Dialer::start(Instant now, const PeerId& peer, std::vector<RankedAddress> addresses,
                   const Addresses& names, Output& output, Counters& counters) {
  check(!addresses.empty() || !names.empty(), "an attempt needs somewhere to go");
  const auto [found, is_new] = attempts_.try_emplace(peer);
  check(is_new, "one attempt a peer");
  Attempt& attempt = found->second;
  attempt.peer = peer;
  attempt.addresses = std::move(addresses);
  if (attempt.addresses.size() > addresses_per_attempt_max)
    attempt.addresses.resize(addresses_per_attempt_max);
  attempt.next_due = now;
  attempt.limit = due_.add(now + config_.attempt_timeout, {.what = Due::What::limit, .peer = peer});
  for (std::size_t i = 0; i < std::min(names.size(), names_per_attempt_max); ++i)
    resolve(now, attempt, names[i], output);
  step(now, attempt, output, counters);
}

void Dialer::resolve(Instant now, Attempt& attempt, const Multiaddr& name, Output& output) {
  const ResolveToken token = tokens_.next();
  const DeadlineId timeout =
      due_.add(now + config_.resolve_timeout, {.what = Due::What::name, .name = token});
  attempt.names.insert(token);
  names_.emplace(token, Name{attempt.peer, name, timeout});
  output.resolve.push_back({token, attempt.peer, name});
}

bool Dialer::stop(Instant now, const PeerId& peer, Output& output, Counters& counters) {
  const auto found = attempts_.find(peer);
  if (found == attempts_.end()) return false;
  remove(found->second, output, counters);
  fill(now, output, counters);
  return true;
}

std::optional<PeerId> Dialer::target(DialId dial) const {
  const auto found = dials_.find(dial);
  if (found == dials_.end()) return std::nullopt;
  return found->second.peer;
}

std::optional<Resolve> Dialer::name(ResolveToken token) const {
  const auto found = names_.find(token);
  if (found == names_.end()) return std::nullopt;
  return Resolve{token, found->second.peer, found->second.address};
}

void Dialer::on_resolved(Instant now, ResolveToken token, std::vector<RankedAddress> addresses,
                         Output& output, Counters& counters) {
  if (addresses.empty()) return on_name_failed(now, token, output, counters);
  const auto found = names_.find(token);
  if (found == names_.end()) return;
  Attempt& attempt = attempts_.at(found->second.peer);
  due_.cancel(found->second.timeout);
  attempt.names.erase(token);
  names_.erase(found);
  merge(attempt, std::move(addresses));
  step(now, attempt, output, counters);
}

void Dialer::extend(Instant now, const PeerId& peer, std::vector<RankedAddress> addresses,
                    Output& output, Counters& counters) {
  const auto found = attempts_.find(peer);
  if (found == attempts_.end()) return;
  merge(found->second, std::move(addresses));
  step(now, found->second, output, counters);
}

void Dialer::merge(Attempt& attempt, std::vector<RankedAddress> addresses) {
  for (RankedAddress& each : addresses) {
    if (attempt.addresses.size() >= addresses_per_attempt_max) return;
    const auto known = std::ranges::find(attempt.addresses, each.address, &RankedAddress::address);
    if (known == attempt.addresses.end()) attempt.addresses.push_back(std::move(each));
  }
}

void Dialer::on_name_failed(Instant now, ResolveToken token, Output& output, Counters& counters) {
  const auto found = names_.find(token);
  if (found == names_.end()) return;
  Attempt& attempt = attempts_.at(found->second.peer);
  due_.cancel(found->second.timeout);
  attempt.names.erase(token);
  note(attempt, found->second.address, DialFailure::name_unresolved, {});
  names_.erase(found);
  step(now, attempt, output, counters);
}

std::optional<Dial> Dialer::on_connected(DialId dial) {
  const auto found = dials_.find(dial);
  if (found == dials_.end()) return std::nullopt;
  const UnderWay done = std::move(found->second);
  due_.cancel(done.timeout);
  dials_.erase(found);
  attempts_.at(done.peer).dials.erase(dial);
  return Dial{dial, done.peer, done.address};
}

void Dialer::on_failed(Instant now, DialId dial, DialFailure failure, std::string_view text,
                       Output& output, Counters& counters) {
  const auto done = on_connected(dial);
  if (!done) return;
  counters.dial_failures[static_cast<std::size_t>(failure)] += 1;
  Attempt& attempt = attempts_.at(done->peer);
  note(attempt, done->address, failure, text);
  attempt.next_due = now;  // a failure takes no head start
  step(now, attempt, output, counters);
  fill(now, output, counters);
}

void Dialer::note(Attempt& attempt, Multiaddr address, DialFailure failure, std::string_view text) {
  outcome_.failed.push_back({attempt.peer, address, failure});
  attempt.failures.push_back(
      {std::move(address), failure, std::string(text.substr(0, text_max_bytes))});
}

// Dials what is due, as far as there is room. With others in the queue it dials nothing itself:
// they were there before.
void Dialer::step(Instant now, Attempt& attempt, Output& output, Counters& counters) {
  while (wants_to_dial(now, attempt)) {
    if (dials_.size() >= config_.dials_max || !queue_.empty()) {
      if (!attempt.turn) {
        attempt.turn = ++last_turn_;
        queue_.emplace(*attempt.turn, attempt.peer);
      }
      return;
    }
    dial_next(now, attempt, output, counters);
  }
  wait(now, attempt);
  if (attempt.next == attempt.addresses.size() && attempt.dials.empty() && attempt.names.empty())
    end(now, attempt, UnreachableReason::all_failed, output, counters);
}

bool Dialer::wants_to_dial(Instant now, const Attempt& attempt) const {
  if (attempt.next == attempt.addresses.size()) return false;
  if (attempt.dials.size() >= config_.dials_per_peer_max) return false;
  return attempt.dials.empty() || attempt.next_due <= now;
}

// With every place taken, the next step comes with a failure, not with time.
void Dialer::wait(Instant now, Attempt& attempt) {
  due_.cancel(attempt.wake);
  attempt.wake = {};
  if (attempt.next == attempt.addresses.size()) return;
  if (attempt.dials.size() >= config_.dials_per_peer_max) return;
  attempt.wake =
      due_.add(std::max(now, attempt.next_due), {.what = Due::What::wake, .peer = attempt.peer});
}

void Dialer::dial_next(Instant now, Attempt& attempt, Output& output, Counters& counters) {
  const Multiaddr& address = attempt.addresses[attempt.next].address;
  const DialId id = dial_ids_.next();
  const DeadlineId timeout =
      due_.add(now + config_.dial_timeout, {.what = Due::What::dial, .dial = id});
  dials_.emplace(id, UnderWay{attempt.peer, address, timeout});
  attempt.dials.insert(id);
  output.dials.push_back({id, attempt.peer, address});
  counters.dials += 1;
  attempt.next += 1;
  if (attempt.next < attempt.addresses.size())
    attempt.next_due = now + attempt.addresses[attempt.next].stagger;
}

// One dial a turn; who has more to dial goes to the end of the queue.
void Dialer::fill(Instant now, Output& output, Counters& counters) {
  while (dials_.size() < config_.dials_max && !queue_.empty()) {
    Attempt& attempt = attempts_.at(queue_.begin()->second);
    leave_queue(attempt);
    if (wants_to_dial(now, attempt)) dial_next(now, attempt, output, counters);
    step(now, attempt, output, counters);
  }
}

void Dialer::on_deadline(Instant now, Output& output, Counters& counters) {
  while (const auto due = due_.pop_due(now)) {
    switch (due->what) {
      case Due::What::wake: {
        Attempt& attempt = attempts_.at(due->peer);
        attempt.wake = {};
        step(now, attempt, output, counters);
        break;
      }
      case Due::What::limit:
        probe("a dial attempt ran out of time");
        end(now, attempts_.at(due->peer), UnreachableReason::timeout, output, counters);
        break;
      case Due::What::dial:
        output.abandons.push_back(due->dial);
        on_failed(now, due->dial, DialFailure::timeout, {}, output, counters);
        break;
      case Due::What::name:
        on_name_failed(now, due->name, output, counters);
        break;
    }
  }
}

void Dialer::end(Instant now, Attempt& attempt, UnreachableReason reason, Output& output,
                 Counters& counters) {
  // What was still under way had its chance: its addresses rest too.
  for (const DialId id : attempt.dials)
    note(attempt, dials_.at(id).address, DialFailure::timeout, {});
  outcome_.ended.push_back({attempt.peer, reason, std::move(attempt.failures)});
  remove(attempt, output, counters);
  fill(now, output, counters);
}

void Dialer::remove(Attempt& attempt, Output& output, Counters& counters) {
  for (const DialId id : attempt.dials) {
    counters.dial_failures[static_cast<std::size_t>(DialFailure::cancelled)] += 1;
    output.abandons.push_back(id);
    due_.cancel(dials_.at(id).timeout);
    dials_.erase(id);
  }
  for (const ResolveToken token : attempt.names) {
    due_.cancel(names_.at(token).timeout);
    names_.erase(token);
  }
  due_.cancel(attempt.wake);
  due_.cancel(attempt.limit);
  leave_queue(attempt);
  attempts_.erase(PeerId(attempt.peer));
}

void Dialer::leave_queue(Attempt& attempt) {
  if (attempt.turn) queue_.erase({*attempt.turn, attempt.peer});
  attempt.turn.reset();
}

std::string Dialer::limit_text() const {
  return "limit of " + std::to_string(config_.attempts_max) +
         " peers being dialled is reached: " + std::to_string(dials_.size()) +
         " dials are under way, of at most connections.dials_max " +
         std::to_string(config_.dials_max);
}

}  // namespace mycel::connect
