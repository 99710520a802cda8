// Mycel as a peer of the transport benchmark, over the real loop, sockets, QUIC and streams. The
// protocols are those of peers/js/protocols.mjs, so that any two implementations can be paired.
//
//   transport_peer serve [--listen ADDR]         prints {"event":"ready",...}; ends with its
//   standard input transport_peer measure ADDR [--connects N] [--pings N] [--echo_seconds S]
//   [--bulk_bytes B] [--server_pid P] transport_peer first_byte ADDR [--times N]   ms from dialling
//   to the first byte of an echo transport_peer idle ADDR --connections N --server_pid P
//   transport_peer relay ADDR [--delay_ms D]     a long path to ADDR; ends with its standard input
//
// What measures prints one JSON object of figures and ends.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "runtime/os/memory.hpp"

#include "bench/transport/bench_node.hpp"
#include "bench/transport/bulk.hpp"
#include "bench/transport/delay_relay.hpp"
#include "bench/transport/echo.hpp"

namespace mycel::bench {
namespace {

constexpr const char* any_port = "/ip4/127.0.0.1/udp/0/quic-v1";
constexpr std::size_t warm_up = 20;  // of each kind, not counted
constexpr std::size_t width = 16;    // of what happens at once

using Options = std::map<std::string, std::string>;
using Figures = std::vector<std::pair<std::string, double>>;

double number(const Options& options, const std::string& name, double otherwise) {
  const auto entry = options.find(name);
  return entry == options.end() ? otherwise : std::atof(entry->second.c_str());
}

double ms_since(Instant start, const os::Loop& loop) {
  return std::chrono::duration<double, std::milli>(loop.now().instant - start).count();
}

/// The value below which the share `q` of the samples lies (nearest rank).
double quantile(std::vector<double> samples, double q) {
  if (samples.empty()) return 0;
  std::ranges::sort(samples);
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size())));
  return samples[std::clamp<std::size_t>(rank, 1, samples.size()) - 1];
}

void print(const Figures& figures) {
  std::string line = "{";
  for (const auto& [name, value] : figures) {
    char text[96];
    std::snprintf(text, sizeof text, "%s\"%s\":%.5g", line.size() > 1 ? "," : "", name.c_str(),
                  value);
    line += text;
  }
  std::printf("%s}\n", line.c_str());
}

/// Ends the loop when whoever started us closes our standard input.
class EndOfInput final : public os::ReadyHandler {
 public:
  explicit EndOfInput(os::Loop& loop) : loop_(loop) {
    ::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    loop_.watch(STDIN_FILENO, *this, os::Interest::read);
  }
  ~EndOfInput() { loop_.unwatch(STDIN_FILENO, *this); }
  EndOfInput(const EndOfInput&) = delete;
  EndOfInput& operator=(const EndOfInput&) = delete;

 private:
  void on_ready(os::Ready) override {
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) == 0) loop_.stop();
  }
  os::Loop& loop_;
};

/// Seconds of processor time that a process has used so far, in user and kernel mode.
double cpu_seconds(long process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return 0;
  unsigned long user = 0, kernel = 0;
  std::sscanf(text.c_str() + end_of_name + 1,
              " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  return static_cast<double>(user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_KiB(long process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  long all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

int serve(const Options& options) {
  const auto listen = options.find("listen");
  BenchNode node(address_in(listen == options.end() ? any_port : listen->second));
  Echo echo(node);
  PingServer ping(node);
  Bulk bulk(node);
  EndOfInput input(node.loop);
  std::printf("{\"event\":\"ready\",\"addrs\":[\"%s\"]}\n", wire::to_text(node.address()).c_str());
  std::fflush(stdout);
  node.loop.run();
  return 0;
}

int relay(const Multiaddr& target, const Options& options) {
  os::Loop loop;
  EndOfInput input(loop);
  const auto delay = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(number(options, "delay_ms", 25)));
  const DelayRelay relay(loop, endpoint_in(target), delay);
  const auto peer = wire::peer_of(target);
  const Multiaddr address = peer ? wire::with_peer(relay.address(), *peer) : relay.address();
  std::printf("{\"event\":\"ready\",\"addrs\":[\"%s\"]}\n", wire::to_text(address).c_str());
  std::fflush(stdout);
  loop.run();
  return 0;
}

/// Milliseconds from dialling until streams can be opened, each time anew.
std::vector<double> measure_connects(BenchNode& node, const Multiaddr& address, std::size_t count) {
  std::vector<double> samples;
  for (std::size_t n = 0; n < warm_up + count; ++n) {
    const Instant start = node.loop.now().instant;
    const ConnectionId connection = node.connect(address);
    if (n >= warm_up) samples.push_back(ms_since(start, node.loop));
    node.close(connection);
  }
  return samples;
}

/// Streams a second that were opened, echoed a frame and ended, so many at a time.
double measure_echoes(BenchNode& node, Echo& echo, ConnectionId connection, std::size_t at_once,
                      double seconds) {
  const Instant start = node.loop.now().instant;
  std::uint64_t done = 0;
  std::size_t under_way = at_once;
  echo.on_echo = [&] {
    done += 1;
    if (ms_since(start, node.loop) < seconds * 1000) return echo.ask(connection);
    if (--under_way == 0) node.loop.stop();
  };
  for (std::size_t n = 0; n < at_once; ++n) echo.ask(connection);
  node.loop.run();
  return static_cast<double>(done) / (ms_since(start, node.loop) / 1000);
}

/// Bytes that one transfer moved, a second and a second of the busier process's processor time.
struct Speed {
  double MBps = 0;
  double Gbps_per_core = 0;
};
template <class Move>
Speed measure_bulk(BenchNode& node, std::uint64_t bytes, long server, Move move) {
  const Instant start = node.loop.now().instant;
  const double own = cpu_seconds(::getpid()), theirs = cpu_seconds(server);
  move();
  const double ms = ms_since(start, node.loop);
  const double cpu = std::max({cpu_seconds(::getpid()) - own, cpu_seconds(server) - theirs, 1e-3});
  const auto moved = static_cast<double>(bytes);
  return {.MBps = moved / 1e3 / ms, .Gbps_per_core = moved * 8 / 1e9 / cpu};
}

int measure(const Multiaddr& address, const Options& options) {
  BenchNode node(address_in(any_port));
  Echo echo(node);
  PingClient ping(node);
  Bulk bulk(node);
  const auto count = [&](const char* name, double otherwise) {
    return static_cast<std::size_t>(number(options, name, otherwise));
  };
  const double seconds = number(options, "echo_seconds", 3);
  const std::uint64_t bytes = count("bulk_bytes", 1 << 30);
  const auto server = static_cast<long>(number(options, "server_pid", 0));

  Figures figures;
  if (const std::size_t connects = count("connects", 100); connects > 0) {
    const auto samples = measure_connects(node, address, connects);
    figures.emplace_back("connect_p50_ms", quantile(samples, 0.5));
    figures.emplace_back("connect_p95_ms", quantile(samples, 0.95));
  }
  const ConnectionId connection = node.connect(address);
  if (const std::size_t pings = count("pings", 2000); pings > 0) {
    ping.measure(connection, warm_up);
    const auto samples = ping.measure(connection, pings);
    figures.emplace_back("ping_p50_ms", quantile(samples, 0.5));
    figures.emplace_back("ping_p95_ms", quantile(samples, 0.95));
  }
  if (seconds > 0) {
    measure_echoes(node, echo, connection, 1, 0.05);
    figures.emplace_back("open_echo_per_s", measure_echoes(node, echo, connection, 1, seconds));
    figures.emplace_back("open_echo16_per_s",
                         measure_echoes(node, echo, connection, width, seconds));
  }
  if (bytes > 0) {
    const Speed up = measure_bulk(node, bytes, server, [&] { bulk.upload(connection, bytes); });
    const Speed down = measure_bulk(node, bytes, server, [&] { bulk.download(connection, bytes); });
    figures.emplace_back("bulk_up_MBps", up.MBps);
    figures.emplace_back("bulk_down_MBps", down.MBps);
    if (server > 0) figures.emplace_back("bulk_Gbps_per_core", up.Gbps_per_core);
  }
  print(figures);
  return 0;
}

int first_byte(const Multiaddr& address, const Options& options) {
  BenchNode node(address_in(any_port));
  Echo echo(node);
  echo.on_echo = [&] { node.loop.stop(); };
  std::vector<double> connects, samples;
  for (double left = number(options, "times", 10); left > 0; --left) {
    const Instant start = node.loop.now().instant;
    const ConnectionId connection = node.connect(address);
    connects.push_back(ms_since(start, node.loop));
    echo.ask(connection);
    node.loop.run();
    samples.push_back(ms_since(start, node.loop));
    node.close(connection);
  }
  print({{"connected_p50_ms", quantile(connects, 0.5)},
         {"first_byte_p50_ms", quantile(samples, 0.5)}});
  return 0;
}

/// Opens many connections to one node and leaves them idle.
int idle(const Multiaddr& address, const Options& options) {
  constexpr std::size_t dials_at_once = 64;
  BenchNode node(address_in(any_port));
  const auto wanted = static_cast<std::size_t>(number(options, "connections", 1000));
  const auto server = static_cast<long>(number(options, "server_pid", 0));
  node.connect(address);
  const double before = resident_KiB(server), own_before = resident_KiB(::getpid());

  const Instant start = node.loop.now().instant;
  std::size_t dialled = 0, open = 0;
  const auto dial = [&] {
    dialled += 1;
    node.dial(address);
  };
  node.on_closure = [](ConnectionId, const ports::Closed& why) {
    give_up("a connection did not last: " + why.text);
  };
  node.on_connection = [&](ConnectionId) {
    if (++open == wanted) return node.loop.stop();
    if (dialled < wanted) dial();
  };
  while (dialled < std::min(wanted, dials_at_once)) dial();
  node.loop.run();
  const double seconds = ms_since(start, node.loop) / 1000;
  node.loop.run_for(2s);
  const auto each = static_cast<double>(wanted);
  print({{"seconds", seconds},
         {"server_KiB", (resident_KiB(server) - before) / each},
         {"client_KiB", (resident_KiB(::getpid()) - own_before) / each}});
  std::fflush(stdout);
  std::_Exit(0);  // nobody needs to see 10,000 farewells
}

int usage() {
  std::fprintf(stderr,
               "usage: transport_peer serve | measure ADDR | first_byte ADDR | idle ADDR | relay "
               "ADDR  [--option value]...\n");
  return 2;
}

int run(std::vector<std::string> words) {
  if (words.empty()) return usage();
  const std::string command = words.front();
  words.erase(words.begin());
  std::string target;
  if (!words.empty() && !words.front().starts_with("--")) {
    target = words.front();
    words.erase(words.begin());
  }
  Options options;
  for (std::size_t at = 0; at + 1 < words.size(); at += 2) {
    if (!words[at].starts_with("--")) return usage();
    options[words[at].substr(2)] = words[at + 1];
  }
  if (words.size() % 2 != 0) return usage();
  if (command == "serve") return serve(options);
  if (target.empty()) return usage();
  if (command == "measure") return measure(address_in(target), options);
  if (command == "first_byte") return first_byte(address_in(target), options);
  if (command == "idle") return idle(address_in(target), options);
  if (command == "relay") return relay(address_in(target), options);
  return usage();
}

}  // namespace
}  // namespace mycel::bench

int main(int count, char** words) {
  mycel::os::keep_freed_memory();  // as `mycel up` does
  return mycel::bench::run({words + 1, words + count});
}
