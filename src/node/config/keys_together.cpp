// What keys demand of each other.

#include "foundation/model/version.hpp"

#include "node/config/host_port.hpp"
#include "node/config/key_kinds.hpp"

namespace mycel::config {

std::optional<std::string> socket_path_problem(std::string_view path) {
  if (path.size() <= socket_path_size_max_bytes) return std::nullopt;
  return quoted(path) + " has " + std::to_string(path.size()) +
         " bytes; the path of a Unix socket can have at most " +
         std::to_string(socket_path_size_max_bytes) +
         ". Set control.socket to a shorter path, such as \"/run/mycel/control.sock\"";
}

std::vector<ConfigProblem> check_together(const Config& config) {
  std::vector<ConfigProblem> problems;
  const auto wrong = [&](std::string_view key, std::string text) {
    problems.push_back({.key = std::string(key), .text = std::move(text)});
  };
  const auto below = [&](std::string_view key, Duration value, std::string_view limit_key,
                         Duration limit) {
    if (value < limit) return;
    wrong(key, quoted(mycel::to_text(value)) + " is not allowed; it must be less than " +
                   std::string(limit_key) + ", which is " + quoted(mycel::to_text(limit)));
  };
  below("dht.republish", config.dht.republish, "dht.record_ttl", config.dht.record_ttl);
  below("dht.provider_refresh", config.dht.provider_refresh, "dht.provider_ttl",
        config.dht.provider_ttl);
  below("cards.republish", config.cards.republish, "dht.record_ttl", config.dht.record_ttl);
  below("quic.keep_alive", config.quic.keep_alive, "quic.idle_timeout", config.quic.idle_timeout);
  if (config.connections.attempt_timeout < config.connections.dial_timeout)
    wrong("connections.attempt_timeout",
          quoted(mycel::to_text(config.connections.attempt_timeout)) +
              " is not allowed; it must be at least connections.dial_timeout, which is " +
              quoted(mycel::to_text(config.connections.dial_timeout)));
  if (parse_version(config.protocol.minimum_version) > parse_version(config.protocol.version))
    wrong("protocol.minimum_version",
          quoted(config.protocol.minimum_version) +
              " is not allowed; it must be at most protocol.version, which is " +
              quoted(config.protocol.version));
  if (config.network.authority.empty() && !config.network.certificate_file.empty())
    wrong("network.certificate_file",
          "is of no use without network.authority, which says whose signature counts");
  if (config.network.authority.empty() && config.network.certified_ids)
    wrong("network.certified_ids",
          "is of no use without network.authority, which says whose signature counts");
  if (config.network.certified_ids && config.network.certificate_file.empty() &&
      !config.network.authority.empty())
    wrong("network.certified_ids",
          "asks every node for a certificate, and this one has none; name it with "
          "network.certificate_file");
  const auto fits_in_table = [&](const char* place, std::size_t bucket, std::size_t table) {
    if (table != 0 && bucket > table)
      wrong("dht." + std::string(place) + "_per_bucket",
            std::to_string(bucket) + " is not allowed; it must be at most dht." + place +
                "_per_table, which is " + std::to_string(table));
  };
  fits_in_table("subnet", config.dht.subnet_per_bucket, config.dht.subnet_per_table);
  fits_in_table("network", config.dht.network_per_bucket, config.dht.network_per_table);
  if (config.node.listen.empty())
    wrong("node.listen",
          "is empty; the node must listen somewhere, such as at "
          "\"/ip4/127.0.0.1/udp/0/quic-v1\"");
  if (const auto at = parse_host_port(config.metrics.listen); at && !config.metrics.allow_remote) {
    const auto address =
        wire::parse_multiaddr((at->is_ipv6 ? "/ip6/" : "/ip4/") + std::string(at->host));
    if (!address || !wire::is_loopback(*address))
      wrong("metrics.listen", quoted(config.metrics.listen) +
                                  " is reachable from other machines; use 127.0.0.1 or [::1], or "
                                  "set metrics.allow_remote = true");
  }
  if (const auto problem = socket_path_problem(config.control.socket))
    wrong("control.socket", *problem);
  if (const std::string socket = config.node.data_dir + "/control.sock";
      config.control.socket.empty() && socket_path_problem(socket))
    wrong("node.data_dir", *socket_path_problem(socket));
  return problems;
}

}  // namespace mycel::config
