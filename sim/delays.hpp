#pragma once
// How long what is sent between two nodes is on its way.

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"

#include "sim/topology.hpp"

namespace mycel::sim {

struct DelaysConfig {
  Duration latency_min = 5ms;  ///< one way; each pair of nodes draws its own, once
  Duration latency_max = 40ms;
  std::optional<TopologyConfig> topology = {};  ///< instead of these
};

class Delays {
 public:
  Delays(const DelaysConfig& config, Rng rng);

  /// One way between the two when nothing disturbs; the same both ways.
  Duration latency(std::uint32_t a, std::uint32_t b) const;
  /// When what leaves at `departure` arrives over a way of `latency`.
  Instant arrival(Instant departure, Duration latency);

  /// Each direction carries so many bytes a second, one after the other; 0 is without a limit.
  void set_rate(std::uint32_t a, std::uint32_t b, std::uint64_t bytes_per_s);
  bool has_rate(std::uint32_t from, std::uint32_t to) const {
    return !rates_.empty() && rates_.contains({from, to});
  }
  /// When the last of `size` bytes leaves that are sent now; they take their place in the queue.
  Instant departure(std::uint32_t from, std::uint32_t to, std::size_t size, Instant now);

 private:
  struct Rate {
    std::uint64_t bytes_per_s = 0;
    Instant free_at{};  // everything before this is taken
  };
  DelaysConfig config_;
  std::uint64_t pair_seed_;
  Rng rng_;
  std::optional<Topology> topology_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Rate> rates_;  // from, to
};

}  // namespace mycel::sim
