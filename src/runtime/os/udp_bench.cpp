// How fast packets go through the loopback interface, from one socket to another on one thread.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "runtime/os/asio.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/os/udp.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {
namespace {

constexpr std::size_t packet_size_bytes = 1400;

struct Pair {
  explicit Pair(UdpOptions options)
      : sender(*UdpSocket::bind(loop, {.address = {127, 0, 0, 1}}, options)),
        receiver(*UdpSocket::bind(loop, {.address = {127, 0, 0, 1}}, options)) {
    receiver->on_receive([this](std::span<const ports::Datagram> batch) {
      for (const auto& datagram : batch) received_bytes += datagram.payload.size();
      if (received_bytes >= expected_bytes) loop.stop();
    });
  }
  Loop loop;
  std::unique_ptr<UdpSocket> sender;
  std::unique_ptr<UdpSocket> receiver;
  std::uint64_t received_bytes = 0;
  std::uint64_t expected_bytes = 0;
};

// range(0): packets a train (1: single packets); range(1): whether the kernel splits them.
void send_trains(benchmark::State& state) {
  const auto packets = static_cast<std::size_t>(state.range(0));
  Pair pair({.uses_trains = state.range(1) != 0});
  const std::vector<std::byte> payload(packets * packet_size_bytes);
  const std::size_t trains = std::max<std::size_t>(1, 256 / packets);
  const std::vector<ports::Datagram> batch(
      trains, {.remote = pair.receiver->local(),
               .payload = payload,
               .segment_size_bytes = packets > 1 ? packet_size_bytes : 0});
  std::uint64_t lost = 0;
  for (auto _ : state) {
    pair.expected_bytes += trains * payload.size();
    pair.sender->send(batch);
    pair.loop.run_for(20ms);
    if (pair.received_bytes < pair.expected_bytes) lost += 1;
    pair.expected_bytes = pair.received_bytes;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(pair.received_bytes));
  state.counters["packets"] = benchmark::Counter(
      static_cast<double>(pair.received_bytes) / packet_size_bytes, benchmark::Counter::kIsRate);
  state.counters["lossy_rounds"] = static_cast<double>(lost);
}
BENCHMARK(send_trains)->ArgsProduct({{1, 8, 40}, {0, 1}})->UseRealTime();

// One packet there and back: what a wake-up costs, without Asio and (range(0)) with it.
void round_trip(benchmark::State& state) {
  Loop loop;
  if (state.range(0) != 0) io_context_of(loop);
  const auto alice = *UdpSocket::bind(loop, {.address = {127, 0, 0, 1}});
  const auto bob = *UdpSocket::bind(loop, {.address = {127, 0, 0, 1}});
  std::array<std::byte, 100> payload{};
  const std::array there{ports::Datagram{.remote = bob->local(), .payload = payload}};
  const std::array back{ports::Datagram{.remote = alice->local(), .payload = payload}};
  bob->on_receive([&](std::span<const ports::Datagram>) { bob->send(back); });
  alice->on_receive([&](std::span<const ports::Datagram>) { loop.stop(); });
  for (auto _ : state) {
    alice->send(there);
    loop.run();
  }
}
BENCHMARK(round_trip)->Arg(0)->Arg(1)->UseRealTime();

void post_and_run(benchmark::State& state) {
  Loop loop;
  std::int64_t left = 0;
  const std::function<void()> call = [&] {
    if (--left == 0)
      loop.stop();
    else
      loop.post(call);
  };
  while (state.KeepRunningBatch(1000)) {
    left = 1000;
    loop.post(call);
    loop.run();
  }
}
BENCHMARK(post_and_run);

void set_and_cancel_timer(benchmark::State& state) {
  Loop loop;
  for (int number = 0; number < 10'000; ++number)
    loop.call_at(loop.now().instant + std::chrono::milliseconds(10'000 + number), [] {});
  for (auto _ : state) loop.cancel(loop.call_at(loop.now().instant + 5s, [] {}));
}
BENCHMARK(set_and_cancel_timer);

}  // namespace
}  // namespace mycel::os
