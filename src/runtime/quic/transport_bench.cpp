// What QUIC costs without a kernel: both ends, all cryptography, a network that loses nothing.

#include <benchmark/benchmark.h>

#include "runtime/quic/test_network.hpp"

namespace mycel::quic::test {
namespace {

void bulk(benchmark::State& state) {
  TestNetwork network;
  network.weather = {.delay = 100us, .payload_max_bytes = static_cast<std::size_t>(state.range(0))};
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  bob.keeps_bytes = false;
  const auto connection = connect(network, alice, bob);
  network.timers.run_for(2s);  // until the path's packet size is known
  const auto stream = alice.transport->open(*connection);
  const Bytes part = bytes_of(256 * 1024);
  const auto push = [&] {
    for (std::size_t room = 0; (room = alice.transport->writable(*stream)) > 0;)
      alice.transport->write(*stream, part.slice(0, room), false);
  };
  alice.on_room = [&](ports::StreamKey) { push(); };
  push();
  for (auto _ : state) {
    const std::uint64_t goal = bob.received + (std::uint64_t{4} << 20);
    network.timers.run_until([&] { return bob.received >= goal; });
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) << 22);
}
BENCHMARK(bulk)->Arg(1472)->Arg(8952)->Arg(32000);

void round_trips(benchmark::State& state) {
  TestNetwork network;
  network.weather = {.delay = 10us};
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  bob.echoes = true;
  const auto connection = connect(network, alice, bob);
  const Bytes ping = bytes_of(32);
  for (auto _ : state) {
    const auto stream = alice.transport->open(*connection);
    alice.transport->write(*stream, ping, true);
    network.timers.run_until([&] { return alice.streams[*stream].is_over; });
    alice.streams.clear();
    bob.streams.clear();
  }
}
BENCHMARK(round_trips);

void handshakes(benchmark::State& state) {
  TestNetwork network;
  network.weather = {.delay = 10us};
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  for (auto _ : state) {
    const auto connection = connect(network, alice, bob);
    alice.transport->close(*connection, 0, "");
  }
}
BENCHMARK(handshakes);

}  // namespace
}  // namespace mycel::quic::test
