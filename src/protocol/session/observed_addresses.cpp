#include "protocol/session/observed_addresses.hpp"

#include <algorithm>

#include "foundation/base/probe.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::session {

void ObservedAddresses::report(Instant now, const Multiaddr& address, const Multiaddr& reporter,
                               std::vector<Change>& changes) {
  const Multiaddr bare = wire::without_peer(address);
  const auto network = network_of(reporter);
  if (!network || !is_of_use(bare)) return;
  auto found = candidates_.find(bare);
  if (found == candidates_.end()) {
    if (!make_room()) return;
    found = candidates_.try_emplace(bare).first;
  }
  Candidate& candidate = found->second;
  const bool is_new = !candidate.voters.contains(*network);
  if (is_new && candidate.voters.size() >= config_.voters_per_candidate_max) {
    // The vote that ends first makes room: an address that many see stays seen.
    candidate.voters.erase(std::ranges::min_element(
        candidate.voters, {}, [](const auto& voter) { return voter.second; }));
  }
  candidate.voters[*network] = now + config_.window;
  settle(bare, candidate, changes);
}

void ObservedAddresses::on_deadline(Instant now, std::vector<Change>& changes) {
  while (const auto due = due_.pop_due(now)) {
    const auto found = candidates_.find(*due);
    Candidate& candidate = found->second;
    candidate.due = {};
    std::erase_if(candidate.voters, [&](const auto& voter) { return voter.second <= now; });
    settle(*due, candidate, changes);
    if (candidate.voters.empty()) candidates_.erase(found);
  }
}

Addresses ObservedAddresses::addresses() const {
  Addresses seen;
  for (const auto& [address, candidate] : candidates_)
    if (candidate.is_seen) seen.push_back(address);
  return seen;
}

std::optional<ObservedAddresses::Network> ObservedAddresses::network_of(const Multiaddr& address) {
  const auto quic = wire::quic_address(address);
  if (!quic) return std::nullopt;
  Network network{.is_ipv6 = quic->is_ipv6};
  for (std::size_t i = 0; i < (quic->is_ipv6 ? 8U : 4U); ++i)
    network.bits = (network.bits << 8) | quic->ip[i];
  return network;
}

bool ObservedAddresses::is_of_use(const Multiaddr& address) const {
  const auto quic = wire::quic_address(address);
  if (!quic || quic->port == 0 || wire::is_unspecified(address)) return false;
  return config_.is_private_allowed || !wire::is_private(address);
}

// The candidate that fewest see makes room, never one that counts.
bool ObservedAddresses::make_room() {
  if (candidates_.size() < config_.candidates_max) return true;
  probe("peers see this node at too many addresses");
  auto weakest = candidates_.end();
  for (auto each = candidates_.begin(); each != candidates_.end(); ++each) {
    if (each->second.is_seen) continue;
    if (weakest == candidates_.end() || each->second.voters.size() < weakest->second.voters.size())
      weakest = each;
  }
  if (weakest == candidates_.end()) return false;
  due_.cancel(weakest->second.due);
  candidates_.erase(weakest);
  return true;
}

void ObservedAddresses::settle(const Multiaddr& address, Candidate& candidate,
                               std::vector<Change>& changes) {
  const bool is_seen = candidate.voters.size() >= config_.votes_min;
  if (is_seen != candidate.is_seen) changes.push_back({address, is_seen});
  candidate.is_seen = is_seen;
  due_.cancel(candidate.due);
  candidate.due = {};
  if (candidate.voters.empty()) return;
  const auto first = std::ranges::min_element(candidate.voters, {},
                                              [](const auto& voter) { return voter.second; });
  candidate.due = due_.add(first->second, address);
}

}  // namespace mycel::session
