// Values of earlier lookups, and what drives them out: their age, a newer value, word of one.

#include <algorithm>
#include <utility>

#include "foundation/base/probe.hpp"

#include "protocol/dht/dht.hpp"

namespace mycel::dht {

/// What an earlier lookup brought, if it is valid still and this node does not hold a better value.
std::optional<Value> Dht::cached(Now now, const Bytes& key, std::size_t quorum) {
  auto found = cache_.get(now.instant, key, quorum);
  if (found && records_.judge(now, key, found->value) != Verdict::valid) {
    cache_.forget(key);
    found.reset();
  }
  (found ? counters_.cache_hits : counters_.cache_misses) += 1;
  if (!found) return std::nullopt;
  return Value{key, std::move(found->value), found->from, found->answers, true};
}

/// A lookup that is content with few answers may bring a worse value than is known.
void Dht::remember(Now now, const Operation& operation, const Get& get) {
  if (get.is_overtaken) return;
  if (records_.merges(operation.key)) return remember_merged(now, operation.key, get);
  const auto is_better = [&](const Bytes& known) {
    return records_.better(operation.key.view(), known, *get.best) > 0;
  };
  if (const auto held = records_.get(now, operation.key); held && is_better(held->value)) return;
  // The value is a slice of a whole message: keep a copy of it alone.
  ValueCache::Cached fresh{Bytes::copy(get.best->view()), get.best_from, get.answers};
  if (const auto known = cache_.get(now.instant, operation.key, 0)) {
    if (is_better(known->value)) return;
    if (known->value == fresh.value) fresh.answers = std::max(fresh.answers, known->answers);
  }
  cache_.put(now.instant, operation.key, std::move(fresh));
}

/// A lookup that merges begins with all that is known: no answer can take that away again.
void Dht::gather_cached(Now now, const Bytes& key, Get& get) {
  const auto known = cache_.get(now.instant, key, 0);
  if (!known || records_.judge(now, key, known->value) != Verdict::valid) return;
  const Bytes sum = get.best ? records_.merged(key, *get.best, known->value) : known->value;
  if (get.best == sum) return;
  get.outdated = std::exchange(get.holders, {});
  get.best = sum;
  get.best_from = known->from;
}

/// Nothing that is known of it is lost to a lookup that met others.
void Dht::remember_merged(Now now, const Bytes& key, const Get& get) {
  Bytes sum = Bytes::copy(get.best->view());
  if (const auto held = records_.get(now, key)) sum = records_.merged(key, sum, held->value);
  if (const auto known = cache_.get(now.instant, key, 0))
    sum = records_.merged(key, sum, known->value);
  cache_.put(now.instant, key, {std::move(sum), get.best_from, get.answers});
}

/// A value has come that the store took, so it is no worse than what is known. The same one again
/// is no news.
void Dht::drop_cached(Now now, const Bytes& key, const Bytes& newer) {
  const auto known = cache_.get(now.instant, key, 0);
  if (known && known->value == newer) return;
  if (known && records_.merges(key) && records_.merged(key, known->value, newer) == known->value)
    return;
  on_announced(key);
}

void Dht::on_announced(const Bytes& key) {
  if (cache_.forget(key)) counters_.cache_invalidations += 1;
  for (auto& [id, operation] : operations_) {
    auto* get = std::get_if<Get>(&operation.goal);
    if (get == nullptr || operation.key != key) continue;
    probe("a newer value was announced while its key was looked up");
    get->is_overtaken = true;
  }
}

}  // namespace mycel::dht
