#include "protocol/dht/lookup.hpp"

#include <algorithm>

#include "foundation/base/check.hpp"
#include "foundation/base/probe.hpp"

namespace mycel::dht {

Lookup::Lookup(const LookupConfig& config, const Key& target, const PeerId& self)
    : config_(config), target_(target), self_(self) {
  check(config.k > 0 && config.parallel > 0 && config.disjoint_paths > 0,
        "a lookup needs k, parallelism and paths of at least one");
  check(config.disjoint_paths < paths_max, "more disjoint paths than a lookup can hold");
}

std::size_t Lookup::enter(const std::vector<PeerInfo>& entry_points) {
  const std::size_t first = paths_.size();
  const std::size_t opened = first == 0 ? config_.disjoint_paths : 1;
  if (first + opened > paths_max) return 0;
  paths_.resize(first + opened);
  std::size_t taken = 0;
  for (const PeerInfo& peer : entry_points)
    if (!knows(peer.id) && learn(first + taken % opened, peer, 0)) taken += 1;
  return taken;
}

std::vector<PeerInfo> Lookup::next(Instant now) {
  mark_slow(now);
  std::vector<PeerInfo> peers;
  // One for each path in turn, so that no path claims all the peers that several know.
  for (bool is_idle = false; !is_idle;) {
    is_idle = true;
    for (std::size_t path = 0; path < paths_.size(); ++path) {
      if (asked_ >= config_.asked_max || under_way(path) >= parallel_on(path)) continue;
      Node* node = next_on(path);
      if (node == nullptr) continue;
      leave_known(*node);
      node->state = State::asked;
      node->path = static_cast<std::uint8_t>(path);
      node->asked_at = now;
      asked_ += 1;
      peers.push_back(node->peer);
      is_idle = false;
    }
  }
  return peers;
}

void Lookup::on_answer(const PeerId& peer, const std::vector<PeerInfo>& closer) {
  const auto found = nodes_.find(distance_to(peer));
  if (found == nodes_.end()) return;
  Node& node = found->second;
  if (node.state == State::known || node.state == State::answered) return;
  if (node.state == State::failed) {
    probe("a peer answered after it was given up");
    failed_ -= 1;
  }
  node.state = State::answered;
  answered_ += 1;
  const std::size_t path = node.path;
  const std::size_t hops = std::size_t{node.hops} + 1;
  const Distance* nearest = nearest_on(path);
  const Distance nearest_before = nearest != nullptr ? *nearest : found->first;
  const std::size_t believed = std::min(closer.size(), config_.k);
  for (std::size_t i = 0; i < believed; ++i) learn(path, closer[i], hops);
  nearest = nearest_on(path);
  paths_[path].is_closing = nearest == nullptr || *nearest >= nearest_before;
}

void Lookup::on_failure(const PeerId& peer) {
  const auto found = nodes_.find(distance_to(peer));
  if (found == nodes_.end()) return;
  Node& node = found->second;
  if (node.state != State::asked && node.state != State::slow) return;
  node.state = State::failed;
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
  for (const auto& [where, node] : nodes_)
    if (node.state == State::asked) first = std::min(first, node.asked_at + config_.patience);
  return first;
}

std::vector<PeerInfo> Lookup::nearest() const {
  std::vector<PeerInfo> peers;
  for (const auto& [where, node] : nodes_) {
    if (peers.size() == config_.k) break;
    if (node.state == State::answered) peers.push_back(node.peer);
  }
  return peers;
}

std::vector<PeerInfo> Lookup::answered_peers() const {
  std::vector<PeerInfo> peers;
  for (const auto& [where, node] : nodes_)
    if (node.state == State::answered) peers.push_back(node.peer);
  return peers;
}

bool Lookup::has_answered(const PeerId& peer) const {
  const auto found = nodes_.find(distance_to(peer));
  return found != nodes_.end() && found->second.state == State::answered;
}

std::size_t Lookup::hops() const {
  for (const auto& [where, node] : nodes_)
    if (node.state == State::answered) return node.hops;
  return 0;
}

bool Lookup::knows(const PeerId& peer) const {
  return nodes_.contains(distance_to(peer));
}

Distance Lookup::distance_to(const PeerId& peer) const {
  return distance(Key::of(peer), target_);
}

// False when the peer is this node itself, or too far to be remembered.
bool Lookup::learn(std::size_t path, const PeerInfo& peer, std::size_t hops) {
  if (peer.id == self_) return false;
  const Distance where = distance_to(peer.id);
  const auto [found, is_new] = nodes_.try_emplace(where);
  Node& node = found->second;
  if (is_new) {
    node.peer = peer;
    node.hops = static_cast<std::uint16_t>(std::min<std::size_t>(hops, UINT16_MAX));
  } else if (node.peer.addresses.empty()) {
    node.peer.addresses = peer.addresses;
  }
  if (is_on(node, path)) return true;
  node.known_on |= PathMask{1} << path;
  if (node.state != State::known) return true;
  paths_[path].unasked += 1;
  if (paths_[path].unasked > config_.unasked_per_path_max) forget_farthest(path);
  return nodes_.contains(where);
}

void Lookup::leave_known(const Node& node) {
  for (std::size_t path = 0; path < paths_.size(); ++path)
    if (is_on(node, path)) paths_[path].unasked -= 1;
}

// Only peers that were not asked can be forgotten: the others must not be asked again.
void Lookup::forget_farthest(std::size_t path) {
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    if (!is_on(node->second, path) || node->second.state != State::known) continue;
    node->second.known_on &= ~(PathMask{1} << path);
    paths_[path].unasked -= 1;
    if (node->second.known_on == 0) nodes_.erase(std::next(node).base());
    return;
  }
}

// Of its k nearest that did not fail, the nearest that nobody has asked. A peer that another path
// asked keeps its place among the k: that path brings its answer.
Lookup::Node* Lookup::next_on(std::size_t path) {
  std::size_t live = 0;
  for (auto& [where, node] : nodes_) {
    if (!is_on(node, path) || node.state == State::failed) continue;
    if (node.state == State::known) return &node;
    if (++live == config_.k) break;
  }
  return nullptr;
}

bool Lookup::is_path_settled(std::size_t path, Awaited awaited) const {
  std::size_t live = 0;
  for (const auto& [where, node] : nodes_) {
    if (!is_on(node, path) || node.state == State::failed) continue;
    if (node.state == State::known) return asked_ >= config_.asked_max && under_way(path) == 0;
    const bool is_awaited =
        node.state == State::asked || (node.state == State::slow && awaited == Awaited::everybody);
    if (is_awaited && node.path == path) return false;
    if (++live == config_.k) break;
  }
  return true;
}

std::size_t Lookup::under_way(std::size_t path) const {
  return static_cast<std::size_t>(std::ranges::count_if(nodes_, [&](const auto& entry) {
    return entry.second.state == State::asked && entry.second.path == path;
  }));
}

std::size_t Lookup::parallel_on(std::size_t path) const {
  if (paths_[path].is_closing) return std::max(config_.parallel_last, std::size_t{1});
  const std::size_t paths = config_.disjoint_paths;
  return (config_.parallel + paths - 1) / paths;
}

const Distance* Lookup::nearest_on(std::size_t path) const {
  for (const auto& [where, node] : nodes_)
    if (is_on(node, path) && node.state != State::failed) return &where;
  return nullptr;
}

void Lookup::mark_slow(Instant now) {
  for (auto& [where, node] : nodes_)
    if (node.state == State::asked && node.asked_at + config_.patience <= now)
      node.state = State::slow;
}

}  // namespace mycel::dht
