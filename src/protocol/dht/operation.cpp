#include "protocol/dht/operation.hpp"

#include <algorithm>

namespace mycel::dht {
namespace {

// Providers gathered in one lookup beside those asked for: one answer may bring several.
constexpr std::size_t gathered_max = 1024;

void add_addresses(Addresses& known, const Addresses& told) {
  for (const Multiaddr& address : told)
    if (known.size() < peer_addresses_max && std::ranges::find(known, address) == known.end())
      known.push_back(address);
}

void gather_peer(FindPeer& goal, const Message& answer) {
  for (const Peer& peer : answer.closer)
    if (peer.id == goal.peer) add_addresses(goal.addresses, peer.addresses);
}

void gather_providers(FindProviders& goal, const Message& answer) {
  for (const Peer& peer : answer.providers) {
    if (!goal.found.contains(peer.id) && goal.found.size() >= gathered_max) continue;
    add_addresses(goal.found[peer.id], peer.addresses);
  }
}

}  // namespace

bool is_same(const Operation& operation, ByteView key, const Goal& goal) {
  if (operation.is_upkeep || operation.goal.index() != goal.index()) return false;
  if (!std::ranges::equal(operation.key.view(), key)) return false;
  if (const auto* get = std::get_if<Get>(&goal)) {
    const Get& there = std::get<Get>(operation.goal);
    return there.quorum == get->quorum && !there.is_overtaken &&
           (operation.explanation || !get->is_explained);
  }
  if (const auto* find = std::get_if<FindProviders>(&goal))
    return std::get<FindProviders>(operation.goal).count_max == find->count_max;
  return std::holds_alternative<FindNearest>(goal) || std::holds_alternative<FindPeer>(goal);
}

Publication* publication_of(Goal& goal) {
  if (auto* put = std::get_if<Put>(&goal)) return &put->publication;
  if (auto* provide = std::get_if<Provide>(&goal)) return &provide->publication;
  return nullptr;
}

MessageType question_of(const Goal& goal) {
  if (std::holds_alternative<Get>(goal)) return MessageType::get_value;
  if (std::holds_alternative<FindProviders>(goal)) return MessageType::get_providers;
  return MessageType::find_node;
}

void gather(Operation& operation, const Message& answer) {
  if (auto* wanted = std::get_if<FindPeer>(&operation.goal)) gather_peer(*wanted, answer);
  if (auto* wanted = std::get_if<FindProviders>(&operation.goal)) gather_providers(*wanted, answer);
}

void gather_value(Get& get, const PeerId& from, const Bytes& value, int order) {
  get.answers += 1;
  if (!get.best || order > 0) {
    get.outdated.insert(get.outdated.end(), get.holders.begin(), get.holders.end());
    get.holders.clear();
    get.best = value;
    get.best_from = from;
  }
  (order < 0 ? get.outdated : get.holders).push_back(from);
}

void gather_merged(Get& get, const PeerId& from, const Bytes& value, const Bytes& merged) {
  get.answers += 1;
  if (get.best != merged) {
    get.outdated.insert(get.outdated.end(), get.holders.begin(), get.holders.end());
    get.holders.clear();
    get.best = merged;
    get.best_from = from;
  }
  (value == merged ? get.holders : get.outdated).push_back(from);
}

bool is_satisfied(const Operation& operation) {
  if (const auto* get = std::get_if<Get>(&operation.goal)) return get->answers >= get->quorum;
  if (const auto* find = std::get_if<FindPeer>(&operation.goal)) return find->is_reached;
  if (const auto* find = std::get_if<FindProviders>(&operation.goal))
    return find->found.size() >= find->count_max;
  return false;
}

bool has_something(const Operation& operation) {
  if (const auto* get = std::get_if<Get>(&operation.goal)) return get->best && get->answers > 1;
  if (const auto* find = std::get_if<FindProviders>(&operation.goal)) return !find->found.empty();
  return false;
}

bool is_in_vain(const Operation& operation) {
  if (const auto* get = std::get_if<Get>(&operation.goal)) return !get->best.has_value();
  if (const auto* find = std::get_if<FindPeer>(&operation.goal)) return find->addresses.empty();
  if (const auto* find = std::get_if<FindProviders>(&operation.goal)) return find->found.empty();
  return operation.lookup.answered() == 0;
}

}  // namespace mycel::dht
