#include "sim/store.hpp"

#include <algorithm>
#include <utility>

namespace mycel::sim {
namespace {

constexpr std::uint64_t committed_fact = 16;

}  // namespace

void VirtualStore::commit(StoreBatch batch, Durability durability, Committed then) {
  const bool is_synced = durability == Durability::synced;
  const Duration low = is_synced ? config_.synced_min : config_.buffered_min;
  const Duration high = is_synced ? config_.synced_max : config_.buffered_max;
  const auto span = static_cast<std::uint64_t>((high - low).count());
  const Duration delay = low + Duration{static_cast<Duration::rep>(rng_.below(span + 1))};
  last_due_ = std::max(last_due_, world_.now().instant + delay);
  timers_.call_at(last_due_, [this, batch = std::move(batch), durability, then = std::move(then)] {
    if (is_full_) return then(Err{ports::StoreError{"the simulated disk is full"}});
    apply(batch, durability);
    then({});
  });
}

void VirtualStore::apply(const StoreBatch& batch, Durability durability) {
  Fingerprint& fingerprint = world_.fingerprint();
  world_.note(committed_fact);
  for (const StoreWrite& write : batch) {
    auto& table = disk_.written_[static_cast<std::size_t>(write.table)];
    fingerprint.fold(static_cast<std::uint64_t>(write.table));
    fingerprint.fold(write.key.view());
    if (write.value) {
      fingerprint.fold(write.value->view());
      table.insert_or_assign(write.key, *write.value);
    } else {
      table.erase(write.key);
    }
  }
  if (durability == Durability::synced) disk_.synced_ = disk_.written_;
}

Result<std::optional<Bytes>, ports::StoreError> VirtualStore::get(Table table, ByteView key) const {
  const auto& entries = disk_.written_[static_cast<std::size_t>(table)];
  const auto entry = entries.find(Bytes::copy(key));
  if (entry == entries.end()) return std::optional<Bytes>{};
  return std::optional<Bytes>{entry->second};
}

Result<void, ports::StoreError> VirtualStore::scan(Table table, ByteView prefix,
                                                   const Visitor& visit) const {
  const auto& entries = disk_.written_[static_cast<std::size_t>(table)];
  for (auto entry = entries.lower_bound(Bytes::copy(prefix)); entry != entries.end(); ++entry) {
    const ByteView key = entry->first;
    if (key.size() < prefix.size() || !equal(key.first(prefix.size()), prefix)) break;
    if (!visit(key, entry->second)) break;
  }
  return {};
}

}  // namespace mycel::sim
