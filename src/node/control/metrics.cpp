#include "node/control/metrics.hpp"

#include <map>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace mycel::control {

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
  std::vector<prometheus::MetricFamily> all;
  all.reserve(families.size());
  for (auto& [name, family] : families) all.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace mycel::control
