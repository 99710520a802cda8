#include "node/control/metrics.hpp"

#include <map>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace mycel::control {
namespace {

/// What machines cannot count in whole numbers, made of what they did count.
void add_ratio(std::map<std::string, prometheus::MetricFamily>& families, const std::string& name,
               const std::string& help, const std::string& part, const std::string& rest) {
  const auto value_of = [&](const std::string& counter) {
    const auto family = families.find(counter);
    return family == families.end() ? 0.0 : family->second.metric.front().counter.value;
  };
  const double whole = value_of(part) + value_of(rest);
  prometheus::ClientMetric metric;
  metric.gauge.value = whole > 0 ? value_of(part) / whole : 0;
  families[name] = {name, help, prometheus::MetricType::Gauge, {metric}};
}

}  // namespace

// Machines count in plain numbers; here they get the types and the prefix of the ecosystem.
std::string metrics_text(const daemon::Daemon& daemon) {
  std::map<std::string, prometheus::MetricFamily> families;
  daemon.each_counter([&](const CounterName& name, std::uint64_t value) {
    const std::string full = "mycel_" + std::string(name.name);
    prometheus::MetricFamily& family = families[full];
    const bool is_counter = full.ends_with("_total");
    family.name = full;
    family.help = name.help;
    family.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    prometheus::ClientMetric metric;
    if (!name.label.empty())
      metric.label.push_back({std::string(name.label), std::string(name.label_value)});
    (is_counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
    // Two sockets count under one name: their numbers are added.
    for (auto& there : family.metric) {
      if (there.label != metric.label) continue;
      there.counter.value += metric.counter.value;
      there.gauge.value += metric.gauge.value;
      return;
    }
    family.metric.push_back(std::move(metric));
  });
  add_ratio(families, "mycel_cache_hit_rate",
            "Share of the cacheable gets that the cache answered, from 0 to 1.",
            "mycel_dht_cache_hits_total", "mycel_dht_cache_misses_total");
  std::vector<prometheus::MetricFamily> all;
  all.reserve(families.size());
  for (auto& [name, family] : families) all.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace mycel::control
