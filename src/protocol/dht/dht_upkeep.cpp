// How the DHT keeps itself: joining, refreshing buckets, checking silent peers, renewing records.

#include <algorithm>
#include <utility>

#include "protocol/dht/dht.hpp"

namespace mycel::dht {
namespace {

// A multihash of SHA-256: refresh keys look like peer ids, which some peers insist on.
constexpr std::array<std::byte, 2> multihash_head{std::byte{0x12}, std::byte{0x20}};
constexpr std::size_t multihash_size = 34;
// Drawing a key for bucket n takes 2^(n+1) hashes on average; deeper buckets borrow a peer's id.
constexpr std::size_t drawn_bucket_max = 6;
constexpr int draws_max = 2048;

}  // namespace

void Dht::on_timer(Now now, const Timer& timer) {
  switch (timer.kind) {
    case TimerKind::operation:
      return on_operation_timer(now, timer.operation);
    case TimerKind::refresh:
      return refresh_stalest_bucket(now);
    case TimerKind::settle:
      return settle(now);
    case TimerKind::check:
      return check_silent(now);
    case TimerKind::entry:
      return seek_entry(now);
  }
}

void Dht::set_timer(DeadlineId& timer, TimerKind kind, Instant due) {
  deadlines_.cancel(timer);
  timer = deadlines_.add(due, {kind, {}});
}

void Dht::bootstrap(Now now) {
  if (table_.empty()) {
    if (entry_attempt_ == 0) seek_entry(now);
    return;
  }
  queue_refresh(table_.bucket_count() - 1);
  queue_refresh_of_all();
  run_upkeep(now);
}

/// Asks for an entry point, knocks at peers that once were in the table, and comes back later.
void Dht::seek_entry(Now now) {
  if (!table_.empty()) return;
  entry_attempt_ += 1;
  next_.events.emplace_back(EntryWanted{entry_attempt_});
  for (const Departed& departed : departed_) check_peer(departed.peer);
  Duration wait = config_.entry_retry_min;
  for (std::uint32_t i = 1; i < entry_attempt_ && wait < config_.entry_retry_max; ++i) wait *= 2;
  wait = std::min(wait, config_.entry_retry_max);
  const auto half = static_cast<std::uint64_t>(std::max<Duration::rep>(wait.count() / 2, 1));
  wait = wait / 2 + Duration(static_cast<Duration::rep>(rng_.below(half)));
  set_timer(entry_timer_, TimerKind::entry, now.instant + wait);
}

void Dht::on_table_filled(Now now) {
  entry_attempt_ = 0;
  deadlines_.cancel(entry_timer_);
  set_timer(refresh_timer_, TimerKind::refresh, now.instant + config_.refresh_interval);
  set_timer(check_timer_, TimerKind::check, now.instant + config_.check_interval);
  settle_wait_ = config_.settle_min;
  set_timer(settle_timer_, TimerKind::settle, now.instant + settle_wait_);
  queue_refresh(table_.bucket_count() - 1);
}

void Dht::settle(Now now) {
  if (table_.empty()) return;
  queue_refresh(table_.bucket_count() - 1);
  settle_wait_ *= 2;
  if (settle_wait_ < config_.refresh_interval)
    set_timer(settle_timer_, TimerKind::settle, now.instant + settle_wait_);
}

/// One bucket a turn, so that a whole round takes the interval and no burst arises.
void Dht::refresh_stalest_bucket(Now now) {
  if (table_.empty()) return;
  bucket_refreshed_.resize(table_.bucket_count());
  const auto stalest = std::ranges::min_element(bucket_refreshed_);
  if (now.instant - *stalest >= config_.refresh_interval)
    queue_refresh(static_cast<std::size_t>(stalest - bucket_refreshed_.begin()));
  const Duration turn = config_.refresh_interval / static_cast<int>(table_.bucket_count() + 1);
  const auto tenth = static_cast<std::uint64_t>(std::max<Duration::rep>(turn.count() / 10, 1));
  const Duration drawn = turn - Duration(static_cast<Duration::rep>(rng_.below(tenth)));
  set_timer(refresh_timer_, TimerKind::refresh, now.instant + drawn);
}

void Dht::check_silent(Now now) {
  if (table_.empty()) return;
  constexpr std::size_t a_time = 8;
  for (const PeerId& peer : table_.silent_since(now.instant - config_.check_after, a_time))
    check_peer(*table_.find(peer));
  knock_at_departed();
  set_timer(check_timer_, TimerKind::check, now.instant + config_.check_interval);
}

/// A cut that lasts longer than two requests parts the tables of its sides. Each side goes on
/// knocking for a while, a few peers at a time, so that the halves of the mesh meet again.
void Dht::knock_at_departed() {
  constexpr std::size_t a_time = 2;
  constexpr std::uint8_t knocks_max = 120;  // with sixteen of them one turn in eight: eight hours
  for (std::size_t i = 0; i < a_time && !departed_.empty(); ++i) {
    Departed departed = std::move(departed_.front());
    departed_.erase(departed_.begin());
    if (!table_.has_place_for(departed.peer.id)) continue;
    check_peer(departed.peer);
    departed.knocks += 1;
    if (departed.knocks < knocks_max) departed_.push_back(std::move(departed));
  }
}

void Dht::queue_refresh(std::size_t bucket) {
  if (std::ranges::find(refreshes_, bucket) == refreshes_.end()) refreshes_.push_back(bucket);
}

void Dht::queue_refresh_of_all() {
  for (std::size_t bucket = 0; bucket < table_.bucket_count(); ++bucket) queue_refresh(bucket);
}

void Dht::queue_renewals(std::vector<Bytes>& keys, bool is_provider) {
  for (Bytes& key : keys)
    if (renewals_.size() < config_.renewals_max) renewals_.push_back({std::move(key), is_provider});
}

/// Starts what waits, refreshes first: a renewal finds better places in a fresh table.
void Dht::run_upkeep(Now now) {
  while (upkeep_running_ < config_.upkeep_max && !table_.empty()) {
    if (!refreshes_.empty()) {
      const std::size_t bucket = refreshes_.front();
      refreshes_.pop_front();
      start_refresh(now, bucket);
    } else if (!renewals_.empty()) {
      const Renewal renewal = std::move(renewals_.front());
      renewals_.pop_front();
      start_renewal(now, renewal);
    } else {
      return;
    }
  }
}

void Dht::start_refresh(Now now, std::size_t bucket) {
  counters_.upkeep_lookups += 1;
  run(now, operation_ids_.next(), key_in_bucket(bucket).view(), FindNearest{}, true);
}

void Dht::start_renewal(Now now, const Renewal& renewal) {
  if (renewal.is_provider) {
    if (!providers_.is_own(renewal.key)) return;
    counters_.provider_refreshes += 1;
    counters_.upkeep_lookups += 1;
    return run(now, operation_ids_.next(), renewal.key, Provide{}, true);
  }
  const auto held = records_.get(now, renewal.key);
  if (!held) return;
  Put goal{.value = held->value, .published = {}, .publication = {}};
  // Passing on what others published must not make it young again.
  if (!held->is_own) goal.published = held->published;
  counters_.records_republished += 1;
  counters_.upkeep_lookups += 1;
  run(now, operation_ids_.next(), renewal.key, std::move(goal), true);
}

/// Bytes whose point lies in a bucket; the nearest bucket is refreshed by looking for this node.
Bytes Dht::key_in_bucket(std::size_t bucket) {
  if (bucket + 1 >= table_.bucket_count()) return Bytes::copy(self_.view());
  if (bucket > drawn_bucket_max) {
    const std::vector<PeerId> members = table_.bucket(bucket);
    if (members.empty()) return Bytes::copy(self_.view());
    return Bytes::copy(members[static_cast<std::size_t>(rng_.below(members.size()))].view());
  }
  std::array<std::byte, multihash_size> key{};
  std::ranges::copy(multihash_head, key.begin());
  for (int draw = 0; draw < draws_max; ++draw) {
    rng_.fill(std::span(key).subspan(multihash_head.size()));
    if (table_.bucket_of(Key::of(ByteView(key))) == bucket) break;
  }
  return Bytes::copy(ByteView(key));
}

void Dht::mark_refreshed(Now now, ByteView key) {
  bucket_refreshed_.resize(table_.bucket_count());
  bucket_refreshed_[table_.bucket_of(Key::of(key))] = now.instant;
}

}  // namespace mycel::dht
