#include "node/config/keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"

#include "node/config/host_port.hpp"
#include "node/config/key_kinds.hpp"

namespace mycel::config {
namespace {

bool is_agent_version(std::string_view text) {
  return text.size() <= 128 && is_plain(text);
}
bool is_credential(std::string_view text) {
  return text.size() <= 255 && is_plain(text) && text.find('/') == std::string_view::npos;
}
bool is_metrics_listen(std::string_view text) {
  return text.empty() || parse_host_port(text).has_value();
}

bool is_listenable(const Multiaddr& address) {
  return wire::quic_address(address) && !wire::peer_of(address);
}
bool is_dialable(const Multiaddr& address) {
  return wire::dns_name(address) || (wire::quic_address(address) && !wire::is_unspecified(address));
}

std::vector<Key> node_keys() {
  return {
      text("node.data_dir", MEMBER(node.data_dir), is_path, "a path",
           "Where the node keeps its keys and its store. Empty: the state directory that systemd "
           "gives, else mycel in the user's data directory (~/.local/share/mycel)."),
      addresses("node.listen", MEMBER(node.listen), is_listenable,
                "such as \"/ip4/0.0.0.0/udp/4150/quic-v1\"",
                "Where the node listens. 0.0.0.0 and :: are all addresses of the machine."),
      boolean("node.port_fallback", MEMBER(node.port_fallback),
              "When the default port is taken: true takes a free port of the system's choice and "
              "says so in the log; false gives up. An address that node.listen names is never "
              "exchanged for another."),
      addresses("node.join", MEMBER(node.join), is_dialable,
                "such as \"/ip4/192.0.2.1/udp/4150/quic-v1/p2p/12D3KooW...\"",
                "Nodes to join the mesh through, beside those that the node remembers."),
      addresses("node.announce", MEMBER(node.announce), is_dialable,
                "such as \"/ip4/203.0.113.5/udp/4150/quic-v1\"",
                "Where others should dial this node, in place of where it listens and where others "
                "say they see it: for a forwarded port."),
      text("node.agent_version", MEMBER(node.agent_version), is_agent_version,
           "at most 128 bytes without control characters",
           "What the node tells others that it is. Empty: mycel and its version."),
  };
}

std::vector<Key> transport_keys() {
  return {
      number("connections.max", MEMBER(connections.max), 8, 1'000'000,
             "Connections at once; idle ones are closed before the limit is reached."),
      number("connections.dials_max", MEMBER(connections.dials_max), 1, 10'000, "Dials at once."),
      time("connections.idle_timeout", MEMBER(connections.idle_timeout), 1s, 24h,
           "A connection without streams for so long is closed."),
      time("connections.dial_timeout", MEMBER(connections.dial_timeout), 100ms, 5min,
           "How long one address may take to answer."),
      time("connections.attempt_timeout", MEMBER(connections.attempt_timeout), 100ms, 10min,
           "How long all addresses of one peer may take. At least connections.dial_timeout."),
      time("quic.idle_timeout", MEMBER(quic.idle_timeout), 1s, 10min,
           "A connection on which nothing is heard for so long is gone."),
      time("quic.keep_alive", MEMBER(quic.keep_alive), 0s, 5min,
           "How long a connection is left silent before it is kept alive; \"0s\" never does. Less "
           "than quic.idle_timeout."),
      time("quic.handshake_timeout", MEMBER(quic.handshake_timeout), 1s, 1min,
           "How long a handshake may take."),
      number("quic.streams_inbound_max", MEMBER(quic.streams_inbound_max), 16, 100'000,
             "Streams that one peer may have open at once."),
      choice<Congestion>("quic.congestion", MEMBER(quic.congestion),
                         {{"cubic", Congestion::cubic}, {"bbr", Congestion::bbr}},
                         "The congestion control."),
  };
}

std::vector<Key> operation_keys() {
  return {
      text("keys.passphrase_file", MEMBER(keys.passphrase_file), is_path, "a path",
           "The file that holds the passphrase of the keystore, and nothing else. Empty: the "
           "credential "
           "below, if systemd gives one, else no passphrase."),
      text("keys.credential", MEMBER(keys.credential), is_credential,
           "the name of a credential, without slashes",
           "The name under which systemd hands over the passphrase (LoadCredential=)."),
      text("metrics.listen", MEMBER(metrics.listen), is_metrics_listen,
           "an address and a port, such as \"127.0.0.1:9150\" or \"[::1]:9150\"; port 0 is one of "
           "the system's choice",
           "Where Prometheus can read metrics over HTTP. Empty: nowhere."),
      boolean("metrics.allow_remote", MEMBER(metrics.allow_remote),
              "Lets metrics.listen be an address that other machines reach. Metrics are not "
              "protected: whoever reaches them reads them."),
      choice<LogLevel>("log.level", MEMBER(log.level),
                       {{"debug", LogLevel::debug},
                        {"info", LogLevel::info},
                        {"warn", LogLevel::warn},
                        {"error", LogLevel::error}},
                       "The least important lines that are written."),
      choice<LogFormat>(
          "log.format", MEMBER(log.format),
          {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}},
          "\"text\" for people, \"json\" for machines, one object a line; \"auto\" is "
          "text on a terminal and json elsewhere."),
      text("control.socket", MEMBER(control.socket), is_path, "a path",
           "The Unix socket that the commands of `mycel` speak to. At most 107 bytes. Empty: "
           "control.sock in the data directory."),
      time("cards.lifetime", MEMBER(cards.lifetime), 10s, 30 * 24h,
           "How long a card is valid whose file does not say. It is signed anew at half of it."),
      time("cards.republish", MEMBER(cards.republish), 10s, 7 * 24h,
           "How often own cards are put into the DHT again. Less than dht.record_ttl."),
      size("limits.memory", MEMBER(limits.memory_bytes), std::uint64_t{64} << 20,
           "The memory budget of the node, which the limits of its queues and tables derive from."),
  };
}

struct Section {
  std::string_view name;
  std::string_view doc;
};
constexpr std::array<Section, 12> sections{{
    {"node", "Who the node is, where it listens and whom it joins."},
    {"network", "The network that the node belongs to, and who else may come in."},
    {"protocol", "The version of Mycel's own protocols."},
    {"dht", "The distributed hash table."},
    {"connections", "Connections to other nodes."},
    {"quic", "The transport under every connection."},
    {"keys", "The keystore."},
    {"metrics", "Figures for Prometheus."},
    {"log", "What the node writes about itself."},
    {"control", "How commands reach the node."},
    {"cards", "The cards of this node's own agents."},
    {"limits", "What the node may use."},
}};

/// Insertions, deletions and changes of one character that make `a` out of `b`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> table;
    for (auto part : {node_keys, network_keys, dht_keys, transport_keys, operation_keys})
      for (Key& key : part()) table.push_back(std::move(key));
    return table;
  }();
  return all;
}

const Key* find_key(std::string_view name) {
  const auto& all = keys();
  const auto key =
      std::find_if(all.begin(), all.end(), [&](const Key& one) { return one.name == name; });
  return key == all.end() ? nullptr : &*key;
}

std::string_view section_doc(std::string_view section) {
  for (const Section& one : sections)
    if (one.name == section) return one.doc;
  return {};
}

std::string_view section_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

std::optional<std::string> nearest_name(std::string_view wrong) {
  constexpr std::size_t name_size_max = 64;  // no key is as long; bounds the work
  if (wrong.empty() || wrong.size() > name_size_max) return std::nullopt;
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  const auto consider = [&](std::string_view name, std::size_t far) {
    if (far >= best_distance) return;
    best_distance = far;
    best = name;
  };
  for (const Key& key : keys()) {
    consider(key.name, distance(wrong, key.name));
    // The right key in the wrong section, or without one.
    if (last_part(key.name) == last_part(wrong)) consider(key.name, 2);
  }
  if (wrong.find('.') == std::string_view::npos)
    for (const Section& section : sections) consider(section.name, distance(wrong, section.name));
  return best.empty() ? std::nullopt : std::optional(best);
}

}  // namespace mycel::config
