// What can be said of the distributed hash table.

#include <algorithm>
#include <array>
#include <set>

#include "node/config/key_kinds.hpp"

namespace mycel::config {
namespace {

bool is_protocol(std::string_view text) {
  return text.size() >= 2 && text.size() <= 128 && text[0] == '/' && text.back() != '/' &&
         is_plain(text) && text.find(' ') == std::string_view::npos;
}
bool is_prefix(std::string_view text) {
  return text.size() >= 2 && text.size() <= 64 && text[0] == '/' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

// The namespaces: the one key with a structure of its own.

constexpr std::size_t namespaces_max = 32;
// These have rules of their own.
constexpr std::array<std::string_view, 3> reserved_prefixes{"/mycel-card", "/mycel-part",
                                                            "/mycel-shared"};

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

}  // namespace

std::vector<Key> dht_keys() {
  return {
      choice<DhtPreset>("dht.preset", MEMBER(dht.preset),
                        {{"mycel", DhtPreset::mycel}, {"k8-d3", DhtPreset::k8_d3}},
                        "Parameters that belong together; what is written beside it wins. "
                        "\"k8-d3\" is the founding design: k 8, alpha 3, 3 disjoint paths, lookups "
                        "of at most 30s, values that end after 1h and are renewed after 30m (cards "
                        "too), buckets refreshed after 10m, 3 peers of a subnet in a table. All "
                        "nodes of a DHT should agree."),
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
             "Requests of one lookup at once, shared out over its paths; each path has at least "
             "one."),
      number("dht.disjoint_paths", MEMBER(dht.disjoint_paths), 1, 31,
             "Paths of a lookup that share no node, so that liars on one path do not decide."),
      time("dht.lookup_timeout", MEMBER(dht.lookup_timeout), 1s, 10min,
           "A lookup that takes longer ends with what it has."),
      number("dht.confirmations_enough", MEMBER(dht.confirmations_enough), 0, 64,
             "A put or provide ends for its caller once so many nodes have confirmed it; those of "
             "the nearest dht.k that are left are told meanwhile. 0: once all of them have."),
      time("dht.refresh", MEMBER(dht.refresh), 1min, 24h,
           "A bucket that no lookup went through for so long is refreshed."),
      time("dht.record_ttl", MEMBER(dht.record_ttl), 1min, 30 * 24h,
           "How long a value is kept after it was published."),
      time("dht.republish", MEMBER(dht.republish), 30s, 30 * 24h,
           "How often the node puts its own values again. Less than dht.record_ttl."),
      time("dht.provider_ttl", MEMBER(dht.provider_ttl), 1min, 30 * 24h,
           "How long a provider is named after it last said so."),
      time("dht.provider_refresh", MEMBER(dht.provider_refresh), 30s, 30 * 24h,
           "How often the node repeats what it provides. Less than dht.provider_ttl."),
      number("dht.subnet_per_bucket", MEMBER(dht.subnet_per_bucket), 0, 64,
             "Peers of one public subnet (an IPv4 /24 or an IPv6 /48) in a bucket, and among the "
             "nodes that a value is put at, so that who rents one subnet cannot fill it. 0: as "
             "many as there are."),
      number("dht.subnet_per_table", MEMBER(dht.subnet_per_table), 0, 65'536,
             "Peers of one public subnet in the whole table; raise it where a mesh stands in one "
             "data centre. 0: as many as there are. At least dht.subnet_per_bucket."),
      number("dht.network_per_bucket", MEMBER(dht.network_per_bucket), 0, 64,
             "The same of one public network (an IPv4 /16 or an IPv6 /32), which is about one "
             "provider in one region. 0: as many as there are."),
      number("dht.network_per_table", MEMBER(dht.network_per_table), 0, 65'536,
             "Peers of one public network in the whole table. 0: as many as there are. At least "
             "dht.network_per_bucket."),
      boolean("dht.caps_private", MEMBER(dht.caps_private),
              "Whether the caps on subnets and networks count loopback and private addresses "
              "too, which usually are one subnet."),
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
                  "and none of them \"/mycel-card\", \"/mycel-part\" or "
                  "\"/mycel-shared\"",
       .doc = "Kinds of values that the DHT stores beside cards and parts of content, by the start "
              "of their keys. The "
              "rule \"any\" takes any bytes; of two values the one whose bytes sort higher stays, "
              "so that all nodes agree.",
       .set = set_namespaces,
       .print = print_namespaces},
  };
}

}  // namespace mycel::config
