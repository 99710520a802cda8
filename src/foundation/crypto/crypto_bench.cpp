// What a signature costs, by kind.

#include <string>

#include <benchmark/benchmark.h>

#include "foundation/crypto/aead.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/crypto/ml_dsa.hpp"

namespace {

using namespace mycel;
using namespace mycel::crypto;

const std::string message(200, 'm');

void ed25519_sign(benchmark::State& state) {
  const Ed25519PrivateKey key(Ed25519PrivateKey::Seed{});
  for (auto _ : state) benchmark::DoNotOptimize(key.sign(as_bytes(message)));
}
BENCHMARK(ed25519_sign);

void ed25519_verify(benchmark::State& state) {
  const Ed25519PrivateKey key(Ed25519PrivateKey::Seed{});
  const auto signature = key.sign(as_bytes(message));
  for (auto _ : state)
    benchmark::DoNotOptimize(verify(key.public_key(), as_bytes(message), signature.view()));
}
BENCHMARK(ed25519_verify);

void ml_dsa_sign(benchmark::State& state) {
  const MlDsaPrivateKey key(static_cast<MlDsaStrength>(state.range(0)), {});
  MlDsaPrivateKey::Hedge hedge{};
  for (auto _ : state) {
    hedge[0] = static_cast<std::byte>(std::to_integer<int>(hedge[0]) + 1);
    benchmark::DoNotOptimize(key.sign(as_bytes(message), hedge));
  }
}
BENCHMARK(ml_dsa_sign)->Arg(0)->Arg(1);

void ml_dsa_verify(benchmark::State& state) {
  const MlDsaPrivateKey key(static_cast<MlDsaStrength>(state.range(0)), {});
  const Bytes signature = key.sign(as_bytes(message), {});
  for (auto _ : state)
    benchmark::DoNotOptimize(key.public_key().verify(as_bytes(message), signature));
}
BENCHMARK(ml_dsa_verify)->Arg(0)->Arg(1);

void ml_dsa_public_key_from_bytes(benchmark::State& state) {
  const auto strength = static_cast<MlDsaStrength>(state.range(0));
  const MlDsaPrivateKey key(strength, {});
  for (auto _ : state)
    benchmark::DoNotOptimize(MlDsaPublicKey::from(strength, key.public_key().view()));
}
BENCHMARK(ml_dsa_public_key_from_bytes)->Arg(0)->Arg(1);

void sha256_of(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(sha256(as_bytes(bytes)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sha256_of)->Arg(64)->Arg(1 << 20);

void aead_seal(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(seal({}, {}, {}, as_bytes(bytes)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(aead_seal)->Arg(64)->Arg(1 << 20);

}  // namespace
