#pragma once
// What the DHT counts.

#include <cstdint>

#include "foundation/base/counters.hpp"

#include "protocol/dht/verdict.hpp"

namespace mycel::dht {

struct Counters {
  std::uint64_t lookups = 0;
  std::uint64_t lookups_found = 0;
  std::uint64_t lookups_failed = 0;
  std::uint64_t lookup_retries = 0;
  std::uint64_t crowded_lookups = 0;  ///< that searched the region of their key
  std::uint64_t doubted_lookups = 0;  ///< that went on because too few stood around their key
  std::uint64_t deduplicated_requests = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t messages = 0;
  std::uint64_t answers = 0;
  std::uint64_t failures = 0;
  std::uint64_t hops = 0;
  std::uint64_t served = 0;
  std::uint64_t refused = 0;
  std::uint64_t upkeep_lookups = 0;
  std::uint64_t records_republished = 0;
  std::uint64_t corrections = 0;
  std::uint64_t provider_refreshes = 0;
  std::uint64_t ids_not_admitted = 0;  ///< named in answers, or answering
  std::uint64_t stale_records_cleaned = 0;
  VerdictCounts verification_failures;  ///< of puts received and of values in answers
  // Gauges.
  std::uint64_t table_peers = 0;
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t providers = 0;
  std::uint64_t cached_values = 0;
  std::uint64_t network_size_estimate = 0;  ///< 0: not yet known

  void each(const CounterVisitor& visit) const;
};

}  // namespace mycel::dht
