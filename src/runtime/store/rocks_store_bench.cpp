// How fast commits become durable, and how much memory an idle store takes.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/os/temporary_directory.hpp"
#include "runtime/store/rocks_store.hpp"

namespace mycel::store {
namespace {

double resident_mebibytes() {
  std::size_t total_pages = 0;
  std::size_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

StoreBatch record(std::uint64_t number) {
  const std::string key = "record/" + std::to_string(number);
  return {{.table = Table::records,
           .key = Bytes::copy(key),
           .value = Bytes(std::vector<std::byte>(400, std::byte{7}))}};
}

// range(0): commits under way at once; range(1): whether they wait for the disk.
void commits(benchmark::State& state) {
  const os::TemporaryDirectory directory;
  os::Loop loop;
  const double before = resident_mebibytes();
  const auto store = *RocksStore::open(directory.file("store"), loop);
  state.counters["idle_MB"] = resident_mebibytes() - before;
  const auto durability = state.range(1) != 0 ? Durability::synced : Durability::buffered;
  std::uint64_t number = 0;
  std::int64_t left = 0;
  for (auto _ : state) {
    left = state.range(0);
    for (std::int64_t one = 0; one < state.range(0); ++one)
      store->commit(record(number++), durability, [&](const auto&) {
        left -= 1;
        if (left == 0) loop.stop();
      });
    loop.run();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
  state.counters["commits_a_write"] =
      static_cast<double>(number) / static_cast<double>(store->counters().groups);
  state.counters["used_MB"] = resident_mebibytes() - before;
}
BENCHMARK(commits)->ArgsProduct({{1, 100}, {0, 1}})->UseRealTime();

void get(benchmark::State& state) {
  const os::TemporaryDirectory directory;
  os::Loop loop;
  const auto store = *RocksStore::open(directory.file("store"), loop);
  constexpr std::uint64_t records = 20'000;
  for (std::uint64_t number = 0; number < records; ++number)
    store->commit(record(number), Durability::buffered, {});
  store->commit({}, Durability::synced, [&](const auto&) { loop.stop(); });
  loop.run();
  std::uint64_t number = 0;
  for (auto _ : state) {
    number = (number + 7919) % records;
    const std::string key = "record/" + std::to_string(number);
    benchmark::DoNotOptimize(store->get(Table::records, as_bytes(key)));
  }
}
BENCHMARK(get);

}  // namespace
}  // namespace mycel::store
