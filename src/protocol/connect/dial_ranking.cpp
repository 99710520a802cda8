#include "protocol/connect/dial_ranking.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::connect {
namespace {

using Ip = std::array<std::uint8_t, 16>;

bool is_all(const Ip& ip, std::size_t size, std::uint8_t value) {
  return std::all_of(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(size),
                     [&](std::uint8_t byte) { return byte == value; });
}

bool is_link_local(const wire::QuicAddress& address) {
  if (address.is_ipv6) return address.ip[0] == 0xfe && (address.ip[1] & 0xc0) == 0x80;
  return address.ip[0] == 169 && address.ip[1] == 254;
}

bool is_unicast(const wire::QuicAddress& address) {
  const Ip& ip = address.ip;
  if (address.is_ipv6) return !is_all(ip, 16, 0) && ip[0] != 0xff;
  return ip[0] != 0 && ip[0] < 224;  // 0/8 is "this network", 224/4 multicast, 240/4 reserved
}

bool is_usable(const wire::QuicAddress& address) {
  if (address.port == 0 || !is_unicast(address)) return false;
  // A link-local IPv6 address means nothing without its interface.
  return !address.is_ipv6 || !is_link_local(address) || address.scope != 0;
}

bool is_near(const Multiaddr& address, const wire::QuicAddress& quic) {
  return wire::is_loopback(address) || wire::is_private(address) || is_link_local(quic);
}

struct Candidate {
  const KnownAddress* known = nullptr;
  wire::QuicAddress quic;
  bool is_near = false;
};

std::optional<Candidate> candidate(const KnownAddress& known, const OwnAddresses& own) {
  const auto quic = wire::quic_address(known.address);
  if (!quic || !is_usable(*quic) || own.contains(known.address)) return std::nullopt;
  const bool is_vouched = known.source == Source::configured || known.answered.has_value();
  if (!is_vouched && !own.can_reach(known.address)) return std::nullopt;
  return Candidate{&known, *quic, is_near(known.address, *quic)};
}

/// Fewer failures first, then the better source, then the younger word; the address itself last, so
/// that the order depends on nothing else.
bool is_better(const Candidate& a, const Candidate& b) {
  const KnownAddress& x = *a.known;
  const KnownAddress& y = *b.known;
  if (x.failures != y.failures) return x.failures < y.failures;
  if (x.source != y.source) return x.source > y.source;
  if (x.expires != y.expires) return x.expires > y.expires;
  return x.address < y.address;
}

bool answered_later(const Candidate& a, const Candidate& b) {
  if (a.known->answered != b.known->answered) return a.known->answered > b.known->answered;
  return is_better(a, b);
}

using Candidates = std::vector<Candidate>;

/// Those that belong, in their order; the rest stays, in its order.
Candidates take_if(Candidates& from, auto&& belongs) {
  Candidates taken;
  std::ranges::copy_if(from, std::back_inserter(taken), belongs);
  std::erase_if(from, belongs);
  return taken;
}

void drop_resting(Instant now, Candidates& candidates) {
  const auto is_ready = [&](const Candidate& each) { return each.known->retry_at <= now; };
  if (std::ranges::any_of(candidates, is_ready))
    std::erase_if(candidates, [&](const Candidate& each) { return !is_ready(each); });
}

/// IPv6 and IPv4 in turn, IPv6 first, each family in its own order.
Candidates interleave(Candidates candidates) {
  const Candidates ipv6 = take_if(candidates, [](const Candidate& c) { return c.quic.is_ipv6; });
  Candidates mixed;
  for (std::size_t i = 0; i < std::max(ipv6.size(), candidates.size()); ++i) {
    if (i < ipv6.size()) mixed.push_back(ipv6[i]);
    if (i < candidates.size()) mixed.push_back(candidates[i]);
  }
  return mixed;
}

}  // namespace

OwnAddresses::OwnAddresses(std::span<const Multiaddr> listening) {
  for (const Multiaddr& full : listening) {
    const Multiaddr address = wire::without_peer(full);
    const auto quic = wire::quic_address(address);
    if (!quic) continue;
    Kinds& kinds = quic->is_ipv6 ? ipv6_ : ipv4_;
    const bool is_every = wire::is_unspecified(address);
    kinds.has_loopback |= is_every || wire::is_loopback(address);
    kinds.has_private |= is_every || (is_near(address, *quic) && !wire::is_loopback(address));
    if (is_every) every_interface_.insert({quic->is_ipv6, quic->port});
    exact_.insert(address);
  }
}

bool OwnAddresses::can_reach(const Multiaddr& address) const {
  const auto quic = wire::quic_address(address);
  if (!quic) return false;
  const Kinds& kinds = quic->is_ipv6 ? ipv6_ : ipv4_;
  if (wire::is_loopback(address)) return kinds.has_loopback;
  return !is_near(address, *quic) || kinds.has_private;
}

bool OwnAddresses::contains(const Multiaddr& address) const {
  if (exact_.contains(address)) return true;
  const auto quic = wire::quic_address(address);
  return quic && wire::is_loopback(address) &&
         every_interface_.contains({quic->is_ipv6, quic->port});
}

bool is_usable(const Multiaddr& address) {
  const auto quic = wire::quic_address(address);
  return quic && is_usable(*quic);
}

std::vector<RankedAddress> rank(Instant now, std::span<const KnownAddress> addresses,
                                const OwnAddresses& own, bool is_forced) {
  Candidates rest;
  for (const KnownAddress& known : addresses)
    if (const auto each = candidate(known, own)) rest.push_back(*each);
  if (!is_forced) drop_resting(now, rest);
  std::ranges::sort(rest, is_better);

  Candidates order =
      take_if(rest, [](const Candidate& c) { return c.known->answered.has_value(); });
  std::ranges::sort(order, answered_later);
  const Candidates near = take_if(rest, [](const Candidate& c) { return c.is_near; });
  order.insert(order.end(), near.begin(), near.end());
  const Candidates far = interleave(std::move(rest));
  order.insert(order.end(), far.begin(), far.end());

  std::vector<RankedAddress> ranked;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Duration stagger =
        i == 0 ? Duration{} : (order[i - 1].is_near ? private_stagger : public_stagger);
    ranked.push_back({order[i].known->address, stagger});
  }
  return ranked;
}

}  // namespace mycel::connect
