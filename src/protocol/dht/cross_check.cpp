#include "protocol/dht/cross_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "foundation/base/probe.hpp"

namespace mycel::dht {
namespace {

constexpr std::size_t key_size_bytes = 32;

}  // namespace

void CrossCheckOutput::clear() {
  persist.clear();
  durability = Durability::buffered;
  searches.clear();
  questions.clear();
  events.clear();
}

void CrossCheckCounters::each(const CounterVisitor& visit) const {
  visit({"dht_cross_checks_total", "Keys whose neighbours were compared."}, rounds);
  visit({"dht_cross_check_lists_total", "Lists of peers that were compared."}, compared);
  visit({"dht_cross_check_suspects_total", "Peers that left out others once."}, suspected);
  visit({"dht_cross_check_inconsistent_total", "Peers that left out others twice."}, inconsistent);
}

void CrossCheck::plan_round(Now now) {
  suspects_.clear();
  pass_ = {};
  const auto every = static_cast<std::uint64_t>(config_.every.count());
  due_ =
      now.instant + config_.every / 2 + Duration{static_cast<Duration::rep>(rng_.below(every + 1))};
}

void CrossCheck::on_deadline(Now now) {
  if (now.instant < due_) return;
  due_ = never;
  if (suspects_.empty()) {
    std::vector<std::byte> key(key_size_bytes);
    rng_.fill(key);
    key_ = Bytes(std::move(key));
    point_ = Key::of(key_.view());
    counters_.rounds += 1;
  }
  is_searching_ = true;
  next_.searches.push_back({key_});
}

void CrossCheck::on_found(Now now, const std::vector<PeerId>& found) {
  if (!std::exchange(is_searching_, false)) return;
  pass_ = {};
  for (std::size_t i = 0; i < std::min(found.size(), config_.sampled); ++i) {
    const RequestId id = request_ids_.next();
    pass_.asked.emplace(id, found[i]);
    next_.questions.push_back({id, found[i], key_});
  }
  if (pass_.asked.empty()) plan_round(now);
}

void CrossCheck::on_list(Now now, RequestId id, const std::optional<std::vector<PeerId>>& named) {
  const auto asked = pass_.asked.extract(id);
  if (!asked) return;
  if (named) {
    counters_.compared += 1;
    pass_.lists.emplace(asked.mapped(), Peers(named->begin(), named->end()));
  }
  if (pass_.asked.empty()) conclude(now);
}

void CrossCheck::conclude(Now now) {
  const std::map<PeerId, Peers> hidden = hidden_by_each();
  if (suspects_.empty() && !hidden.empty()) {
    probe("a node that was cross-checked left out others");
    counters_.suspected += hidden.size();
    suspects_ = hidden;
    due_ = now.instant + config_.again_after;
    return;
  }
  for (const auto& [peer, first] : suspects_) {
    const auto second = hidden.find(peer);
    if (second == hidden.end()) continue;
    Inconsistent found{.peer = peer, .key = key_, .hidden = {}};
    std::ranges::set_intersection(first, second->second, std::back_inserter(found.hidden));
    if (found.hidden.size() < config_.hidden_min) continue;
    probe("a peer hid its neighbours twice");
    counters_.inconsistent += 1;
    next_.events.emplace_back(std::move(found));
  }
  plan_round(now);
}

std::map<PeerId, CrossCheck::Peers> CrossCheck::hidden_by_each() const {
  std::map<PeerId, Peers> all;
  for (const auto& [peer, list] : pass_.lists) {
    Peers hidden = hidden_by(peer, list);
    if (!hidden.empty()) all.emplace(peer, std::move(hidden));
  }
  return all;
}

/// Empty unless it is more than half of those it ought to know.
CrossCheck::Peers CrossCheck::hidden_by(const PeerId& peer, const Peers& list) const {
  Peers hidden;
  std::size_t sure = 0;
  for (const auto& [other, named] : pass_.lists) {
    if (!named.contains(peer) || !is_known_to(other, peer)) continue;
    sure += 1;
    if (is_left_out(other, list)) hidden.insert(other);
  }
  if (hidden.size() < config_.hidden_min || 2 * hidden.size() <= sure) hidden.clear();
  return hidden;
}

// Whether so many of the rest name `other` that `peer` has to know it as well.
bool CrossCheck::is_known_to(const PeerId& other, const PeerId& peer) const {
  std::size_t others = 0, named = 0;
  for (const auto& [asked, list] : pass_.lists) {
    if (asked == peer || asked == other) continue;
    others += 1;
    if (list.contains(other)) named += 1;
  }
  return others >= config_.others_min && 3 * named >= 2 * others;
}

bool CrossCheck::is_left_out(const PeerId& peer, const Peers& list) const {
  if (list.contains(peer)) return false;
  if (list.size() < config_.k) return true;
  const Distance where = distance(Key::of(peer), point_);
  return std::ranges::any_of(
      list, [&](const PeerId& named) { return where < distance(Key::of(named), point_); });
}

}  // namespace mycel::dht
