#include "protocol/connect/address_book.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

KnownAddress* find_in(std::vector<KnownAddress>& addresses, const Multiaddr& address) {
  const auto found = std::ranges::find(addresses, address, &KnownAddress::address);
  return found == addresses.end() ? nullptr : &*found;
}

/// A name in the place of the IP address; /dnsaddr may lead to anything.
bool may_resolve_to_quic(const Multiaddr& address) {
  const auto name = wire::dns_name(address);
  if (!name) return false;
  constexpr std::array<std::uint8_t, 4> any_ip{192, 0, 2, 1};
  return name->kind == wire::DnsName::Kind::dnsaddr ||
         wire::quic_address(wire::with_ip(address, any_ip)).has_value();
}

}  // namespace

std::string_view to_text(Source source) {
  switch (source) {
    case Source::learned:
      return "learned";
    case Source::identified:
      return "identified";
    case Source::signed_record:
      return "signed_record";
    case Source::cached:
      return "cached";
    case Source::connected:
      return "connected";
    case Source::configured:
      return "configured";
  }
  return "unknown";
}

std::optional<Multiaddr> dialable(const PeerId& peer, const Multiaddr& address) {
  const auto named = wire::peer_of(address);
  if (named && *named != peer) return std::nullopt;
  Multiaddr bare = named ? wire::without_peer(address) : address;
  if (!wire::quic_address(bare) && !may_resolve_to_quic(bare)) return std::nullopt;
  return bare;
}

std::size_t AddressBook::add(Instant now, const PeerId& peer, std::span<const Multiaddr> addresses,
                             Source source) {
  auto found = peers_.find(peer);
  Addresses useful;
  useful.reserve(std::min(addresses.size(), config_.addresses_per_peer_max));
  for (const Multiaddr& address : addresses) {
    if (useful.size() == config_.addresses_per_peer_max) break;
    if (address.binary().size() > config_.address_size_max_bytes) continue;
    if (found != peers_.end() && find_in(found->second.addresses, address) != nullptr)
      useful.push_back(address);  // what is in the book was found good before
    else if (auto bare = dialable(peer, address))
      useful.push_back(*std::move(bare));
  }
  if (useful.empty()) return 0;
  if (found == peers_.end()) {
    make_room(now);
    found = peers_.try_emplace(peer).first;  // reindex() puts it in line
  }
  Entry& entry = found->second;
  drop_expired(now, entry);
  std::size_t added = 0;
  for (Multiaddr& address : useful)
    added += add_one(now, entry, std::move(address), source) ? 1 : 0;
  reindex(found);
  return added;
}

// A repeated word makes an address younger and never less believed.
bool AddressBook::add_one(Instant now, Entry& entry, Multiaddr address, Source source) {
  const Instant expires = lifetime_end(now, source);
  if (KnownAddress* old = find_in(entry.addresses, address)) {
    old->source = std::max(old->source, source);
    // Hearsay does not refresh what failed: else a dead address lives as long as it is repeated.
    if (old->failures == 0 || source > Source::learned)
      old->expires = std::max(old->expires, expires);
    return false;
  }
  if (entry.addresses.size() >= config_.addresses_per_peer_max) {
    const auto first = std::ranges::min_element(entry.addresses, {}, &KnownAddress::expires);
    if (first->expires > expires) return false;
    entry.addresses.erase(first);
  }
  entry.addresses.push_back({.address = std::move(address), .source = source, .expires = expires});
  return true;
}

void AddressBook::on_answered(Instant now, const PeerId& peer, const Multiaddr& address) {
  const std::array bare{address};
  add(now, peer, bare, Source::connected);
  KnownAddress* known_address = known(peer, address);
  if (known_address == nullptr) return;
  known_address->answered = now;
  known_address->failures = 0;
  known_address->retry_at = {};
}

void AddressBook::on_failed(Instant now, const PeerId& peer, const Multiaddr& address,
                            Instant retry_at) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  KnownAddress* const failed = find_in(found->second.addresses, address);
  if (failed == nullptr) return;
  failed->answered.reset();
  failed->failures += 1;
  failed->retry_at = retry_at;
  if (failed->source > Source::identified) return;
  failed->expires = std::min(failed->expires, now + config_.failed_for);
  reindex(found);
}

void AddressBook::forget(const PeerId& peer, const Multiaddr& address) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  std::erase_if(found->second.addresses,
                [&](const KnownAddress& known) { return known.address == address; });
  reindex(found);
}

void AddressBook::hold(Instant now, const PeerId& peer, bool is_held) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  Entry& entry = found->second;
  if (entry.is_held && !is_held)
    for (KnownAddress& known : entry.addresses)
      known.expires = std::max(known.expires, lifetime_end(now, known.source));
  entry.is_held = is_held;
  reindex(found);
  while (by_expiry_.size() > config_.peers_max) drop_first();
}

std::vector<KnownAddress> AddressBook::addresses_of(Instant now, const PeerId& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return {};
  Entry entry = found->second;
  drop_expired(now, entry);
  return std::move(entry.addresses);
}

std::optional<KnownAddress> AddressBook::find(const PeerId& peer, const Multiaddr& address) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return std::nullopt;
  const auto entry = std::ranges::find(found->second.addresses, address, &KnownAddress::address);
  if (entry == found->second.addresses.end()) return std::nullopt;
  return *entry;
}

// Expired peers are dropped as the room is needed: the first in line is the first to go either way.
// Those that are held do not count: many connections would leave no room for where to dial next.
void AddressBook::make_room(Instant now) {
  while (!by_expiry_.empty() &&
         (by_expiry_.size() >= config_.peers_max || by_expiry_.next() <= now))
    drop_first();
}

void AddressBook::drop_first() {
  peers_.erase(*by_expiry_.pop_due(never));
}

void AddressBook::drop_expired(Instant now, Entry& entry) const {
  if (entry.is_held) return;
  std::erase_if(entry.addresses, [&](const KnownAddress& known) { return known.expires <= now; });
}

// Puts a peer in its place in the line, or takes it out: for good if nothing is known of it.
void AddressBook::reindex(Peers::iterator peer) {
  Entry& entry = peer->second;
  Instant expires{};
  for (const KnownAddress& known : entry.addresses) expires = std::max(expires, known.expires);
  const bool is_in_place = entry.place != DeadlineId{} && expires == entry.expires;
  if (is_in_place && !entry.is_held && !entry.addresses.empty()) return;
  by_expiry_.cancel(std::exchange(entry.place, {}));
  entry.expires = expires;
  if (entry.is_held) return;
  if (entry.addresses.empty())
    peers_.erase(peer);
  else
    entry.place = by_expiry_.add(expires, peer);
}

Instant AddressBook::lifetime_end(Instant now, Source source) const {
  switch (source) {
    case Source::learned:
      return now + config_.learned_for;
    case Source::identified:
    case Source::signed_record:
      return now + config_.identified_for;
    case Source::cached:
    case Source::connected:
      return now + config_.answered_for;
    case Source::configured:
      break;
  }
  return never;
}

KnownAddress* AddressBook::known(const PeerId& peer, const Multiaddr& address) {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : find_in(found->second.addresses, address);
}

}  // namespace mycel::connect
