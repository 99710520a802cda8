#include "sim/store.hpp"

#include <algorithm>
#include <utility>

namespace mycel::sim {
namespace {

constexpr std::uint64_t committed_fact = 16;

ports::StoreError damaged() {
  return {"the simulated disk is damaged: its files contradict each other"};
}

}  // namespace

void Disk::lose_power(Rng& rng) {
  const auto survive = static_cast<std::size_t>(rng.below(undo_.size() + 1));
  while (undo_.size() > survive) {
    const bool is_torn = is_torn_ && undo_.size() == survive + 1;
    const std::size_t half = undo_.back().before.size() / 2;
    take_back(undo_.back(), is_torn && is_torn_kept_ ? half : 0);
    undo_.pop_back();
    commits_lost_ += 1;
    batches_torn_ += is_torn ? 1 : 0;
  }
  undo_.clear();  // what the store finds at its start it may rely on
}

void Disk::apply(StoreBatch batch, Durability durability, Instant at) {
  Undo undo{at, {}};
  undo.before.reserve(batch.size());
  for (StoreWrite& write : batch) {
    auto before = replace(write.table, write.key, std::move(write.value));
    undo.before.push_back({write.table, std::move(write.key), std::move(before)});
  }
  if (durability == Durability::synced && !is_lying_) {
    undo_.clear();
    return;
  }
  undo_.push_back(std::move(undo));
  write_back_until(at - write_back);
}

std::optional<Bytes> Disk::replace(Table table, const Bytes& key, std::optional<Bytes> value) {
  auto& entries = contents_[static_cast<std::size_t>(table)];
  const auto entry = entries.find(key);
  std::optional<Bytes> before;
  if (entry != entries.end()) {
    size_bytes_ -= key.size() + entry->second.size();
    before = std::move(entry->second);
  }
  if (value) size_bytes_ += key.size() + value->size();
  if (!value) {
    if (entry != entries.end()) entries.erase(entry);
  } else if (entry != entries.end()) {
    entry->second = std::move(*value);
  } else {
    entries.emplace(key, std::move(*value));
  }
  return before;
}

/// All but the first `kept` writes, the last one first: a batch may write a key twice.
void Disk::take_back(const Undo& undo, std::size_t kept) {
  for (std::size_t i = undo.before.size(); i > kept; --i) {
    const StoreWrite& before = undo.before[i - 1];
    replace(before.table, before.key, before.value);
  }
}

// Moves the rest only when half of it has gone, so that a commit costs no more than itself.
void Disk::write_back_until(Instant at) {
  std::size_t durable = undo_.size() > volatile_max ? undo_.size() / 2 : 0;
  while (durable < undo_.size() && undo_[durable].at <= at) durable += 1;
  if (durable * 2 < undo_.size()) return;
  undo_.erase(undo_.begin(), undo_.begin() + static_cast<std::ptrdiff_t>(durable));
}

VirtualStore::~VirtualStore() {
  timers_.cancel(armed_);
  const std::uint64_t reached = failure_ || disk_.is_full_ ? 0 : rng_.below(queue_.size() + 1);
  for (std::uint64_t i = 0; i < reached; ++i) {
    write(std::move(queue_.front().batch), queue_.front().durability);
    queue_.pop_front();
  }
}

void VirtualStore::commit(StoreBatch batch, Durability durability, Committed then) {
  const bool is_synced = durability == Durability::synced;
  const Duration low = is_synced ? config_.synced_min : config_.buffered_min;
  const Duration high = is_synced ? config_.synced_max : config_.buffered_max;
  const auto span = static_cast<std::uint64_t>((high - low).count());
  const Duration delay = low + Duration{static_cast<Duration::rep>(rng_.below(span + 1))};
  Instant due = timers_.now().instant + delay * disk_.slow_factor_;
  if (!queue_.empty()) due = std::max(due, queue_.back().due);
  queue_.push_back({due, std::move(batch), durability, std::move(then)});
  if (queue_.size() == 1) arm();
}

void VirtualStore::arm() {
  armed_ = timers_.call_at(queue_.front().due, [this] { write_first(); });
}

void VirtualStore::write_first() {
  Queued first = std::move(queue_.front());
  queue_.pop_front();
  armed_ = {};
  if (!queue_.empty()) arm();
  if (disk_.is_full_ && !failure_) failure_ = {"the simulated disk is full"};
  if (failure_) return first.then(Err{*failure_});
  write(std::move(first.batch), first.durability);
  first.then({});
}

void VirtualStore::finish() {
  timers_.cancel(std::exchange(armed_, {}));
  const bool is_written = !failure_ && !disk_.is_full_;
  for (Queued& queued : queue_)
    if (is_written) write(std::move(queued.batch), queued.durability);
  queue_.clear();
  if (is_written) disk_.apply({}, Durability::synced, world_.now().instant);
}

void VirtualStore::write(StoreBatch batch, Durability durability) {
  Fingerprint& fingerprint = world_.fingerprint();
  world_.note(committed_fact);
  for (const StoreWrite& write : batch) {
    fingerprint.fold(static_cast<std::uint64_t>(write.table));
    fingerprint.fold(write.key.view());
    if (write.value) fingerprint.fold(write.value->view());
  }
  disk_.apply(std::move(batch), durability, world_.now().instant);
}

Result<std::optional<Bytes>, ports::StoreError> VirtualStore::get(Table table, ByteView key) const {
  if (disk_.is_damaged_) return Err{damaged()};
  const auto& entries = disk_.contents_[static_cast<std::size_t>(table)];
  const auto entry = entries.find(key);
  if (entry == entries.end()) return std::optional<Bytes>{};
  return std::optional<Bytes>{entry->second};
}

Result<void, ports::StoreError> VirtualStore::scan(Table table, ByteView prefix,
                                                   const Visitor& visit) const {
  if (disk_.is_damaged_) return Err{damaged()};
  const auto& entries = disk_.contents_[static_cast<std::size_t>(table)];
  for (auto entry = entries.lower_bound(prefix); entry != entries.end(); ++entry) {
    const ByteView key = entry->first;
    if (key.size() < prefix.size() || !equal(key.first(prefix.size()), prefix)) break;
    if (!visit(key, entry->second)) break;
  }
  return {};
}

}  // namespace mycel::sim
