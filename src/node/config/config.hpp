#pragma once
// Everything that can be told to a node, with defaults that need no file at all. The keys, what
// they mean and what they allow stand in one table (keys.cpp); reading TOML, flags, `mycel config`
// and docs/operate/configuration.md are all made from it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/log.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"

namespace mycel::config {

/// "/ip4/0.0.0.0/udp/4150/quic-v1" and "/ip6/::/udp/4150/quic-v1".
Addresses default_listen();

struct NodeConfig {
  std::string data_dir;  ///< empty: see Paths
  Addresses listen = default_listen();
  bool port_fallback = true;
  Addresses join;
  Addresses announce;
  std::string agent_version;  ///< empty: the program's own name and version
  friend bool operator==(const NodeConfig&, const NodeConfig&) = default;
};

/// What peers get that do not belong to the network.
enum class StrangerRule : std::uint8_t { welcome, limited, refuse };

struct NetworkConfig {
  std::string id = "mycel";
  StrangerRule strangers = StrangerRule::welcome;
  std::string authority;         ///< a did:key; empty: the network is open
  std::string certificate_file;  ///< empty: the node is no member of a closed network
  std::string join_token_file;   ///< empty: no token is asked for
  std::size_t id_difficulty = 0;
  bool certified_ids = false;
  friend bool operator==(const NetworkConfig&, const NetworkConfig&) = default;
};

struct ProtocolConfig {
  std::string version = "1.0.0";
  std::string minimum_version = "1.0.0";
  Duration hello_timeout = 5s;
  friend bool operator==(const ProtocolConfig&, const ProtocolConfig&) = default;
};

enum class DhtMode : std::uint8_t { automatic, server, client };

/// Parameters that belong together.
enum class DhtPreset : std::uint8_t {
  mycel,  ///< the defaults
  k8_d3,  ///< those of the design that Mycel was founded on; see preset.cpp
};

/// Whose values the DHT accepts beside cards.
enum class NamespaceRule : std::uint8_t {
  any,  ///< any bytes; of two values the one whose bytes sort higher stays
};
struct DhtNamespace {
  std::string prefix;  ///< with its first slash only: "/mycel-raw"
  NamespaceRule rule = NamespaceRule::any;
  friend bool operator==(const DhtNamespace&, const DhtNamespace&) = default;
};

struct DhtConfig {
  DhtPreset preset = DhtPreset::mycel;
  std::string protocol = "/mycel/kad/1.0.0";
  DhtMode mode = DhtMode::automatic;
  std::size_t k = 20;
  std::size_t alpha = 3;
  std::size_t disjoint_paths = 8;
  Duration lookup_timeout = 1min;
  std::size_t confirmations_enough = 10;
  Duration refresh = 10min;
  Duration record_ttl = 36h;
  Duration republish = 22h;
  Duration provider_ttl = 1h;
  Duration provider_refresh = 30min;
  std::size_t subnet_per_bucket = 3;
  std::size_t subnet_per_table = 16;
  std::size_t network_per_bucket = 10;
  std::size_t network_per_table = 64;
  bool caps_private = false;
  std::size_t cache_values = 1024;
  Duration cache_ttl = 30s;
  std::vector<DhtNamespace> namespaces{{.prefix = "/mycel-raw"}};
  friend bool operator==(const DhtConfig&, const DhtConfig&) = default;
};

struct ConnectionsConfig {
  std::size_t max = 1024;
  std::size_t dials_max = 64;
  Duration idle_timeout = 5min;
  Duration dial_timeout = 10s;
  Duration attempt_timeout = 30s;
  friend bool operator==(const ConnectionsConfig&, const ConnectionsConfig&) = default;
};

enum class Congestion : std::uint8_t { cubic, bbr };

struct QuicConfig {
  Duration idle_timeout = 30s;
  Duration keep_alive = 15s;
  Duration handshake_timeout = 10s;
  std::size_t streams_inbound_max = 1024;
  Congestion congestion = Congestion::cubic;
  friend bool operator==(const QuicConfig&, const QuicConfig&) = default;
};

struct KeysConfig {
  std::string passphrase_file;
  std::string credential = "passphrase";
  friend bool operator==(const KeysConfig&, const KeysConfig&) = default;
};

struct MetricsConfig {
  std::string listen;  ///< "IP:PORT"; empty: off
  bool allow_remote = false;
  friend bool operator==(const MetricsConfig&, const MetricsConfig&) = default;
};

enum class LogFormat : std::uint8_t { automatic, text, json };

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct ControlConfig {
  std::string socket;  ///< empty: control.sock in the data directory
  friend bool operator==(const ControlConfig&, const ControlConfig&) = default;
};

struct CardsConfig {
  Duration lifetime = 24h;
  Duration republish = 12h;
  friend bool operator==(const CardsConfig&, const CardsConfig&) = default;
};

struct LimitsConfig {
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

struct Config {
  NodeConfig node;
  NetworkConfig network;
  ProtocolConfig protocol;
  DhtConfig dht;
  ConnectionsConfig connections;
  QuicConfig quic;
  KeysConfig keys;
  MetricsConfig metrics;
  LogConfig log;
  ControlConfig control;
  CardsConfig cards;
  LimitsConfig limits;
  friend bool operator==(const Config&, const Config&) = default;
};

/// One thing that is wrong with what a person wrote.
struct ConfigProblem {
  std::string source;      ///< the file, or "--dht.k" of the command line
  std::uint32_t line = 0;  ///< from 1; 0 when there is none
  std::uint32_t column = 0;
  std::string key;   ///< "dht.k"; empty when it is about the file
  std::string text;  ///< the value, and what is allowed
};
/// "mycel.toml:3:5: dht.k: 0 is not allowed; it must be a number from 1 to 64".
std::string to_text(const ConfigProblem& problem);

/// All problems at once, in the order of the file.
struct ConfigErrors {
  std::vector<ConfigProblem> problems;
};
/// One line a problem.
std::string to_text(const ConfigErrors& errors);

/// A key set on the command line, its value as it was typed: {"dht.k", "20"}. Texts need no quotes,
/// lists are separated by commas; what has a structure of its own is written as in TOML.
struct Setting {
  std::string key;
  std::string value;
};

/// The defaults, with what a preset says of them.
Config defaults_of(DhtPreset preset);

inline constexpr std::size_t file_size_max_bytes = std::size_t{1} << 20;

/// The defaults, changed by TOML text. `source` is how messages call it.
Result<Config, ConfigErrors> parse(std::string_view text, const std::string& source);
Result<Config, ConfigErrors> load_file(const std::string& path);
/// Changes `config`, or leaves it alone and says everything that is wrong.
Result<void, ConfigErrors> apply_flags(Config& config, std::span<const Setting> settings);
/// What a node runs with: defaults, then the file if there is one, then the flags. What one key
/// demands of another is checked last, so that a flag can cure the file.
Result<Config, ConfigErrors> load(const std::optional<std::string>& path,
                                  std::span<const Setting> settings);

/// The whole configuration as TOML with comments; reads back as the same.
std::string to_toml(const Config& config);
/// docs/operate/configuration.md.
std::string reference_markdown();

/// The environment variables that decide where a node's files are.
struct Environment {
  std::string home;                   ///< HOME
  std::string xdg_data_home;          ///< XDG_DATA_HOME
  std::string state_directory;        ///< STATE_DIRECTORY, of systemd
  std::string credentials_directory;  ///< CREDENTIALS_DIRECTORY, of systemd
};
/// Those of this process.
Environment environment();

/// Where a node's files are.
struct Paths {
  std::string data_dir;
  std::string control_socket;
  std::string passphrase_file;  ///< empty: none is configured
  std::string certificate_file = {};
  std::string join_token_file = {};
};
/// A Unix socket's path holds at most this: sun_path of 108 bytes, and the byte that ends it.
inline constexpr std::size_t socket_path_size_max_bytes = 107;

/// The data directory is `node.data_dir`, or systemd's state directory, or mycel in the user's data
/// directory. A leading "~/" is the home directory.
Result<Paths, ConfigErrors> resolve_paths(const Config& config, const Environment& environment);

}  // namespace mycel::config
