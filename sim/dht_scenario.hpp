#pragma once
// The scenario `dht`: nodes join one after another, every one publishes a record and looks up
// another's; some crash, and the rest still finds everything. Judged while it runs.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "foundation/base/time.hpp"

namespace mycel::sim {

struct DhtScenario {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 100;
  double crashed_share = 0.2;  ///< after the records are published; half of them come back
  bool flips_a_byte = false;   ///< one byte of one record: for the test of the fingerprint
};

struct DhtOutcome {
  std::uint64_t fingerprint = 0;
  std::vector<std::string> violations;  ///< what a judge did not accept; empty is good
  Duration simulated{};
  std::uint64_t deliveries = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crashed = 0;
  // Of the look-ups in the quiet phase, before anything crashed.
  std::uint32_t gets = 0;
  std::uint32_t found = 0;
  std::vector<Duration> get_times;  ///< sorted
  std::vector<Duration> put_times;  ///< sorted
  double get_messages_mean = 0;
  double table_mean = 0;
  std::uint32_t found_after_crashes = 0;
  std::uint32_t gets_after_crashes = 0;
};

/// `progress` hears what happens now; it may be empty.
DhtOutcome run(const DhtScenario& scenario,
               const std::function<void(const std::string&)>& progress);

/// The value below which `share` of the sorted times lie.
Duration quantile(const std::vector<Duration>& sorted, double share);

}  // namespace mycel::sim
