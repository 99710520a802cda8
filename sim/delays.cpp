#include "sim/delays.hpp"

#include <algorithm>

namespace mycel::sim {

Delays::Delays(const DelaysConfig& config, Rng rng)
    : config_(config), pair_seed_(rng.next()), rng_(rng.fork("jitter")) {
  if (config.topology) topology_.emplace(pair_seed_, *config.topology);
}

Duration Delays::latency(std::uint32_t a, std::uint32_t b) const {
  if (topology_) return topology_->round_trip(a, b) / 2;
  const auto [low, high] = std::minmax(a, b);
  Rng draw(pair_seed_ ^ (std::uint64_t{low} << 32 | high));
  const auto span = static_cast<std::uint64_t>((config_.latency_max - config_.latency_min).count());
  return config_.latency_min + Duration{static_cast<Duration::rep>(draw.below(span + 1))};
}

Instant Delays::arrival(Instant departure, Duration latency) {
  if (!topology_) return departure + latency;
  return departure + latency + Topology::jitter(2 * latency, rng_.next());
}

void Delays::set_rate(std::uint32_t a, std::uint32_t b, std::uint64_t bytes_per_s) {
  for (const auto& way : {std::pair{a, b}, std::pair{b, a}}) {
    if (bytes_per_s == 0) {
      rates_.erase(way);
    } else {
      rates_[way].bytes_per_s = bytes_per_s;
    }
  }
}

Instant Delays::departure(std::uint32_t from, std::uint32_t to, std::size_t size, Instant now) {
  if (rates_.empty()) return now;
  const auto entry = rates_.find({from, to});
  if (entry == rates_.end()) return now;
  Rate& rate = entry->second;
  const std::uint64_t nanoseconds = size * 1'000'000'000 / rate.bytes_per_s;
  rate.free_at = std::max(now, rate.free_at) + Duration{static_cast<Duration::rep>(nanoseconds)};
  return rate.free_at;
}

}  // namespace mycel::sim
