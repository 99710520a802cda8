#include "sim/hello_profile.hpp"

#include <algorithm>
#include <array>

#include "sim/node.hpp"

namespace mycel::sim {
namespace {

using session::HelloConfig;
using session::Standing;
using session::StrangerPolicy;

constexpr double closed_share = 0.5;
constexpr double plain_share = 0.2;
constexpr double elsewhere_share = 0.2;
/// A node's certificate may end at any time from when it joined until the calm, more or less.
constexpr std::uint64_t expires_after_max_s = 180;
constexpr Duration for_long = 24h * 365;

struct Release {
  Version version;
  Version minimum;
  std::vector<std::string> features;
};
const std::array<Release, 3>& releases() {
  static const std::array<Release, 3> all{{{{1, 0, 0}, {1, 0, 0}, {"cards"}},
                                           {{1, 4, 0}, {1, 0, 0}, {"cards", "dht"}},
                                           {{2, 0, 0}, {1, 2, 0}, {"cards", "dht", "sync"}}}};
  return all;
}

crypto::Ed25519PrivateKey authority_of(std::string_view network) {
  crypto::Ed25519PrivateKey::Seed seed;
  Rng(42).fork(network).fill(seed);
  return crypto::Ed25519PrivateKey(seed);
}

UnixTime start_of_runs() {
  return World(0).now().unix;
}

Bytes seal(const HelloProfile& profile, std::uint32_t number) {
  if (profile.card == Card::none) return {};
  const bool is_own = profile.card != Card::misplaced;
  const auto authority =
      authority_of(profile.card == Card::foreign ? "somebody" : profile.config.network);
  return session::seal_certificate(authority, {.network = profile.config.network,
                                               .peer = peer_of_number(is_own ? number : number + 1),
                                               .expires = profile.expires});
}

bool is_valid(const HelloProfile& guest, UnixTime now) {
  return (guest.card == Card::good || guest.card == Card::expiring) && now < guest.expires;
}

Reception stranger_at(const HelloConfig& host) {
  return {.is_refused = host.strangers == StrangerPolicy::refuse, .standing = Standing::stranger};
}

}  // namespace

Rng hello_rng(const World& world) {
  return world.fork("workload hello");
}

HelloProfiles::HelloProfiles(const Rng& rng) : rng_(rng) {
  is_closed_ = rng_.fork("authority").chance(closed_share);
}

Card HelloProfiles::draw_card(Rng& rng) const {
  constexpr std::array<Card, 10> cards{Card::good,     Card::good,     Card::good,    Card::good,
                                       Card::good,     Card::none,     Card::expired, Card::foreign,
                                       Card::expiring, Card::misplaced};
  return cards[static_cast<std::size_t>(rng.below(cards.size()))];
}

HelloProfile HelloProfiles::of(std::uint32_t number) const {
  Rng rng = rng_.fork("node " + std::to_string(number));
  const bool is_door = number < doors;
  HelloProfile profile;
  profile.is_plain = rng.chance(plain_share) && !is_door;
  const Release& release = releases()[is_door ? 1 : static_cast<std::size_t>(rng.below(3))];
  HelloConfig& config = profile.config;
  config.version = release.version;
  config.minimum = release.minimum;
  config.features = release.features;
  config.network = rng.chance(elsewhere_share) && !is_door ? "meadow" : "forest";
  config.strangers = static_cast<StrangerPolicy>(rng.below(3));
  if (!is_closed_) return profile;
  config.authority = authority_of(config.network).public_key();
  profile.card = is_door ? Card::good : draw_card(rng);
  profile.expires = start_of_runs() + for_long;
  const std::chrono::seconds soon(rng.below(expires_after_max_s));
  if (profile.card == Card::expiring) profile.expires = start_of_runs() + soon;
  if (profile.card == Card::expired) profile.expires = start_of_runs() - 1s;
  config.certificate = seal(profile, number);
  return profile;
}

Reception reception_of(const HelloProfile& guest, const HelloProfile& host, UnixTime now) {
  if (host.is_plain) return {};
  const HelloConfig& says = guest.config;
  const HelloConfig& asks = host.config;
  if (guest.is_plain) return stranger_at(asks);
  if (says.version < asks.minimum || asks.version < says.minimum || says.network != asks.network)
    return {.is_refused = true};
  if (!asks.authority) return {.standing = Standing::peer};
  if (guest.card == Card::none) return stranger_at(asks);
  return {.is_refused = !is_valid(guest, now), .standing = Standing::member};
}

bool do_meet(const HelloProfile& a, const HelloProfile& b, UnixTime now) {
  return !reception_of(a, b, now).is_refused && !reception_of(b, a, now).is_refused;
}

}  // namespace mycel::sim
