#include "protocol/dht/counters.hpp"

namespace mycel::dht {

void Counters::each(const CounterVisitor& visit) const {
  visit({"dht_lookups_total", "Lookups that this node was asked for."}, lookups);
  visit({"dht_lookups_ended_total", "How lookups ended.", "result", "found"}, lookups_found);
  visit({"dht_lookups_ended_total", "How lookups ended.", "result", "failed"}, lookups_failed);
  visit({"dht_lookup_retries_total", "Lookups that entered once more elsewhere."}, lookup_retries);
  visit({"dht_lookup_hops_total", "Answers on the way to the nearest node, over all lookups."},
        hops);
  visit({"dht_crowded_lookups_total", "Lookups that searched the whole region of a crowded key."},
        crowded_lookups);
  visit(
      {"dht_doubted_lookups_total",
       "Lookups that went on because fewer nodes stood around their key than are to be expected."},
      doubted_lookups);
  visit({"dht_early_publications_total",
         "Puts and provides whose caller heard of the end before the last nodes were told."},
        early_publications);
  visit({"dht_belied_answers_total",
         "Answers that named accomplices only, by what their lookup found in the end."},
        belied_answers);
  visit({"deduplicated_requests_total", "Lookups that were under way already for somebody else."},
        deduplicated_requests);
  visit({"dht_cache_hits_total", "Values answered from the cache."}, cache_hits);
  visit({"dht_cache_misses_total", "Values that the cache was asked for in vain."}, cache_misses);
  visit(
      {"dht_cache_invalidations_total", "Cached values that a newer one or word of it drove out."},
      cache_invalidations);
  visit({"dht_messages_sent_total", "Requests sent."}, messages);
  visit({"dht_requests_ended_total", "How requests ended.", "result", "answered"}, answers);
  visit({"dht_requests_ended_total", "How requests ended.", "result", "failed"}, failures);
  visit({"dht_requests_served_total", "Requests of peers that were answered."}, served);
  for (std::size_t i = 0; i < request_refusal_count; ++i) {
    visit({"dht_requests_refused_total", "Requests of peers that were refused.", "reason",
           to_text(static_cast<RequestRefusal>(i))},
          refused[i]);
  }
  visit({"dht_upkeep_lookups_total", "Lookups for refreshing and renewing."}, upkeep_lookups);
  visit({"dht_records_republished_total", "Records put again in their turn."}, records_republished);
  visit({"dht_corrections_total", "Better values sent to holders of worse ones."}, corrections);
  visit({"provider_refreshes_total", "Own provider records announced again."}, provider_refreshes);
  visit({"dht_ids_not_admitted_total",
         "Peers in answers, and answers, that the network's rules for ids kept out."},
        ids_not_admitted);
  visit({"stale_records_cleaned_total", "Records and provider records that ended."},
        stale_records_cleaned);
  for (std::size_t i = 1; i < verdict_count; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    visit({"verification_failures_total", "Values refused.", "reason", to_text(verdict)},
          verification_failures.of(verdict));
  }
  visit({"dht_table_peers", "Peers in the routing table."}, table_peers);
  visit({"dht_records", "Records held."}, records);
  visit({"dht_record_bytes", "Memory that the records held take."}, record_bytes);
  visit({"dht_providers", "Provider records held."}, providers);
  visit({"dht_cached_values", "Values in the cache."}, cached_values);
  visit({"dht_network_size_estimate", "Nodes of the network; 0 while unknown."},
        network_size_estimate);
}

}  // namespace mycel::dht
