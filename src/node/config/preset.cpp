#include "node/config/preset.hpp"

namespace mycel::config {
namespace {

// The parameters of the design that Mycel was founded on, with the meaning that they were meant to
// have there. Two of its numbers could not be kept: it renewed records exactly when they ended (an
// hour), so that each was lost for a while; here they are renewed at half of it. And it let two of
// three paths share a node, so that one liar stood on both; here paths share nobody.
void use_k8_d3(Config& config) {
  DhtConfig& dht = config.dht;
  dht.k = 8;
  dht.alpha = 3;
  dht.disjoint_paths = 3;
  dht.lookup_timeout = 30s;
  dht.refresh = 10min;
  dht.record_ttl = 1h;
  dht.republish = 30min;
  dht.provider_ttl = 1h;
  dht.provider_refresh = 30min;
  dht.subnet_per_bucket = 3;
  dht.subnet_per_table = 3;
  dht.network_per_bucket = 8;
  dht.network_per_table = 10;
  config.cards.republish = 30min;  // cards are records
}

}  // namespace

void use_preset(Config& config, DhtPreset preset) {
  const Config common;
  DhtConfig& dht = config.dht;
  dht.preset = preset;
  switch (preset) {
    case DhtPreset::k8_d3:
      return use_k8_d3(config);
    case DhtPreset::mycel:
      dht.k = common.dht.k;
      dht.alpha = common.dht.alpha;
      dht.disjoint_paths = common.dht.disjoint_paths;
      dht.lookup_timeout = common.dht.lookup_timeout;
      dht.refresh = common.dht.refresh;
      dht.record_ttl = common.dht.record_ttl;
      dht.republish = common.dht.republish;
      dht.provider_ttl = common.dht.provider_ttl;
      dht.provider_refresh = common.dht.provider_refresh;
      dht.subnet_per_bucket = common.dht.subnet_per_bucket;
      dht.subnet_per_table = common.dht.subnet_per_table;
      dht.network_per_bucket = common.dht.network_per_bucket;
      dht.network_per_table = common.dht.network_per_table;
      config.cards.republish = common.cards.republish;
      return;
  }
}

Config defaults_of(DhtPreset preset) {
  Config config;
  use_preset(config, preset);
  return config;
}

}  // namespace mycel::config
