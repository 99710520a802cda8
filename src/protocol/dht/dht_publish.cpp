// How values and providers reach the nodes nearest to their key.
//
// The plain way finds the k nearest first and tells them then, and both steps wait for the slowest
// peer. Here whoever answers a user's put or provide from so near that it is very probably one of
// the k nearest is told at once, and so are the nearest found once all that is left is to give up
// those who are slow; the user hears of the end when enough have confirmed. The lookup goes on all
// the same and tells whoever of the k nearest was missed: in the end they all have it, as the plain
// way would have it.
// A peer is told only after it has answered: liars name peers that do not exist, and telling those
// would cost more than is gained.
// Source: "Optimistic Provide" (Trautwein 2024), without its early end of the lookup.

#include <algorithm>

#include "foundation/base/probe.hpp"

#include "protocol/dht/dht.hpp"

namespace mycel::dht {
namespace {

bool is_told(const Publication& publication, const PeerId& peer) {
  return std::ranges::any_of(publication.told,
                             [&](const PeerInfo& told) { return told.id == peer; });
}

}  // namespace

/// Whoever stands within it is one of the k = 20 nearest with a probability of 88 % or more: there
/// are three quarters of k to be expected. None while the size of the network is unknown.
std::optional<Distance> Dht::sure_radius() const {
  if (config_.confirmations_enough == 0) return std::nullopt;
  const auto nodes = size_.nodes();
  if (!nodes) return std::nullopt;
  return radius_for(config_.lookup.k * 3 / 4, *nodes);
}

void Dht::tell_on_the_way(Now now, Operation& operation, const PeerInfo& peer) {
  Publication* publication = publication_of(operation.goal);
  if (publication == nullptr || !publication->told_on_the_way) return;
  if (distance(Key::of(peer.id), operation.lookup.target()) > *publication->told_on_the_way) return;
  // An estimate that lags behind growth must not tell half the network.
  if (publication->told.size() >= config_.lookup.k || is_told(*publication, peer.id)) return;
  std::vector<PeerInfo> told = publication->told;
  told.push_back(peer);
  if (table_.of_many_places(told, told.size()).size() < told.size()) return;  // too many of a place
  tell(operation, *publication, peer);
  end_if_enough(now, operation);
}

void Dht::tell_if_late(Now now, Operation& operation) {
  if (publication_of(operation.goal) == nullptr || operation.is_upkeep ||
      config_.confirmations_enough == 0 || !is_late(now, operation))
    return;
  tell_nearest(operation);
  end_if_enough(now, operation);
}

/// The lookup is over: whoever has not been told is told now.
void Dht::publish(Now now, Operation& operation) {
  tell_nearest(operation);
  operation.is_storing = true;
  if (publication_of(operation.goal)->waiting == 0)
    return finish(now, operation, result_of(now, operation));
  rearm(now, operation);
}

void Dht::tell_nearest(Operation& operation) {
  Publication& publication = *publication_of(operation.goal);
  for (const PeerInfo& peer : destinations(operation))
    if (!is_told(publication, peer.id)) tell(operation, publication, peer);
}

void Dht::tell(Operation& operation, Publication& publication, const PeerInfo& peer) {
  const auto* put = std::get_if<Put>(&operation.goal);
  // Who stops providing while others are still told is not announced any more.
  if (put == nullptr && !providers_.is_own(operation.key)) return;
  publication.told.push_back(peer);
  if (put != nullptr) {
    publication.waiting += 1;
    operation.messages += 1;
    const Record record{operation.key, put->value, put->published};
    ask(peer, Purpose::store, operation.id,
        {.type = MessageType::put_value, .key = operation.key, .record = record});
  } else if (!local_addresses_.empty()) {  // receivers refuse a provider without an address
    publication.confirmed.push_back(peer.id);
    operation.messages += 1;
    announce(operation.key, peer);
  }
}

void Dht::announce(const Bytes& key, const PeerInfo& to) {
  Message message{.type = MessageType::add_provider, .key = key};
  message.providers.push_back({.id = self_, .addresses = local_addresses_});
  if (!to.addresses.empty()) next_.early.addresses.push_back(to);
  next_.early.requests.push_back({request_ids_.next(), to.id, std::move(message), false});
  counters_.messages += 1;
}

void Dht::on_store_end(Now now, Operation& operation, const PeerId& by, bool is_stored) {
  Publication& publication = *publication_of(operation.goal);
  publication.waiting -= 1;
  if (is_stored) publication.confirmed.push_back(by);
  if (operation.is_storing && publication.waiting == 0)
    return finish(now, operation, result_of(now, operation));
  end_if_enough(now, operation);
}

/// The user need not wait for the rest. In a crowd it does: those who confirmed may be the liars.
void Dht::end_if_enough(Now now, Operation& operation) {
  const Publication& publication = *publication_of(operation.goal);
  if (operation.askers.empty() || operation.is_upkeep || operation.region ||
      publication.is_patient || config_.confirmations_enough == 0 ||
      publication.confirmed.size() < config_.confirmations_enough)
    return;
  // The nearest of those told tell a crowd; farther ones were there before it.
  constexpr std::size_t nearest_told = 8;
  const Key& target = operation.lookup.target();
  std::vector<PeerInfo> told = publication.told;
  std::ranges::sort(told, {},
                    [&](const PeerInfo& peer) { return distance(Key::of(peer.id), target); });
  if (told.size() > nearest_told) told.resize(nearest_told);
  const auto nodes = size_.nodes();
  if (!nodes || is_crowded(target, told, *nodes)) return;
  probe("a publication ended for its caller before everybody was told");
  counters_.early_publications += 1;
  Stored stored = stored_so_far(publication);
  stored.goes_on = true;
  tell_askers(now, operation, std::move(stored));
}

Stored Dht::stored_so_far(const Publication& publication) {
  return {.count = static_cast<std::uint32_t>(publication.confirmed.size()),
          .of = static_cast<std::uint32_t>(publication.told.size()),
          .by = publication.confirmed};
}

}  // namespace mycel::dht
