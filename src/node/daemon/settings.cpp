#include "node/daemon/settings.hpp"

#include <algorithm>

#include "foundation/base/check.hpp"
#include "foundation/wire/did_key.hpp"

#include "node/daemon/version.hpp"

namespace mycel::daemon {
namespace {

// Shares of the memory budget. An idle connection costs 45 KiB of TLS and QUIC state; the rest of
// its share is for what is on its way.
constexpr std::uint64_t record_share = 2;      // half: values kept for others
constexpr std::uint64_t connection_share = 4;  // a quarter
constexpr std::uint64_t connection_cost_bytes = 64 * 1024;

std::size_t connections_max(const config::Config& config) {
  const std::uint64_t affordable =
      config.limits.memory_bytes / connection_share / connection_cost_bytes;
  return std::min<std::size_t>(config.connections.max, static_cast<std::size_t>(affordable));
}

// Any bytes; of two values the one whose bytes sort higher stays, so that all nodes agree.
dht::Namespace any_value(const std::string& prefix) {
  return {.prefix = prefix + "/",
          .validate = [](ByteView, ByteView, UnixTime) { return dht::Verdict::valid; },
          .better =
              [](ByteView, ByteView a, ByteView b) {
                const auto order = compare(a, b);
                return order > 0 ? 1 : order < 0 ? -1 : 0;
              }};
}

session::StrangerPolicy policy_of(config::StrangerRule rule) {
  switch (rule) {
    case config::StrangerRule::welcome:
      return session::StrangerPolicy::welcome;
    case config::StrangerRule::limited:
      return session::StrangerPolicy::limited;
    case config::StrangerRule::refuse:
      return session::StrangerPolicy::refuse;
  }
  return session::StrangerPolicy::refuse;
}

Version version_of(const std::string& text) {
  const auto version = parse_version(text);
  check(version.has_value(), "the configuration takes only versions");
  return *version;
}

}  // namespace

std::string program_version() {
  return std::string("mycel/") + MYCEL_VERSION;
}

NodeSetup setup_of(const config::Config& config, const PeerId& self, std::uint64_t seed,
                   bool is_private) {
  NodeSetup setup;
  setup.self = self;
  setup.seed = seed;
  setup.join = config.node.join;
  setup.announce = config.node.announce;

  const std::size_t connections = connections_max(config);
  setup.connect.pool.limit_to(connections, config.connections.idle_timeout);
  setup.connect.dialer.dials_max = config.connections.dials_max;
  setup.connect.dialer.dial_timeout = config.connections.dial_timeout;
  setup.connect.dialer.attempt_timeout = config.connections.attempt_timeout;

  setup.hello = hello_of(config);
  setup.identify.agent_version =
      config.node.agent_version.empty() ? program_version() : config.node.agent_version;
  setup.identify.observed.is_private_allowed = is_private;

  setup.dht.protocol = config.dht.protocol;
  setup.dht.config.is_server = config.dht.mode != config::DhtMode::client;
  setup.dht.config.table.bucket_size = config.dht.k;
  setup.dht.config.lookup.k = config.dht.k;
  setup.dht.config.lookup.parallel = config.dht.alpha;
  setup.dht.config.lookup.disjoint_paths = config.dht.disjoint_paths;
  setup.dht.config.operation_time_max = config.dht.lookup_timeout;
  setup.dht.config.confirmations_enough = config.dht.confirmations_enough;
  setup.dht.config.refresh_interval = config.dht.refresh;
  setup.dht.config.table.per_bucket = {config.dht.subnet_per_bucket, config.dht.network_per_bucket};
  setup.dht.config.table.per_table = {config.dht.subnet_per_table, config.dht.network_per_table};
  setup.dht.config.table.caps_private = config.dht.caps_private;
  setup.dht.config.admission.id_difficulty = static_cast<unsigned>(config.network.id_difficulty);
  setup.are_ids_certified = config.network.certified_ids;
  setup.dht.config.records.bytes_max =
      static_cast<std::size_t>(config.limits.memory_bytes / record_share);
  setup.dht.config.records.ttl = config.dht.record_ttl;
  setup.dht.config.records.republish_own = config.dht.republish;
  setup.dht.config.providers.ttl = config.dht.provider_ttl;
  setup.dht.config.providers.refresh = config.dht.provider_refresh;
  setup.dht.config.cache.count_max = config.dht.cache_values;
  setup.dht.config.cache.ttl = config.dht.cache_ttl;
  for (const auto& name : config.dht.namespaces)
    setup.dht.namespaces.push_back(any_value(name.prefix));

  setup.cards.writer = self;
  setup.cards.lifetime = config.cards.lifetime;
  setup.cards.republish = config.cards.republish;
  return setup;
}

session::HelloConfig hello_of(const config::Config& config) {
  session::HelloConfig hello;
  hello.version = version_of(config.protocol.version);
  hello.minimum = version_of(config.protocol.minimum_version);
  hello.timeout = config.protocol.hello_timeout;
  hello.features = {"cards"};
  if (config.dht.mode != config::DhtMode::client) hello.features.emplace_back("dht");
  hello.network = config.network.id;
  hello.strangers = policy_of(config.network.strangers);
  if (!config.network.authority.empty()) {
    const auto authority = wire::parse_did(config.network.authority);
    check(static_cast<bool>(authority), "the configuration takes only a did:key");
    hello.authority = *authority;
  }
  hello.sessions_max = 2 * connections_max(config);  // and those that are just being refused
  return hello;
}

quic::Config quic_of(const config::Config& config) {
  quic::Config quic;
  quic.idle_timeout = config.quic.idle_timeout;
  quic.keep_alive = config.quic.keep_alive;
  quic.handshake_timeout = config.quic.handshake_timeout;
  quic.streams_inbound_max = config.quic.streams_inbound_max;
  quic.connections_max = connections_max(config);
  quic.congestion_control = config.quic.congestion == config::Congestion::bbr
                                ? quic::CongestionControl::bbr
                                : quic::CongestionControl::cubic;
  return quic;
}

}  // namespace mycel::daemon
