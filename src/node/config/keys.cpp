#include "node/config/keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "foundation/base/duration_text.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::config {
namespace {

using Problem = std::optional<std::string>;

// How values are written.

std::string quoted(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += digits[byte >> 4];
      result += digits[byte & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& [unit, shift] :
       {std::pair{"GiB", 30}, std::pair{"MiB", 20}, std::pair{"KiB", 10}})
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0)
      return std::to_string(bytes >> shift) + unit;
  return std::to_string(bytes);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, shift] :
       {std::pair<std::string_view, int>{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"", 0}}) {
    if (unit != name) continue;
    if (count > (UINT64_MAX >> shift)) return std::nullopt;
    return count << shift;
  }
  return std::nullopt;
}

std::string list_text(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

// The kinds of keys. `get` finds the member, of a const or a changing configuration.

template <class Get>
Key number(std::string_view name, Get get, std::size_t min, std::size_t max, std::string_view doc) {
  return {.name = name,
          .form = Form::number,
          .allowed = "a number from " + std::to_string(min) + " to " + std::to_string(max),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* count = value.as<std::int64_t>();
            if (!count || *count < 0 || static_cast<std::uint64_t>(*count) < min ||
                static_cast<std::uint64_t>(*count) > max)
              return "";
            get(config) = static_cast<std::size_t>(*count);
            return std::nullopt;
          },
          .print = [=](const Config& config) { return std::to_string(get(config)); }};
}

template <class Get>
Key time(std::string_view name, Get get, Duration min, Duration max, std::string_view doc) {
  return {
      .name = name,
      .form = Form::text,
      .allowed = "a time from \"" + mycel::to_text(min) + "\" to \"" + mycel::to_text(max) + "\"",
      .doc = doc,
      .set = [=](Config& config, const Value& value) -> Problem {
        const auto* text = value.as<std::string>();
        const auto span = text ? parse_duration(*text) : std::nullopt;
        if (!span || *span < min || *span > max) return "";
        get(config) = *span;
        return std::nullopt;
      },
      .print = [=](const Config& config) { return quoted(mycel::to_text(get(config))); }};
}

template <class Get>
Key size(std::string_view name, Get get, std::uint64_t min, std::string_view doc) {
  return {.name = name,
          .form = Form::text,
          .allowed = "a size of at least \"" + size_text(min) +
                     "\", in KiB, MiB or GiB, or a number of bytes",
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            std::optional<std::uint64_t> bytes;
            if (const auto* text = value.as<std::string>()) bytes = parse_size(*text);
            if (const auto* count = value.as<std::int64_t>(); count && *count >= 0)
              bytes = static_cast<std::uint64_t>(*count);
            if (!bytes || *bytes < min) return "";
            get(config) = *bytes;
            return std::nullopt;
          },
          .print = [=](const Config& config) { return quoted(size_text(get(config))); }};
}

template <class Get>
Key boolean(std::string_view name, Get get, std::string_view doc) {
  return {.name = name,
          .form = Form::boolean,
          .allowed = "true or false",
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* is_on = value.as<bool>();
            if (!is_on) return "";
            get(config) = *is_on;
            return std::nullopt;
          },
          .print = [=](const Config& config) { return get(config) ? "true" : "false"; }};
}

template <class Get>
Key text(std::string_view name, Get get, bool (*fits)(std::string_view), std::string_view allowed,
         std::string_view doc) {
  return {.name = name,
          .form = Form::text,
          .allowed = std::string(allowed),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* written = value.as<std::string>();
            if (!written || !fits(*written)) return "";
            get(config) = *written;
            return std::nullopt;
          },
          .print = [=](const Config& config) { return quoted(get(config)); }};
}

template <class Enum>
struct Word {
  std::string_view word;
  Enum meaning;
};

template <class Enum>
std::string words_text(const std::vector<Word<Enum>>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += quoted(words[i].word);
  }
  return text;
}

template <class Enum, class Get>
Key choice(std::string_view name, Get get, const std::vector<Word<Enum>>& words,
           std::string_view doc) {
  return {.name = name,
          .form = Form::text,
          .allowed = words_text(words),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* written = value.as<std::string>();
            for (const auto& [word, meaning] : words) {
              if (!written || *written != word) continue;
              get(config) = meaning;
              return std::nullopt;
            }
            return "";
          },
          .print =
              [=](const Config& config) {
                const auto at = std::find_if(words.begin(), words.end(), [&](const auto& entry) {
                  return entry.meaning == get(config);
                });
                return quoted(at->word);
              }};
}

constexpr std::size_t addresses_max = 64;

template <class Get>
Key addresses(std::string_view name, Get get, bool (*fits)(const Multiaddr&),
              std::string_view allowed, std::string_view doc) {
  return {.name = name,
          .form = Form::list,
          .allowed = "a list of at most 64 multiaddrs, " + std::string(allowed),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* list = value.as<Value::List>();
            if (!list || list->size() > addresses_max) return "";
            std::vector<Multiaddr> parsed;
            for (const Value& item : *list) {
              const auto* written = item.as<std::string>();
              auto address = written ? wire::parse_multiaddr(*written)
                                     : Result<Multiaddr, wire::Fault>(Err{wire::Fault::malformed});
              if (!address || !fits(*address)) return shown(item);
              parsed.push_back(std::move(*address));
            }
            get(config) = std::move(parsed);
            return std::nullopt;
          },
          .print =
              [=](const Config& config) {
                std::vector<std::string> items;
                for (const Multiaddr& address : get(config))
                  items.push_back(quoted(wire::to_text(address)));
                return list_text(items);
              }};
}

// What single values may be.

bool is_printable(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_printable);
}
bool is_path(std::string_view text) {
  return text.size() <= 4095 && is_plain(text);
}
bool is_agent_version(std::string_view text) {
  return text.size() <= 128 && is_plain(text);
}
bool is_protocol(std::string_view text) {
  return text.size() >= 2 && text.size() <= 128 && text[0] == '/' && text.back() != '/' &&
         is_plain(text) && text.find(' ') == std::string_view::npos;
}
bool is_credential(std::string_view text) {
  return text.size() <= 255 && is_plain(text) && text.find('/') == std::string_view::npos;
}
bool is_network(std::string_view text) {
  const auto is_plain_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 48 && is_plain_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_plain_letter(c) || c == '.' || c == '_' || c == '-';
         });
}
bool is_authority(std::string_view text) {
  return text.empty() || wire::parse_did(text);
}

using VersionParts = std::array<std::uint16_t, 3>;
std::optional<VersionParts> version_in(std::string_view text) {
  VersionParts parts{};
  std::string again;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint16_t& part : parts) {
    if (&part != parts.data()) {
      if (at == end || *at != '.') return std::nullopt;
      at += 1;
    }
    const auto [after, problem] = std::from_chars(at, end, part);
    if (problem != std::errc{}) return std::nullopt;
    at = after;
    again += (again.empty() ? "" : ".") + std::to_string(part);
  }
  if (again != text) return std::nullopt;
  return parts;
}
bool is_version(std::string_view text) {
  return version_in(text).has_value();
}

bool is_prefix(std::string_view text) {
  return text.size() >= 2 && text.size() <= 64 && text[0] == '/' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

struct HostPort {
  std::string_view host;
  bool is_ipv6 = false;
};

/// IP:PORT, with an IPv6 address in brackets.
std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || problem != std::errc{} || end != port.data() + port.size())
    return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool is_ipv6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_ipv6) host = host.substr(1, host.size() - 2);
  const std::string path = (is_ipv6 ? "/ip6/" : "/ip4/") + std::string(host);
  if (host.find('/') != std::string_view::npos || !wire::parse_multiaddr(path)) return std::nullopt;
  return HostPort{host, is_ipv6};
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

// The namespaces: the one key with a structure of its own.

constexpr std::size_t namespaces_max = 32;
// These have rules of their own.
constexpr std::array<std::string_view, 2> reserved_prefixes{"/mycel-card", "/mycel-part"};

std::optional<DhtNamespace> read_namespace(const Value& value) {
  const auto* table = value.as<Value::Table>();
  if (!table || table->names.size() != 2) return std::nullopt;
  DhtNamespace result;
  bool has_rule = false;
  for (std::size_t i = 0; i < table->names.size(); ++i) {
    const std::string& name = table->names[i];
    const auto* text = table->values[i].as<std::string>();
    if (!text) return std::nullopt;
    if (name == "prefix" && is_prefix(*text)) result.prefix = *text;
    if (name == "rule" && *text == "any") has_rule = true;
  }
  const bool is_reserved =
      std::ranges::find(reserved_prefixes, result.prefix) != reserved_prefixes.end();
  if (result.prefix.empty() || !has_rule || is_reserved) return std::nullopt;
  return result;
}

Problem set_namespaces(Config& config, const Value& value) {
  const auto* list = value.as<Value::List>();
  if (!list || list->size() > namespaces_max) return "";
  std::vector<DhtNamespace> parsed;
  std::set<std::string> prefixes;
  for (const Value& item : *list) {
    auto one = read_namespace(item);
    if (!one) return shown(item);
    if (!prefixes.insert(one->prefix).second) return "a second " + quoted(one->prefix);
    parsed.push_back(std::move(*one));
  }
  config.dht.namespaces = std::move(parsed);
  return std::nullopt;
}

std::string print_namespaces(const Config& config) {
  std::vector<std::string> items;
  items.reserve(config.dht.namespaces.size());
  for (const DhtNamespace& one : config.dht.namespaces)
    items.push_back("{ prefix = " + quoted(one.prefix) + ", rule = \"any\" }");
  return list_text(items);
}

// `MEMBER(node.join)` finds that member of a const or a changing configuration.
// NOLINTNEXTLINE(bugprone-macro-parentheses): a path of members is no expression
#define MEMBER(path) [](auto& config) -> auto& { return config.path; }

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

std::vector<Key> network_keys() {
  return {
      text("network.id", MEMBER(network.id), is_network,
           "1 to 48 of a-z, 0-9, '.', '_' and '-', a letter or digit first",
           "The network that the node belongs to. Mycel nodes of another one are refused."),
      choice<StrangerRule>(
          "network.strangers", MEMBER(network.strangers),
          {{"welcome", StrangerRule::welcome},
           {"limited", StrangerRule::limited},
           {"refuse", StrangerRule::refuse}},
          "What peers get that do not belong to the network: plain libp2p peers, "
          "and in a closed network whoever shows no certificate. \"welcome\" gives "
          "all that libp2p peers get, \"limited\" identify and ping, \"refuse\" "
          "closes the connection."),
      text("network.authority", MEMBER(network.authority), is_authority,
           "a did:key, as `mycel network create` prints it",
           "The key that admits members: the network is closed. Empty: it is open."),
      text("network.certificate_file", MEMBER(network.certificate_file), is_path, "a path",
           "This node's membership certificate, as `mycel network admit` makes it."),
      text("network.join_token_file", MEMBER(network.join_token_file), is_path, "a path",
           "A file with a token that Mycel nodes have to know beside all else, and nothing else. "
           "It is proved, not sent. Take a random one: a token that can be guessed can be found by "
           "whoever this node dials. Empty: none is asked for."),
      text("protocol.version", MEMBER(protocol.version), is_version,
           "three numbers, such as \"1.0.0\"",
           "The newest version that the node says it speaks: for tests and for a careful upgrade."),
      text("protocol.minimum_version", MEMBER(protocol.minimum_version), is_version,
           "three numbers, such as \"1.0.0\"",
           "Peers below it are refused. At most protocol.version."),
      time("protocol.hello_timeout", MEMBER(protocol.hello_timeout), 100ms, 1min,
           "A peer that does not say who it is for so long is a stranger."),
  };
}

std::vector<Key> dht_keys() {
  return {
      text("dht.protocol", MEMBER(dht.protocol), is_protocol,
           "a protocol name, such as \"/mycel/kad/1.0.0\"",
           "The name under which the DHT speaks. Nodes with another name are another DHT; "
           "\"/ipfs/kad/1.0.0\" is that of js-libp2p and go-libp2p."),
      choice<DhtMode>(
          "dht.mode", MEMBER(dht.mode),
          {{"auto", DhtMode::automatic}, {"server", DhtMode::server}, {"client", DhtMode::client}},
          "Whether the node answers others and stores for them. \"auto\" is \"server\": a node "
          "that others cannot reach leaves their tables by itself."),
      number("dht.k", MEMBER(dht.k), 1, 64,
             "Nodes in a bucket, and nodes that store a value. All nodes of a DHT should agree."),
      number("dht.alpha", MEMBER(dht.alpha), 1, 32,
             "Requests of one lookup at once, on each path."),
      number("dht.disjoint_paths", MEMBER(dht.disjoint_paths), 1, 32,
             "Paths of a lookup that share no node, so that liars on one path do not decide."),
      time("dht.record_ttl", MEMBER(dht.record_ttl), 1min, 30 * 24h,
           "How long a value is kept after it was published."),
      time("dht.republish", MEMBER(dht.republish), 30s, 30 * 24h,
           "How often the node puts its own values again. Less than dht.record_ttl."),
      time("dht.provider_ttl", MEMBER(dht.provider_ttl), 1min, 30 * 24h,
           "How long a provider is named after it last said so."),
      time("dht.provider_refresh", MEMBER(dht.provider_refresh), 30s, 30 * 24h,
           "How often the node repeats what it provides. Less than dht.provider_ttl."),
      number(
          "dht.cache_values", MEMBER(dht.cache_values), 0, 1'000'000,
          "Values of earlier lookups that are kept for the node's users; 0 keeps none. They take "
          "8 MiB at most."),
      time("dht.cache_ttl", MEMBER(dht.cache_ttl), 1s, 24h,
           "How old such a value may be. A newer record drives it out before, and who asks with "
           "--fresh does not get it."),
      {.name = "dht.namespaces",
       .form = Form::structure,
       .allowed = "a list of at most 32 { prefix = \"/NAME\", rule = \"any\" }, each prefix once "
                  "and none of them \"/mycel-card\" or \"/mycel-part\"",
       .doc = "Kinds of values that the DHT stores beside cards and parts of content, by the start "
              "of their keys. The "
              "rule \"any\" takes any bytes; of two values the one whose bytes sort higher stays, "
              "so that all nodes agree.",
       .set = set_namespaces,
       .print = print_namespaces},
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
#undef MEMBER

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

std::string shown(const Value& value) {
  constexpr std::size_t shown_max = 80;
  if (const auto* is_on = value.as<bool>()) return *is_on ? "true" : "false";
  if (const auto* number = value.as<std::int64_t>()) return std::to_string(*number);
  if (const auto* number = value.as<double>()) return std::to_string(*number);
  if (value.as<Value::List>()) return "a list";
  if (value.as<Value::Table>()) return "a table";
  const auto& text = *value.as<std::string>();
  return quoted(text.size() <= shown_max ? text : text.substr(0, shown_max) + "...");
}

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
  if (version_in(config.protocol.minimum_version) > version_in(config.protocol.version))
    wrong("protocol.minimum_version",
          quoted(config.protocol.minimum_version) +
              " is not allowed; it must be at most protocol.version, which is " +
              quoted(config.protocol.version));
  if (config.network.authority.empty() && !config.network.certificate_file.empty())
    wrong("network.certificate_file",
          "is of no use without network.authority, which says whose signature counts");
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
