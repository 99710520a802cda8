// How operations of the DHT go on from one answer to the next.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "protocol/dht/dht.hpp"

namespace mycel::dht {
namespace {

Message question(const Operation& operation) {
  return {.type = question_of(operation.goal), .key = operation.key};
}

// A lookup that ends with the first good answer gains nothing from asking all k at once.
LookupConfig config_for(const Goal& goal, const LookupConfig& general) {
  LookupConfig config = general;
  const auto* get = std::get_if<Get>(&goal);
  const bool ends_early = (get != nullptr && get->quorum == 1) ||
                          std::holds_alternative<FindPeer>(goal) ||
                          std::holds_alternative<FindProviders>(goal);
  if (ends_early) config.parallel_last = config.parallel;
  return config;
}

Facts facts_of(Now now, const Operation& operation) {
  const Lookup& lookup = operation.lookup;
  return {.hops = static_cast<std::uint32_t>(lookup.hops()),
          .messages = operation.messages,
          .asked = static_cast<std::uint32_t>(lookup.asked()),
          .answered = static_cast<std::uint32_t>(lookup.answered()),
          .failed = static_cast<std::uint32_t>(lookup.failed()),
          .duration = now.instant - operation.started};
}

bool has_found(const OperationResult& result) {
  if (const auto* peers = std::get_if<Peers>(&result)) return !peers->nearest.empty();
  if (const auto* stored = std::get_if<Stored>(&result)) return stored->count > 0;
  return std::holds_alternative<PeerFound>(result) || std::holds_alternative<Value>(result) ||
         std::holds_alternative<Providers>(result);
}

}  // namespace

OperationId Dht::find_peer(Now now, const PeerId& peer) {
  return begin(now, peer.view(), FindPeer{.peer = peer});
}

OperationId Dht::find_nearest(Now now, ByteView key) {
  return begin(now, key, FindNearest{});
}

OperationId Dht::put(Now now, const Bytes& key, const Bytes& value, PutOptions options) {
  const Verdict verdict = records_.put(now, key, value, std::nullopt, true, next_.persist);
  if (verdict != Verdict::valid) return end_at_once(Refused{verdict});
  drop_cached(now, key, value);
  // Where values merge, others may know less of what this node held before.
  const auto held = records_.merges(key) ? records_.get(now, key) : std::nullopt;
  return begin(
      now, key,
      Put{.value = held ? held->value : value,
          .published = {},
          .publication = {.told_on_the_way = sure_radius(), .is_patient = options.is_patient}});
}

OperationId Dht::get(Now now, const Bytes& key, GetOptions options) {
  if (!records_.knows_namespace(key)) return end_at_once(Refused{Verdict::unknown_namespace});
  Get goal{.quorum = std::max<std::size_t>(options.quorum, 1),
           .is_explained = options.is_explained};
  if (options.may_be_cached) {
    if (auto value = cached(now, key, goal.quorum)) return end_at_once(*std::move(value));
  }
  if (auto held = records_.get(now, key)) {
    goal.answers = 1;
    goal.best = std::move(held->value);
    goal.best_from = self_;
    goal.holders.push_back(self_);
  }
  if (records_.merges(key)) {
    gather_cached(now, key, goal);
    // Each may say what no other says, and liars on the way would make up any number.
    if (goal.quorum > 1) goal.quorum = SIZE_MAX;
  }
  return begin(now, key, std::move(goal));
}

OperationId Dht::provide(Now now, const Bytes& key) {
  if (key.empty() || key.size() > key_size_max_bytes)
    return end_at_once(Refused{Verdict::malformed});
  if (!providers_.add_own(now, key, next_.persist)) return end_at_once(Overloaded{});
  return begin(now, key, Provide{.publication = {.told_on_the_way = sure_radius()}});
}

void Dht::stop_providing(Now /*now*/, const Bytes& key) {
  providers_.remove_own(key, next_.persist);
}

OperationId Dht::find_providers(Now now, const Bytes& key, std::size_t count_max) {
  FindProviders goal{.count_max = std::max<std::size_t>(count_max, 1), .found = {}};
  if (providers_.is_own(key)) goal.found.emplace(self_, local_addresses_);
  for (PeerInfo& provider : providers_.providers(now, key, goal.count_max))
    goal.found.emplace(provider.id, std::move(provider.addresses));
  return begin(now, key, std::move(goal));
}

bool Dht::cancel(OperationId id) {
  Operation* operation = operation_for(id);
  if (operation == nullptr) return false;
  std::erase(operation->askers, id);
  if (!operation->askers.empty()) return true;
  deadlines_.cancel(operation->timer);
  operations_.erase(operation->id);
  return true;
}

OperationId Dht::begin(Now now, ByteView key, Goal goal) {
  if (key.empty() || key.size() > key_size_max_bytes)
    return end_at_once(Refused{key.empty() ? Verdict::malformed : Verdict::too_large});
  counters_.lookups += 1;
  const OperationId id = operation_ids_.next();
  for (auto& [leader, operation] : operations_) {
    if (!is_same(operation, key, goal) || operation.askers.size() >= config_.operations_max)
      continue;
    counters_.deduplicated_requests += 1;
    operation.askers.push_back(id);
    return id;
  }
  if (operations_.size() >= config_.operations_max + upkeep_running_)
    return end_at_once(Overloaded{});
  run(now, id, key, std::move(goal), false);
  return id;
}

OperationId Dht::end_at_once(OperationResult result) {
  const OperationId id = operation_ids_.next();
  next_.events.emplace_back(LookupDone{.operation = id, .result = std::move(result), .facts = {}});
  return id;
}

void Dht::run(Now now, OperationId id, ByteView key, Goal goal, bool is_upkeep) {
  const Key target = Key::of(key);
  Lookup lookup(config_for(goal, config_.lookup), target, self_);
  lookup.enter(entry_points(target));
  if (is_upkeep && std::holds_alternative<FindNearest>(goal)) enter_widely(lookup);
  Operation& operation = operations_
                             .emplace(id, Operation{.id = id,
                                                    .askers = {id},
                                                    .is_upkeep = is_upkeep,
                                                    .key = Bytes::copy(key),
                                                    .goal = std::move(goal),
                                                    .lookup = std::move(lookup),
                                                    .started = now.instant,
                                                    .retries_left = config_.retries_max})
                             .first->second;
  if (is_upkeep) upkeep_running_ += 1;
  if (const auto* get = std::get_if<Get>(&operation.goal); get && get->is_explained) {
    operation.explanation =
        std::make_shared<Explanation>(now.instant, config_.lookup.disjoint_paths);
    if (get->best) operation.explanation->on_held(self_, get->best->view());
  }
  advance(now, operation);
}

/// The nearest believed; among fewer than k of them a table cannot choose, and all count.
std::vector<PeerInfo> Dht::entry_points(const Key& target) const {
  std::vector<PeerInfo> peers =
      table_.nearest(target, config_.lookup.k, RoutingTable::Which::believed);
  if (peers.size() < config_.lookup.k)
    peers = table_.nearest(target, config_.lookup.k, RoutingTable::Which::all);
  return peers;
}

/// On paths of their own through those whom this node met first, and through any others: a table
/// that liars have filled at one end would only lead to them again.
void Dht::enter_widely(Lookup& lookup) {
  constexpr std::size_t more_paths = 4;
  std::vector<PeerInfo> elders;
  for (const PeerId& peer : elders_)
    if (auto known = table_.find(peer)) elders.push_back(*std::move(known));
  lookup.enter(elders, more_paths);
  lookup.enter(any_of_table([&](const PeerId& peer) { return !lookup.knows(peer); }), more_paths);
}

/// At most k, drawn from the believed that belong.
std::vector<PeerInfo> Dht::any_of_table(const std::function<bool(const PeerId&)>& belongs) {
  std::vector<PeerId> drawn = table_.peers(RoutingTable::Which::believed);
  std::erase_if(drawn, [&](const PeerId& peer) { return !belongs(peer); });
  rng_.shuffle(drawn);
  if (drawn.size() > config_.lookup.k) drawn.resize(config_.lookup.k);
  std::vector<PeerInfo> peers;
  peers.reserve(drawn.size());
  for (const PeerId& peer : drawn) peers.push_back(*table_.find(peer));
  return peers;
}

Operation* Dht::operation_of(OperationId id) {
  const auto found = operations_.find(id);
  return found == operations_.end() ? nullptr : &found->second;
}

Operation* Dht::operation_for(OperationId asker) {
  for (auto& [id, operation] : operations_)
    if (!operation.is_upkeep &&
        std::ranges::find(operation.askers, asker) != operation.askers.end())
      return &operation;
  return nullptr;
}

/// Asks whom there is to ask, or ends the lookup. The operation may be gone afterwards.
void Dht::advance(Now now, Operation& operation) {
  if (operation.is_storing) return;
  if (operation.region) return advance_region(now, operation);
  while (!is_satisfied(operation)) {
    for (PeerInfo& peer : operation.lookup.next(now.instant)) {
      operation.messages += 1;
      explain_question(now, operation, Purpose::lookup, peer.id);
      ask(std::move(peer), Purpose::lookup, operation.id, question(operation));
    }
    if (!operation.lookup.is_settled()) {
      if (is_enough(now, operation)) break;
      tell_if_late(now, operation);
      return rearm(now, operation);
    }
    if (begin_region(now, operation)) return advance_region(now, operation);
    if (is_doubtful(operation) && doubt(operation)) continue;
    size_.on_neighbourhood(operation.lookup.target(), operation.lookup.nearest());
    weigh_answers(now, operation);
    if (!is_in_vain(operation) || !retry(operation)) break;
  }
  end_lookup(now, operation);
}

/// Once a neighbourhood was found that need not be doubted, it tells who lied on the way to it.
void Dht::weigh_answers(Now now, const Operation& operation) {
  if (config_.doubts_max == 0 || operation.doubts >= config_.doubts_max) return;
  const Belief belief = weigh(operation.lookup.testimonies(), config_.lookup.k);
  counters_.belied_answers += belief.belied.size();
  for (const PeerId& peer : belief.belied) table_.on_belied(peer);
  for (const PeerInfo& peer : belief.borne_out) table_.on_borne_out(now.instant, peer);
}

bool Dht::is_enough(Now now, const Operation& operation) const {
  return has_something(operation) && is_late(now, operation);
}

/// Whether only slow peers are left to wait for, and they have been waited for long enough.
bool Dht::is_late(Now now, const Operation& operation) const {
  return now.instant >= operation.started + config_.enough_after &&
         operation.lookup.waits_for_slow_only();
}

/// Enters once more. False when there is no way in that is left.
bool Dht::retry(Operation& operation) {
  if (operation.retries_left == 0) return false;
  operation.retries_left -= 1;
  if (enter_elsewhere(operation, 1) == 0) return false;
  counters_.lookup_retries += 1;
  return true;
}

/// Through peers of the table that the lookup has not met. Returns how many there are.
std::size_t Dht::enter_elsewhere(Operation& operation, std::size_t paths) {
  return operation.lookup.enter(
      any_of_table([&](const PeerId& peer) { return !operation.lookup.knows(peer); }), paths);
}

/// Whether so few stand around the key that the lookup may have met a crowd of liars only, and the
/// last doubt, if there was one, was not in vain.
bool Dht::is_doubtful(const Operation& operation) const {
  if (operation.doubts >= config_.doubts_max) return false;
  auto nodes = size_.nodes_if_half_were_led_astray();
  if (!nodes) return false;
  // Where most lookups were led astray, the own neighbourhood, which is looked for on more paths,
  // still tells; being a single one, it scatters.
  const Key& self = table_.self_key();
  const auto own =
      nodes_around(self, table_.nearest(self, config_.lookup.k, RoutingTable::Which::all));
  if (own) nodes = std::max(*nodes, *own - *own / 4);
  const std::vector<PeerInfo> nearest = operation.lookup.nearest();
  if (!is_sparse(operation.lookup.target(), nearest, *nodes)) return false;
  return operation.doubts == 0 || nearest.empty() || nearest.back().id != operation.doubted;
}

/// Looks further: among those who were pushed aside, and from other ends of the table. False when
/// there is nobody left.
bool Dht::doubt(Operation& operation) {
  constexpr std::size_t more_peers = 4;
  constexpr std::size_t more_paths = 8;
  const std::vector<PeerInfo> nearest = operation.lookup.nearest();
  if (!nearest.empty()) operation.doubted = nearest.back().id;
  counters_.doubted_lookups += operation.doubts == 0 ? 1 : 0;
  operation.doubts += 1;
  operation.lookup.widen(more_peers);
  enter_elsewhere(operation, more_paths);
  return !operation.lookup.is_settled();
}

void Dht::rearm(Now now, Operation& operation) {
  // Once a region is searched nobody is asked on the first lookup, and so nobody on it turns slow.
  const bool is_looking_up = !operation.is_storing && !operation.region;
  Instant due = std::min(operation.started + config_.operation_time_max,
                         is_looking_up ? operation.lookup.next_slow() : never);
  if (operation.region && !operation.region->is_swept) {
    for (const Sweep& sweep : operation.region->sweeps)
      due = std::min(due, sweep.lookup.next_slow());
    const Instant late_at = operation.region->began + config_.enough_after;
    if (now.instant < late_at) due = std::min(due, late_at);
  }
  const Instant enough_at = operation.started + config_.enough_after;
  const bool can_be_late = has_something(operation) || publication_of(operation.goal) != nullptr;
  if (now.instant < enough_at && can_be_late) due = std::min(due, enough_at);
  if (due == operation.timer_due) return;
  deadlines_.cancel(operation.timer);
  operation.timer_due = due;
  operation.timer = deadlines_.add(due, {TimerKind::operation, operation.id});
}

void Dht::on_operation_timer(Now now, OperationId id) {
  Operation* operation = operation_of(id);
  if (operation == nullptr) return;
  operation->timer_due = never;
  const bool is_over = operation->started + config_.operation_time_max <= now.instant;
  if (!is_over) return advance(now, *operation);
  if (publication_of(operation->goal) != nullptr) tell_nearest(*operation);
  finish(now, *operation, result_of(now, *operation));
}

void Dht::on_lookup_answer(Now now, Operation& operation, const Pending& pending,
                           const Message& message) {
  if (operation.is_storing) return;
  operation.lookup.on_answer(pending.to.id, message.closer);
  if (auto* find = std::get_if<FindPeer>(&operation.goal); find && find->peer == pending.to.id) {
    find->is_reached = true;
    if (!pending.to.addresses.empty()) find->addresses = pending.to.addresses;
  }
  gather_answer(now, operation, pending.to.id, message);
  tell_on_the_way(now, operation, pending.to);
  advance(now, operation);
}

void Dht::gather_answer(Now now, Operation& operation, const PeerId& from, const Message& message) {
  gather(operation, message);
  auto* get = std::get_if<Get>(&operation.goal);
  if (get != nullptr && message.record) gather_record(now, operation, *get, from, *message.record);
}

// A value that is not valid counts as none.
void Dht::gather_record(Now now, const Operation& operation, Get& get, const PeerId& from,
                        const Record& record) {
  const bool is_merged = records_.merges(operation.key);
  // What is merged has many signatures, and most who answer say the same.
  if (is_merged && record.key == operation.key && get.best == record.value)
    return gather_merged(get, from, record.value, record.value);
  const Verdict verdict = record.key != operation.key
                              ? Verdict::wrong_key
                              : records_.judge(now, operation.key, record.value);
  if (verdict != Verdict::valid) {
    counters_.verification_failures.add(verdict);
    get.refused.add(verdict);
    return;
  }
  if (is_merged) {
    const ByteView key = operation.key.view();
    return gather_merged(get, from, record.value,
                         get.best ? records_.merged(key, *get.best, record.value) : record.value);
  }
  const int order =
      get.best ? records_.better(operation.key.view(), record.value, get.best->view()) : 1;
  gather_value(get, from, record.value, order);
}

void Dht::on_lookup_failure(Now now, Operation& operation, const Pending& pending,
                            RequestFailure failure) {
  if (operation.is_storing) return;
  operation.lookup.on_failure(pending.to.id);
  // Who refuses to speak of the DHT has been reached all the same.
  const bool is_reached =
      failure == RequestFailure::unsupported || failure == RequestFailure::refused;
  if (auto* find = std::get_if<FindPeer>(&operation.goal);
      find && is_reached && find->peer == pending.to.id) {
    find->is_reached = true;
    if (!pending.to.addresses.empty()) find->addresses = pending.to.addresses;
  }
  advance(now, operation);
}

void Dht::end_lookup(Now now, Operation& operation) {
  if (publication_of(operation.goal) != nullptr) return publish(now, operation);
  finish(now, operation, result_of(now, operation));
}

OperationResult Dht::result_of(Now now, Operation& operation) {
  if (const auto* find = std::get_if<FindPeer>(&operation.goal)) {
    if (!find->is_reached && find->addresses.empty()) return NotFound{};
    return PeerFound{{find->peer, find->addresses}, find->is_reached};
  }
  if (const auto* get = std::get_if<Get>(&operation.goal)) {
    if (!get->best) return NotFound{get->refused};
    correct(now, operation, *get);
    remember(now, operation, *get);
    return Value{operation.key, *get->best, get->best_from, get->answers};
  }
  if (const auto* find = std::get_if<FindProviders>(&operation.goal)) {
    if (find->found.empty()) return NotFound{};
    Providers result{.key = operation.key, .providers = {}};
    for (const auto& [peer, addresses] : find->found)
      if (result.providers.size() < find->count_max) result.providers.push_back({peer, addresses});
    return result;
  }
  if (const auto* publication = publication_of(operation.goal)) return stored_so_far(*publication);
  Peers peers{destinations(operation)};
  if (peers.nearest.size() > config_.lookup.k) peers.nearest.resize(config_.lookup.k);
  return peers;
}

/// Where replicas of the operation's key belong: the k nearest, of whom no place may hold more than
/// it may of a bucket, or in a crowd everybody.
std::vector<PeerInfo> Dht::destinations(const Operation& operation) const {
  if (operation.region) return operation.region->members;
  return table_.of_many_places(operation.lookup.answered_peers(), config_.lookup.k);
}

/// Sends the best value to those who answered with a worse one, this node included.
void Dht::correct(Now now, Operation& operation, const Get& get) {
  const Record record{operation.key, *get.best, std::nullopt};
  for (const PeerId& peer : get.outdated) {
    counters_.corrections += 1;
    if (peer == self_) {
      records_.put(now, operation.key, *get.best, std::nullopt, false, next_.persist);
      continue;
    }
    operation.messages += 1;
    ask({peer, {}}, Purpose::correction, {},
        {.type = MessageType::put_value, .key = operation.key, .record = record});
  }
}

void Dht::finish(Now now, Operation& operation, OperationResult result) {
  deadlines_.cancel(operation.timer);
  mark_refreshed(now, operation.key.view());
  const bool is_found = has_found(result);
  if (!is_found && std::holds_alternative<Put>(operation.goal))
    records_.on_not_taken(now, operation.key);
  if (operation.is_upkeep) {
    upkeep_running_ -= 1;
    if (!has_joined_ && is_found) {
      has_joined_ = true;
      next_.events.emplace_back(Joined{table_.size()});
      queue_refresh_of_all();
    }
  } else {
    counters_.hops += operation.lookup.hops();
    (is_found ? counters_.lookups_found : counters_.lookups_failed) += 1;
    tell_askers(now, operation, result);
  }
  operations_.erase(operation.id);
}

void Dht::tell_askers(Now now, Operation& operation, const OperationResult& result) {
  const Facts facts = facts_of(now, operation);
  const auto explanation = explained(operation, result);
  for (const OperationId asker : operation.askers)
    next_.events.emplace_back(LookupDone{
        .operation = asker, .result = result, .facts = facts, .explanation = explanation});
  operation.askers.clear();
}

}  // namespace mycel::dht
