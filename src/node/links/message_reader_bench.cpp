#include <benchmark/benchmark.h>

#include "node/links/message_reader.hpp"

namespace mycel::links {
namespace {

/// Messages of 1 KiB in pieces of the given size.
void messages_read(benchmark::State& state) {
  const auto piece = static_cast<std::size_t>(state.range(0));
  const Framing framing{.size_max_bytes = 4096};
  std::vector<std::byte> written;
  while (written.size() < 256 * 1024)
    append(written, framing.frame(Bytes(std::vector<std::byte>(1024))));
  const Bytes stream(std::move(written));
  for (auto _ : state) {
    MessageReader reader(framing);
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(stream.slice(at, piece));
      while (const auto body = reader.next()) benchmark::DoNotOptimize(body->data());
    }
  }
  state.SetBytesProcessed(
      static_cast<std::int64_t>(static_cast<std::size_t>(state.iterations()) * stream.size()));
}
BENCHMARK(messages_read)->Arg(1200)->Arg(64 * 1024);

}  // namespace
}  // namespace mycel::links
