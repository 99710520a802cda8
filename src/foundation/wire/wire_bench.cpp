// What the words of the wire cost: these run for every peer, address and message.

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_id_text.hpp"
#include "foundation/wire/peer_record.hpp"

namespace mycel::wire {
namespace {

const crypto::Ed25519PrivateKey& signer() {
  static const crypto::Ed25519PrivateKey key({});
  return key;
}

Multiaddr sample() {
  return with_peer(*parse_multiaddr("/ip4/192.0.2.1/udp/4001/quic-v1"),
                   peer_id_of(signer().public_key()));
}

void peer_id_to_text(benchmark::State& state) {
  const PeerId peer = peer_id_of(signer().public_key());
  for (auto _ : state) benchmark::DoNotOptimize(to_text(peer));
}
BENCHMARK(peer_id_to_text);

void peer_id_from_text(benchmark::State& state) {
  const std::string text = to_text(peer_id_of(signer().public_key()));
  for (auto _ : state) benchmark::DoNotOptimize(parse_peer_id(text));
}
BENCHMARK(peer_id_from_text);

void multiaddr_from_bytes(benchmark::State& state) {
  const Multiaddr address = sample();
  for (auto _ : state) benchmark::DoNotOptimize(decode_multiaddr(address.binary()));
}
BENCHMARK(multiaddr_from_bytes);

void multiaddr_to_quic_address(benchmark::State& state) {
  const Multiaddr address = sample();
  for (auto _ : state) benchmark::DoNotOptimize(quic_address(address));
}
BENCHMARK(multiaddr_to_quic_address);

void peer_record_opened(benchmark::State& state) {
  const PeerRecord record{peer_id_of(signer().public_key()), 1,
                          Addresses(4, without_peer(sample()))};
  const Bytes sealed = seal_peer_record(signer(), record);
  for (auto _ : state) benchmark::DoNotOptimize(open_peer_record(sealed));
}
BENCHMARK(peer_record_opened);

}  // namespace
}  // namespace mycel::wire
