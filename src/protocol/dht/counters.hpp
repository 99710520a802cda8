#pragma once
// What the DHT counts.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "foundation/base/counters.hpp"

#include "protocol/dht/verdict.hpp"

namespace mycel::dht {

/// Why a request of a peer was not answered.
enum class RequestRefusal : std::uint8_t {
  not_serving,       ///< this node is a client
  bad_key,           ///< no key, or one that is too long
  bad_value,         ///< the reason is in `verification_failures`
  not_its_own_word,  ///< a provider that is not the sender, or has no address
  no_room,           ///< for another provider
  unknown_type,
};
inline constexpr std::size_t request_refusal_count = 6;
constexpr std::string_view to_text(RequestRefusal refusal) {
  constexpr std::array<std::string_view, request_refusal_count> words{
      "not_serving", "bad_key", "bad_value", "not_its_own_word", "no_room", "unknown_type"};
  return words[static_cast<std::size_t>(refusal)];
}

struct Counters {
  std::uint64_t lookups = 0;
  std::uint64_t lookups_found = 0;
  std::uint64_t lookups_failed = 0;
  std::uint64_t lookup_retries = 0;
  std::uint64_t crowded_lookups = 0;     ///< that searched the region of their key
  std::uint64_t belied_answers = 0;      ///< that named none but accomplices
  std::uint64_t doubted_lookups = 0;     ///< that went on because too few stood around their key
  std::uint64_t early_publications = 0;  ///< whose caller did not wait for the last nodes
  std::uint64_t deduplicated_requests = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t cache_invalidations = 0;
  std::uint64_t messages = 0;
  std::uint64_t answers = 0;
  std::uint64_t failures = 0;
  std::uint64_t hops = 0;
  std::uint64_t served = 0;
  std::array<std::uint64_t, request_refusal_count> refused{};  ///< by RequestRefusal
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
