#include "protocol/dht/dht.hpp"

#include <algorithm>
#include <utility>

namespace mycel::dht {
namespace {

// Peers that left the table, kept for the day that it is empty.
constexpr std::size_t departed_max = 16;
constexpr std::size_t elders_max = 3;

template <class T>
void swap_buffer(std::vector<T>& ours, std::vector<T>& theirs) {
  // One burst must not make thousands of nodes in one process keep its buffers for ever.
  constexpr std::size_t kept_bytes_max = 1024;
  if (theirs.capacity() * sizeof(T) > kept_bytes_max) std::vector<T>().swap(theirs);
  ours.swap(theirs);
}

// A refused put says something about the value and nothing about the peer; being out of our own
// means says nothing about anybody.
bool counts_as_silence(RequestFailure failure, MessageType type) {
  if (failure == RequestFailure::overloaded) return false;
  return failure != RequestFailure::refused || type != MessageType::put_value;
}

}  // namespace

void Output::clear() {
  persist.clear();
  durability = Durability::buffered;
  answers.clear();
  events.clear();
  early.addresses.clear();
  early.requests.clear();
  early.answers.clear();
}

Dht::Dht(const Config& config, const PeerId& self, Rng rng, std::vector<Namespace> namespaces)
    : config_(config),
      self_(self),
      rng_(rng.fork("dht")),
      table_(config.table, self),
      records_(config.records, table_.self_key(), std::move(namespaces), rng.fork("records")),
      providers_(config.providers, self, rng.fork("providers")),
      cache_(config.cache) {}

void Dht::load(Now now, Table table, const Bytes& key, const Bytes& value) {
  if (table == Table::records) records_.load(now, key, value, next_.persist);
  if (table == Table::providers) providers_.load(now, key, value, next_.persist);
}

void Dht::set_local_addresses(Addresses addresses) {
  if (addresses.size() > peer_addresses_max) addresses.resize(peer_addresses_max);
  local_addresses_ = std::move(addresses);
}

void Dht::on_peer(Now now, const PeerInfo& peer, bool serves_dht) {
  if (peer.id == self_) return;
  if (is_barred(peer.id)) return on_reached(now, peer);  // a user asked for it by name
  on_self_report(peer);
  if (serves_dht && config_.admission.admits(peer.id)) {
    clients_.erase(peer.id);
    if (!table_.set_addresses(peer.id, peer.addresses) && table_.has_place_for(peer.id))
      check_peer(peer);
  } else {
    table_.remove(peer.id);
    if (clients_.size() < config_.clients_max || clients_.contains(peer.id))
      clients_[peer.id] = CompactAddresses(peer.addresses);
  }
  on_reached(now, peer);
  run_upkeep(now);
}

// What a peer says of itself is worth more than what others said of it.
void Dht::on_self_report(const PeerInfo& peer) {
  for (auto& [id, pending] : pending_)
    if (pending.to.id == peer.id) pending.to.addresses = peer.addresses;
}

// A lookup for a peer's addresses has nothing left to do once the peer is connected.
void Dht::on_reached(Now now, const PeerInfo& peer) {
  std::vector<OperationId> satisfied;
  for (auto& [id, operation] : operations_) {
    auto* find = std::get_if<FindPeer>(&operation.goal);
    if (find == nullptr || find->peer != peer.id) continue;
    find->is_reached = true;
    if (!peer.addresses.empty()) find->addresses = peer.addresses;
    satisfied.push_back(id);
  }
  for (const OperationId id : satisfied)
    if (Operation* operation = operation_of(id)) advance(now, *operation);
}

void Dht::bar(Now now, const PeerId& peer) {
  if (!barred_.insert(peer).second) return;
  clients_.erase(peer);
  std::erase_if(departed_, [&](const Departed& departed) { return departed.peer.id == peer; });
  const bool was_empty = table_.empty();
  table_.remove(peer);
  if (table_.empty() && !was_empty) seek_entry(now);
}

void Dht::on_peer_gone(Now /*now*/, const PeerId& peer) {
  clients_.erase(peer);
}

void Dht::ask(PeerInfo to, Purpose purpose, OperationId operation, Message message,
              std::uint8_t sweep) {
  const RequestId id = request_ids_.next();
  Pending& pending = pending_.emplace(id, Pending{}).first->second;
  pending = {.to = std::move(to),
             .purpose = purpose,
             .type = message.type,
             .sweep = sweep,
             .operation = operation,
             .value = {}};
  if (message.record) pending.value = message.record->value;
  if (!pending.to.addresses.empty()) next_.early.addresses.push_back(pending.to);
  next_.early.requests.push_back({id, pending.to.id, std::move(message), true});
  counters_.messages += 1;
}

void Dht::check_peer(const PeerInfo& peer) {
  const bool is_asked = std::ranges::any_of(
      pending_, [&](const auto& entry) { return entry.second.to.id == peer.id; });
  if (is_asked || checks_running_ >= config_.checks_max) return;
  checks_running_ += 1;
  ask(peer, Purpose::check, {}, {.type = MessageType::find_node, .key = Bytes::copy(self_.view())});
}

void Dht::on_answer(Now now, RequestId request, const Message& message) {
  const auto found = pending_.find(request);
  if (found == pending_.end()) return;
  if (message.type != found->second.type)
    return on_failure(now, request, RequestFailure::malformed);
  if (!config_.admission.admits(found->second.to.id)) {
    counters_.ids_not_admitted += 1;
    return on_failure(now, request, RequestFailure::refused);
  }
  if (const auto believed = without_cheap_ids(message)) return on_answer(now, request, *believed);
  const Pending pending = std::move(found->second);  // it may end its operation, or ask anew
  pending_.erase(found);
  counters_.answers += 1;
  if (pending.purpose == Purpose::check) checks_running_ -= 1;
  on_heard(now, pending.to);
  if (Operation* operation = operation_of(pending.operation)) {
    explain_answer(now, *operation, pending, &message);
    if (pending.purpose == Purpose::lookup)
      on_lookup_answer(now, *operation, pending, message);
    else if (pending.purpose == Purpose::store)
      on_store_end(now, *operation, pending.to.id,
                   message.record && message.record->value == pending.value);
    else
      on_region_answer(now, *operation, pending, &message);
  }
  run_upkeep(now);
}

/// The answer without peers that could never be admitted; none when there are no such peers.
std::optional<Message> Dht::without_cheap_ids(const Message& message) {
  const Admission& admission = config_.admission;
  const auto is_cheap = [&](const Peer& peer) { return !admission.is_costly_enough(peer.id); };
  if (std::ranges::none_of(message.closer, is_cheap)) return std::nullopt;
  Message believed = message;
  counters_.ids_not_admitted += std::erase_if(believed.closer, is_cheap);
  return believed;
}

void Dht::on_failure(Now now, RequestId request, RequestFailure failure) {
  const auto found = pending_.find(request);
  if (found == pending_.end()) return;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  counters_.failures += 1;
  if (pending.purpose == Purpose::check) checks_running_ -= 1;
  on_silence(now, pending, failure);
  if (Operation* operation = operation_of(pending.operation)) {
    explain_answer(now, *operation, pending, nullptr, failure);
    if (pending.purpose == Purpose::lookup)
      on_lookup_failure(now, *operation, pending, failure);
    else if (pending.purpose == Purpose::store)
      on_store_end(now, *operation, pending.to.id, false);
    else
      on_region_answer(now, *operation, pending, nullptr);
  }
  run_upkeep(now);
}

void Dht::on_heard(Now now, const PeerInfo& peer) {
  if (is_barred(peer.id)) return;
  const bool was_empty = table_.empty();
  table_.on_answered(now.instant, peer);
  if (elders_.size() < elders_max && table_.contains(peer.id) &&
      std::ranges::find(elders_, peer.id) == elders_.end()) {
    elders_.reserve(elders_max);
    elders_.push_back(peer.id);
  }
  std::erase_if(departed_, [&](const Departed& departed) { return departed.peer.id == peer.id; });
  if (was_empty && !table_.empty()) on_table_filled(now);
}

void Dht::on_silence(Now now, const Pending& pending, RequestFailure failure) {
  if (!counts_as_silence(failure, pending.type)) return;
  const bool was_empty = table_.empty();
  std::optional<PeerInfo> gone;
  if (failure == RequestFailure::unsupported) {
    table_.remove(pending.to.id);
  } else {
    gone = table_.on_failed(pending.to.id);
  }
  if (gone) {
    if (departed_.size() == departed_max) departed_.erase(departed_.begin());
    departed_.push_back({*std::move(gone)});
  }
  std::erase_if(elders_, [&](const PeerId& peer) { return !table_.contains(peer); });
  if (table_.empty() && !was_empty) seek_entry(now);
}

void Dht::on_deadline(Now now) {
  while (const auto timer = deadlines_.pop_due(now.instant)) on_timer(now, *timer);
  std::vector<Bytes> due;
  records_.on_deadline(now, next_.persist, due);
  queue_renewals(due, false);
  due.clear();
  providers_.on_deadline(now, next_.persist, due);
  queue_renewals(due, true);
  run_upkeep(now);
}

Instant Dht::next_deadline() const {
  return std::min({deadlines_.next(), records_.next_deadline(), providers_.next_deadline()});
}

void Dht::take_output(Output& output) {
  if (table_.size() != reported_size_) {
    reported_size_ = table_.size();
    next_.events.emplace_back(TableChanged{reported_size_});
  }
  swap_buffer(next_.persist, output.persist);
  output.durability = Durability::buffered;
  swap_buffer(next_.answers, output.answers);
  swap_buffer(next_.events, output.events);
  swap_buffer(next_.early.addresses, output.early.addresses);
  swap_buffer(next_.early.requests, output.early.requests);
  swap_buffer(next_.early.answers, output.early.answers);
}

std::size_t Dht::operations_awaited() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      operations_, [](const auto& entry) { return !entry.second.askers.empty(); }));
}

const Counters& Dht::counters() const {
  counters_.stale_records_cleaned = records_.expired() + providers_.cleaned();
  counters_.table_peers = table_.size();
  counters_.records = records_.size();
  counters_.record_bytes = records_.bytes();
  counters_.providers = providers_.size();
  counters_.cached_values = cache_.size();
  counters_.network_size_estimate = size_.nodes().value_or(0);
  return counters_;
}

}  // namespace mycel::dht
