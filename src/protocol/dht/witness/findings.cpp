#include "protocol/dht/witness/findings.hpp"

#include <algorithm>
#include <map>

namespace mycel::dht::witness {
namespace {

using Seen = Observation Attestation::*;

// f + 1 witnesses include an honest one. Of two endpoints that both have so many the one with more
// is taken, and neither if they are even: a node can really be seen at two.
std::optional<Endpoint> endpoint_of(const Rules& rules, const Proof& proof, Seen seen) {
  std::map<Endpoint, std::size_t> votes;
  for (const ProofPart& part : proof.parts)
    if (const auto& endpoint = (part.attestation.content.*seen).endpoint) votes[*endpoint] += 1;
  std::optional<Endpoint> best;
  std::size_t best_votes = rules.liars_max();
  for (const auto& [endpoint, count] : votes) {
    if (count < best_votes) continue;
    best = count > best_votes ? std::optional(endpoint) : std::nullopt;
    best_votes = count;
  }
  return best;
}

// With at most f liars among 2f + 1, the median lies between two honest measurements.
RoundTrip round_trip_of(const Rules& rules, const Proof& proof, Seen seen) {
  std::vector<RoundTrip> measured;
  for (const ProofPart& part : proof.parts) {
    const RoundTrip bucket = (part.attestation.content.*seen).round_trip;
    if (bucket != RoundTrip{}) measured.push_back(bucket);
  }
  if (measured.size() < 2 * rules.liars_max() + 1) return {};
  std::ranges::sort(measured);
  return measured[measured.size() / 2];
}

Observation observation_of(const Rules& rules, const Proof& proof, Seen seen) {
  return {endpoint_of(rules, proof, seen), round_trip_of(rules, proof, seen)};
}

}  // namespace

Findings findings_of(const Rules& rules, const Verified<Proof>& proof) {
  Findings findings{observation_of(rules, *proof, &Attestation::source),
                    observation_of(rules, *proof, &Attestation::target),
                    {}};
  std::map<Point, std::size_t> named;
  for (const ProofPart& part : proof->parts)
    for (const Point& neighbour : part.attestation.content.neighbours) named[neighbour] += 1;
  for (const auto& [neighbour, count] : named)
    if (count > rules.liars_max()) findings.neighbours.push_back(neighbour);
  std::ranges::sort(findings.neighbours, [&](const Point& a, const Point& b) {
    return is_nearer(proof->draw.operation.key, a, b);
  });
  return findings;
}

}  // namespace mycel::dht::witness
