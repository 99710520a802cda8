#include "protocol/dht/records.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"
#include "foundation/wire/proto.hpp"

#include "protocol/dht/message.hpp"

namespace mycel::dht {
namespace {

// Fields of a stored record.
constexpr std::uint32_t value_field = 1;
constexpr std::uint32_t published_field = 2;
constexpr std::uint32_t own_field = 3;

// What a record costs beside its key and value: map node, deadline, allocation heads.
constexpr std::size_t overhead_bytes = 256;

bool starts_with(ByteView key, std::string_view prefix) {
  return key.size() > prefix.size() && as_text(key).starts_with(prefix);
}

}  // namespace

RecordStore::RecordStore(const RecordConfig& config, const Key& self,
                         std::vector<Namespace> namespaces, Rng rng)
    : config_(config), self_(self), namespaces_(std::move(namespaces)), rng_(rng) {
  for (const Namespace& each : namespaces_)
    check(!each.prefix.empty() && each.validate && (each.better || each.merge),
          "a namespace has a prefix, a validator, and an order or a merge");
}

Verdict RecordStore::judge(Now now, ByteView key, ByteView value) const {
  const Namespace* space = namespace_of(key);
  if (space == nullptr) return Verdict::unknown_namespace;
  if (value.size() > config_.value_size_max_bytes || key.size() > key_size_max_bytes)
    return Verdict::too_large;
  if (value.empty()) return Verdict::malformed;
  return space->validate(key, value, now.unix);
}

Verdict RecordStore::put(Now now, const Bytes& key, const Bytes& value,
                         std::optional<UnixTime> published, bool is_own, StoreBatch& persist) {
  if (const Verdict verdict = judge(now, key, value); verdict != Verdict::valid) return verdict;
  const UnixTime since = std::min(published.value_or(now.unix), now.unix);
  const Distance where = distance(Key::of(key), self_);
  const auto found = records_.find(where);
  if (found != records_.end())
    return merges(key) ? merge_in(now, found, value, since, is_own, persist)
                       : renew(now, found, value, since, is_own, persist);
  // A message's bytes may be a slice of something larger: keep a copy, not the whole.
  Held held{.key = Bytes::copy(key),
            .value = Bytes::copy(value),
            .published = since,
            .heard = now.unix,
            .judged = now.unix,
            .is_own = is_own};
  if (!is_own && end_of(held) <= now.unix) return Verdict::expired;
  if (!has_room_for(where, size_of(held), is_own)) return Verdict::no_room;
  bytes_ += size_of(held);
  const auto record = records_.emplace(where, std::move(held)).first;
  schedule(now, where, record->second, jittered(turn_of(record->second)));
  write(record->second, persist);
  make_room(persist);
  return Verdict::valid;
}

Verdict RecordStore::renew(Now now, Records::iterator record, const Bytes& value,
                           UnixTime published, bool is_own, StoreBatch& persist) {
  Held& held = record->second;
  const bool is_same = held.value == value;
  if (!is_same && is_still_valid(now, held) &&
      better(held.key.view(), value, held.value.view()) <= 0)
    return Verdict::outdated;
  // What others pass on keeps its age, so it spares them their turn, and the publisher never its
  // own: else a record would end everywhere while its publisher is there.
  if (is_same && held.is_own && !is_own) return Verdict::valid;
  held.judged = now.unix;
  held.heard = now.unix;
  const UnixTime published_before = held.published;
  const bool was_own = held.is_own;
  if (!is_same) {
    bytes_ -= size_of(held);
    held.value = Bytes::copy(value);
    bytes_ += size_of(held);
    held.published = published;
    held.is_own = is_own;
  } else {
    held.published = std::max(held.published, published);
    held.is_own = held.is_own || is_own;
  }
  schedule(now, record->first, held, jittered(turn_of(held)));
  // A repeated put within the hour is not worth a write: after a restart the record would merely
  // seem that much older.
  const bool is_worth_a_write = !is_same || held.is_own != was_own ||
                                held.published - published_before >= config_.republish_held;
  if (is_worth_a_write) write(held, persist);
  make_room(persist);
  return Verdict::valid;
}

/// What came is added to what is held. Only a put that brings all that is held spares this node its
/// turn: else what it alone knows would wait for as long as others pass on what they know.
Verdict RecordStore::merge_in(Now now, Records::iterator record, const Bytes& value,
                              UnixTime published, bool is_own, StoreBatch& persist) {
  Held& held = record->second;
  const Bytes sum =
      is_still_valid(now, held) ? merged(held.key.view(), held.value, value) : Bytes::copy(value);
  const bool is_news = sum != held.value;
  const bool is_all = sum == value;
  const UnixTime published_before = held.published;
  const bool was_own = held.is_own;
  if (is_news) {
    bytes_ -= size_of(held);
    held.value = Bytes::copy(sum);
    bytes_ += size_of(held);
    held.judged = now.unix;
  }
  held.published = std::max(held.published, published);
  held.is_own = held.is_own || is_own;
  // Others' puts never spare a publisher its own turn: see renew().
  if ((is_all && !was_own) || is_own) {
    held.heard = now.unix;
    schedule(now, record->first, held, jittered(turn_of(held)));
  }
  const bool is_worth_a_write = is_news || held.is_own != was_own ||
                                held.published - published_before >= config_.republish_held;
  if (is_worth_a_write) write(held, persist);
  make_room(persist);
  return Verdict::valid;
}

std::optional<RecordStore::Found> RecordStore::get(Now now, ByteView key) {
  const auto found = records_.find(distance(Key::of(key), self_));
  if (found == records_.end()) return std::nullopt;
  Held& held = found->second;
  if (!is_still_valid(now, held)) return std::nullopt;
  return Found{held.value, held.published, held.is_own};
}

int RecordStore::better(ByteView key, ByteView a, ByteView b) const {
  const Namespace* space = namespace_of(key);
  check(space != nullptr, "only values of a known namespace are compared");
  return space->better(key, a, b);
}

bool RecordStore::merges(ByteView key) const {
  const Namespace* space = namespace_of(key);
  return space != nullptr && space->merge;
}

Bytes RecordStore::merged(ByteView key, const Bytes& a, const Bytes& b) const {
  if (a == b) return a;
  const Namespace* space = namespace_of(key);
  check(space != nullptr && space->merge, "only values of a namespace that merges are merged");
  return space->merge(key, a, b);
}

void RecordStore::load(Now now, const Bytes& key, ByteView stored, StoreBatch& persist) {
  auto record = decode_stored_record(stored);
  const bool is_kept = record && judge(now, key, record->value.view()) == Verdict::valid;
  if (!is_kept) {
    persist.push_back({Table::records, key, std::nullopt});
    return;
  }
  const Distance where = distance(Key::of(key), self_);
  Held held{.key = key,
            .value = std::move(record->value),
            .published = std::min(record->published, now.unix),
            .heard = std::min(record->published, now.unix),
            .judged = now.unix,
            .is_own = record->is_own};
  const bool has_ended = !held.is_own && end_of(held) <= now.unix;
  if (has_ended || !has_room_for(where, size_of(held), held.is_own)) {
    persist.push_back({Table::records, key, std::nullopt});
    return;
  }
  bytes_ += size_of(held);
  const auto [at, is_new] = records_.insert_or_assign(where, std::move(held));
  // After a restart every record may be due at once: their turns are spread over a whole interval
  // of the held ones.
  const Duration spread{static_cast<Duration::rep>(rng_.below(
      static_cast<std::uint64_t>(std::max<Duration::rep>(config_.republish_held.count(), 1))))};
  schedule(now, where, at->second, spread);
  make_room(persist);
}

void RecordStore::on_deadline(Now now, StoreBatch& persist, std::vector<Bytes>& republish) {
  while (const auto where = due_.pop_due(now.instant)) {
    const auto record = records_.find(*where);
    check(record != records_.end(), "a deadline belongs to a record that is held");
    Held& held = record->second;
    held.due = {};
    const bool is_valid = judge(now, held.key.view(), held.value.view()) == Verdict::valid;
    if (!is_valid || (!held.is_own && end_of(held) <= now.unix)) {
      expired_ += 1;
      drop(record, persist);
      continue;
    }
    // Nine tenths, because the turns themselves are drawn a tenth around the interval.
    const Duration since_heard = now.unix - held.heard;
    const bool is_turn = since_heard >= turn_of(held) * 9 / 10;
    // After a restart it wakes early: what is left of its interval is waited for, no whole one.
    if (!is_turn) schedule(now, record->first, held, jittered(turn_of(held)) - since_heard);
    if (is_turn) {
      republish.push_back(held.key);
      held.heard = now.unix;
      if (held.is_own) held.published = now.unix;
      if (held.is_own) write(held, persist);
      schedule(now, record->first, held, jittered(turn_of(held)));
    }
  }
}

void RecordStore::on_not_taken(Now now, ByteView key) {
  const auto record = records_.find(distance(Key::of(key), self_));
  if (record == records_.end() || !record->second.is_own) return;
  Held& held = record->second;
  held.heard = now.unix - turn_of(held);
  schedule(now, record->first, held, jittered(config_.retry));
}

const Namespace* RecordStore::namespace_of(ByteView key) const {
  for (const Namespace& each : namespaces_)
    if (starts_with(key, each.prefix)) return &each;
  return nullptr;
}

bool RecordStore::is_still_valid(Now now, Held& held) const {
  if (!held.is_own && end_of(held) <= now.unix) return false;
  const bool is_fresh = held.judged <= now.unix && now.unix - held.judged < config_.revalidate;
  if (is_fresh) return true;
  if (judge(now, held.key.view(), held.value.view()) != Verdict::valid) return false;
  held.judged = now.unix;
  return true;
}

UnixTime RecordStore::end_of(const Held& held) const {
  const Namespace* space = namespace_of(held.key);
  const bool has_own_ttl = space != nullptr && space->ttl > Duration::zero();
  return held.published + (has_own_ttl ? space->ttl : config_.ttl);
}

// What is merged has its publishers pass on what only they may know as often as any holder does.
Duration RecordStore::turn_of(const Held& held) const {
  return held.is_own && !merges(held.key) ? config_.republish_own : config_.republish_held;
}

// A tenth around `span`, so that records that came together do not leave together.
Duration RecordStore::jittered(Duration span) {
  const auto tenth = static_cast<std::uint64_t>(std::max<Duration::rep>(span.count() / 10, 1));
  return span - Duration(static_cast<Duration::rep>(tenth)) +
         Duration(static_cast<Duration::rep>(rng_.below(2 * tenth)));
}

// Wakes at the record's turn or its end, whichever is first.
void RecordStore::schedule(Now now, const Distance& where, Held& held, Duration until_turn) {
  due_.cancel(held.due);
  Duration until = until_turn;
  if (!held.is_own) until = std::min<Duration>(until, end_of(held) - now.unix);
  held.due = due_.add(now.instant + std::max<Duration>(until, 1s), where);
}

bool RecordStore::has_room_for(const Distance& where, std::size_t size, bool is_own) const {
  const bool is_full = records_.size() >= config_.count_max || bytes_ + size > config_.bytes_max;
  if (!is_full) return true;
  const auto farthest = farthest_stranger();
  if (farthest == records_.end()) return false;
  return is_own || where < farthest->first;  // a stranger's may itself be the farthest
}

void RecordStore::make_room(StoreBatch& persist) {
  while (records_.size() > config_.count_max || bytes_ > config_.bytes_max) {
    const auto farthest = farthest_stranger();
    if (farthest == records_.end()) return;
    probe("a record made room for a nearer one");
    drop(farthest, persist);
  }
}

RecordStore::Records::const_iterator RecordStore::farthest_stranger() const {
  for (auto record = records_.end(); record != records_.begin();)
    if (!(--record)->second.is_own) return record;
  return records_.end();
}

void RecordStore::drop(Records::const_iterator record, StoreBatch& persist) {
  due_.cancel(record->second.due);
  bytes_ -= size_of(record->second);
  persist.push_back({Table::records, record->second.key, std::nullopt});
  records_.erase(record);
}

void RecordStore::write(const Held& held, StoreBatch& persist) const {
  persist.push_back(
      {Table::records, held.key,
       encode(
           StoredRecord{.value = held.value, .published = held.published, .is_own = held.is_own})});
}

std::size_t RecordStore::size_of(const Held& held) {
  return held.key.size() + held.value.size() + overhead_bytes;
}

Bytes encode(const StoredRecord& record) {
  wire::ProtoWriter writer;
  writer.bytes(value_field, record.value)
      .number(published_field, static_cast<std::uint64_t>(std::max<std::int64_t>(
                                   record.published.time_since_epoch().count(), 0)));
  if (record.is_own) writer.number(own_field, 1);
  return writer.take();
}

std::optional<StoredRecord> decode_stored_record(ByteView bytes) {
  StoredRecord record;
  wire::ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->is_bytes(value_field)) {
      record.value = Bytes::copy(field->bytes);
    } else if (field->is_number(published_field)) {
      if (field->number > INT64_MAX / 2) return std::nullopt;
      record.published =
          UnixTime(CalendarClock::duration(static_cast<std::int64_t>(field->number)));
    } else if (field->is_number(own_field)) {
      record.is_own = field->number == 1;
    }
  }
  if (!reader.ok() || record.value.empty()) return std::nullopt;
  return record;
}

}  // namespace mycel::dht
