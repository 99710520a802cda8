// What witnessing costs: one signature a witness, six checks and a few hashes a verifier.

#include <benchmark/benchmark.h>

#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {
namespace {

void sign_an_attestation(benchmark::State& state) {
  const Case at;
  const auto witness = at.eligible().front();
  const Attestation word = at.word_of(witness);
  for (auto _ : state) benchmark::DoNotOptimize(sign(identity(witness), word));
}
BENCHMARK(sign_an_attestation)->Unit(benchmark::kMicrosecond);

/// A quorum of five or all seven; the second argument says whether the keys were proven before.
void verify_a_proof(benchmark::State& state) {
  Case at;
  const Proof proof = at.proof(static_cast<std::size_t>(state.range(0)));
  if (state.range(1) != 0)
    for (const ProofPart& part : proof.parts) at.keys.keep(at.now, *part.key);
  for (auto _ : state) benchmark::DoNotOptimize(verify(at.view(), proof));
}
BENCHMARK(verify_a_proof)
    ->ArgNames({"parts", "known"})
    ->ArgsProduct({{5, 7}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

void examine_without_signatures(benchmark::State& state) {
  const Case at;
  const Proof proof = at.proof(5);
  for (auto _ : state) benchmark::DoNotOptimize(examine(at.view(), proof));
}
BENCHMARK(examine_without_signatures)->Unit(benchmark::kMicrosecond);

void decode_a_proof(benchmark::State& state) {
  const Bytes bytes = encode(Message(Case{}.proof(5)));
  for (auto _ : state) benchmark::DoNotOptimize(decode(bytes));
}
BENCHMARK(decode_a_proof)->Unit(benchmark::kMicrosecond);

void verify_evidence(benchmark::State& state) {
  const Case at;
  const auto witness = at.eligible().front();
  Attestation other = at.word_of(witness);
  other.neighbours.pop_back();
  const EquivocationProof proof{at.part_of(witness), Case::part_of(witness, other)};
  for (auto _ : state) benchmark::DoNotOptimize(verify(proof));
}
BENCHMARK(verify_evidence)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace mycel::dht::witness
