#include "protocol/dht/lookup.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"

namespace mycel::dht {
Lookup::Lookup(const LookupConfig& config, const Key& target, const PeerId& self)
    : config_(config), target_(target), self_(self) {
  check(config.k > 0 && config.parallel > 0 && config.disjoint_paths > 0,
        "a lookup needs k, parallelism and paths of at least one");
  check(config.disjoint_paths < paths_max, "more disjoint paths than a lookup can hold");
}

std::size_t Lookup::enter(const std::vector<PeerInfo>& entry_points, std::size_t more_paths) {
  const std::size_t first = paths_.size();
  const std::size_t wanted = first == 0 ? config_.disjoint_paths : more_paths;
  const std::size_t opened = std::min(wanted, paths_max - first);
  if (opened == 0) return 0;
  paths_.resize(first + opened);
  std::size_t taken = 0;
  for (const PeerInfo& peer : entry_points)
    if (!knows(peer.id) && learn(first + taken % opened, peer.id, peer.addresses, 0)) taken += 1;
  return taken;
}

std::vector<PeerInfo> Lookup::next(Instant now) {
  mark_slow(now);
  std::vector<PeerInfo> peers;
  // One for each path in turn, so that no path claims all the peers that several know.
  for (bool is_idle = false; !is_idle;) {
    is_idle = true;
    for (std::size_t path = 0; path < paths_.size(); ++path) {
      if (asked_ >= config_.asked_max || paths_[path].under_way >= parallel_on(path)) continue;
      Place* place = next_on(path);
      if (place == nullptr) continue;
      leave_known(*place);
      place->state = State::asked;
      place->path = static_cast<std::uint8_t>(path);
      paths_[path].under_way += 1;
      Node& node = nodes_[place->node];
      node.asked_at = now;
      asked_ += 1;
      peers.push_back(node.peer);
      is_idle = false;
    }
  }
  return peers;
}

std::optional<Lookup::Answering> Lookup::begin_answer(const PeerId& peer) {
  Place* place = place_of(peer);
  if (place == nullptr) return std::nullopt;
  if (place->state == State::known || place->state == State::answered) return std::nullopt;
  if (place->state == State::failed) {
    probe("a peer answered after it was given up");
    failed_ -= 1;
  }
  if (place->state == State::asked) paths_[place->path].under_way -= 1;
  place->state = State::answered;
  answered_ += 1;
  const Node& node = nodes_[place->node];
  const Distance* nearest = nearest_on(place->path);
  return Answering{.node = place->node,
                   .path = place->path,
                   .hops = std::size_t{node.hops} + 1,
                   .nearest_before = nearest != nullptr ? *nearest : node.where};
}

void Lookup::note_named(const Answering& answer, const PeerId& named) {
  nodes_[answer.node].named.push_back(tail_of(named));
}

void Lookup::end_answer(const Answering& answer) {
  const Distance* nearest = nearest_on(answer.path);
  paths_[answer.path].is_closing = nearest == nullptr || *nearest >= answer.nearest_before;
}

void Lookup::on_failure(const PeerId& peer) {
  Place* place = place_of(peer);
  if (place == nullptr) return;
  if (place->state != State::asked && place->state != State::slow) return;
  if (place->state == State::asked) paths_[place->path].under_way -= 1;
  place->state = State::failed;
  failed_ += 1;
}

bool Lookup::is_settled() const {
  for (std::size_t path = 0; path < paths_.size(); ++path)
    if (!is_path_settled(path, Awaited::everybody)) return false;
  return true;
}

bool Lookup::waits_for_slow_only() const {
  for (std::size_t path = 0; path < paths_.size(); ++path)
    if (!is_path_settled(path, Awaited::not_the_slow)) return false;
  return true;
}

Instant Lookup::next_slow() const {
  Instant first = never;
  for (const Place& place : places_)
    if (place.state == State::asked)
      first = std::min(first, nodes_[place.node].asked_at + config_.patience);
  return first;
}

std::vector<PeerInfo> Lookup::nearest() const {
  std::vector<PeerInfo> peers;
  for (const Place& place : places_) {
    if (peers.size() == config_.k) break;
    if (place.state == State::answered) peers.push_back(nodes_[place.node].peer);
  }
  return peers;
}

std::vector<PeerInfo> Lookup::answered_peers() const {
  std::vector<PeerInfo> peers;
  for (const Place& place : places_)
    if (place.state == State::answered) peers.push_back(nodes_[place.node].peer);
  return peers;
}

std::vector<Testimony> Lookup::testimonies() const {
  std::vector<Testimony> testimonies;
  for (const Place& place : places_)
    if (place.state == State::answered)
      testimonies.push_back({nodes_[place.node].peer, nodes_[place.node].named});
  return testimonies;
}

bool Lookup::has_answered(const PeerId& peer) const {
  return std::ranges::any_of(places_, [&](const Place& place) {
    return place.state == State::answered && nodes_[place.node].peer.id == peer;
  });
}

std::optional<Lookup::Trail> Lookup::trail_of(const PeerId& peer) const {
  const auto index = index_of(peer);
  if (!index) return std::nullopt;
  return Trail{places_[place_for(nodes_[*index].where)].path, nodes_[*index].hops};
}

std::size_t Lookup::hops() const {
  for (const Place& place : places_)
    if (place.state == State::answered) return nodes_[place.node].hops;
  return 0;
}

bool Lookup::knows(const PeerId& peer) const {
  return index_of(peer).has_value();
}

Distance Lookup::distance_to(const PeerId& peer) const {
  return distance(Key::of(peer), target_);
}

std::optional<Lookup::NodeIndex> Lookup::index_of(const PeerId& peer) const {
  const std::uint64_t tail = tail_of(peer);
  for (auto each = std::ranges::find(tails_, tail); each != tails_.end();
       each = std::find(each + 1, tails_.end(), tail)) {
    const auto index = static_cast<NodeIndex>(each - tails_.begin());
    if (nodes_[index].peer.id == peer) return index;
  }
  return std::nullopt;
}

// Where it stands, or would stand.
std::size_t Lookup::place_for(const Distance& where) const {
  const auto is_before = [&](const Place& place, const Distance& wanted) {
    if (place.head != wanted.words[0]) return place.head < wanted.words[0];
    return nodes_[place.node].where < wanted;
  };
  const auto place = std::lower_bound(places_.begin(), places_.end(), where, is_before);
  return static_cast<std::size_t>(place - places_.begin());
}

Lookup::Place* Lookup::place_of(const PeerId& peer) {
  const auto index = index_of(peer);
  return index ? &places_[place_for(nodes_[*index].where)] : nullptr;
}

// False when the peer is this node itself, or too far to be remembered.
bool Lookup::learn(std::size_t path, const PeerId& peer, const Addresses& addresses,
                   std::size_t hops) {
  if (peer == self_) return false;
  auto index = index_of(peer);
  if (!index) {
    const Distance where = distance_to(peer);
    index = add({.peer = {peer, addresses},
                 .where = where,
                 .hops = static_cast<std::uint16_t>(std::min<std::size_t>(hops, UINT16_MAX))});
    places_.insert(places_.begin() + static_cast<std::ptrdiff_t>(place_for(where)),
                   Place{.head = where.words[0], .node = *index});
  } else if (nodes_[*index].peer.addresses.empty()) {
    nodes_[*index].peer.addresses = addresses;
  }
  Place& place = places_[place_for(nodes_[*index].where)];
  if (is_on(place, path)) return true;
  place.known_on |= PathMask{1} << path;
  if (place.state != State::known) return true;
  paths_[path].unasked += 1;
  if (paths_[path].unasked > config_.unasked_per_path_max) forget_farthest(path);
  return !nodes_[*index].peer.id.is_none();
}

Lookup::NodeIndex Lookup::add(Node node) {
  const std::uint64_t tail = tail_of(node.peer.id);
  if (free_.empty()) {
    check(nodes_.size() < UINT16_MAX, "a lookup knows no more than it may ask and remember");
    nodes_.push_back(std::move(node));
    tails_.push_back(tail);
    return static_cast<NodeIndex>(nodes_.size() - 1);
  }
  const NodeIndex index = free_.back();
  free_.pop_back();
  nodes_[index] = std::move(node);
  tails_[index] = tail;
  return index;
}

void Lookup::leave_known(const Place& place) {
  for (std::size_t path = 0; path < paths_.size(); ++path)
    if (is_on(place, path)) paths_[path].unasked -= 1;
}

// Only peers that were not asked can be forgotten: the others must not be asked again.
void Lookup::forget_farthest(std::size_t path) {
  for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
    if (!is_on(*place, path) || place->state != State::known) continue;
    place->known_on &= ~(PathMask{1} << path);
    paths_[path].unasked -= 1;
    if (place->known_on != 0) return;
    nodes_[place->node] = {};
    free_.push_back(place->node);
    places_.erase(std::next(place).base());
    return;
  }
}

// Of its k nearest that did not fail, the nearest that nobody has asked. A peer that another path
// asked keeps its place among the k: that path brings its answer.
Lookup::Place* Lookup::next_on(std::size_t path) {
  if (paths_[path].unasked == 0) return nullptr;
  std::size_t live = 0;
  for (Place& place : places_) {
    if (!is_on(place, path) || place.state == State::failed) continue;
    if (place.state == State::known) return &place;
    if (++live == config_.k + beyond_) break;
  }
  return nullptr;
}

bool Lookup::is_path_settled(std::size_t path, Awaited awaited) const {
  std::size_t live = 0;
  for (const Place& place : places_) {
    if (!is_on(place, path) || place.state == State::failed) continue;
    if (place.state == State::known)
      return asked_ >= config_.asked_max && paths_[path].under_way == 0;
    const bool is_awaited = place.state == State::asked ||
                            (place.state == State::slow && awaited == Awaited::everybody);
    if (is_awaited && place.path == path) return false;
    if (++live == config_.k + beyond_) break;
  }
  return true;
}

std::size_t Lookup::parallel_on(std::size_t path) const {
  if (paths_[path].is_closing) return std::max(config_.parallel_last, std::size_t{1});
  const std::size_t paths = config_.disjoint_paths;
  return (config_.parallel + paths - 1) / paths;
}

const Distance* Lookup::nearest_on(std::size_t path) const {
  for (const Place& place : places_)
    if (is_on(place, path) && place.state != State::failed) return &nodes_[place.node].where;
  return nullptr;
}

void Lookup::mark_slow(Instant now) {
  for (Place& place : places_) {
    if (place.state != State::asked || nodes_[place.node].asked_at + config_.patience > now)
      continue;
    place.state = State::slow;
    paths_[place.path].under_way -= 1;
  }
}

}  // namespace mycel::dht
