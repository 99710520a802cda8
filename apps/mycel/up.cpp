#include "apps/mycel/up.hpp"

#include <cstdio>
#include <memory>
#include <string>

#include <boost/json.hpp>
#include <unistd.h>

#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "node/control/api.hpp"
#include "node/control/metrics.hpp"
#include "node/daemon/daemon.hpp"
#include "runtime/http/server.hpp"
#include "runtime/os/log_sink.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/os/memory.hpp"
#include "runtime/os/signals.hpp"

#include "apps/mycel/settings.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

int fail(bool is_json, const std::string& text) {
  if (is_json) {
    std::printf("%s\n",
                json::serialize(json::object{{"event", "failed"}, {"error", text}}).c_str());
    std::fflush(stdout);
  }
  std::fprintf(stderr, "mycel up: %s\n", text.c_str());
  return refused;
}

os::LogOptions log_options(const config::LogConfig& log) {
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  const bool is_json = log.format == config::LogFormat::json ||
                       (log.format == config::LogFormat::automatic && !is_terminal);
  return {.level = log.level, .format = is_json ? os::LogFormat::json : os::LogFormat::text};
}

/// `metrics` is the address of the metrics page, empty when there is none.
void announce(const daemon::Daemon& node, const std::string& metrics, bool is_json) {
  if (is_json) {
    json::array addresses;
    for (const Multiaddr& address : node.addresses_with_peer())
      addresses.emplace_back(wire::to_text(address));
    json::object ready{{"event", "ready"},
                       {"peer", wire::to_text(node.wiring().self())},
                       {"addrs", std::move(addresses)},
                       {"control", node.paths().control_socket}};
    if (!metrics.empty()) ready["metrics"] = metrics;
    std::printf("%s\n", json::serialize(ready).c_str());
  } else {
    std::printf("peer      %s\n", wire::to_text(node.wiring().self()).c_str());
    for (const Multiaddr& address : node.addresses_with_peer())
      std::printf("address   %s\n", wire::to_text(address).c_str());
    std::printf("data      %s\ncontrol   %s\n", node.paths().data_dir.c_str(),
                node.paths().control_socket.c_str());
    if (!metrics.empty()) std::printf("metrics   %s\n", metrics.c_str());
    std::printf("ready; Ctrl-C stops it\n");
  }
  std::fflush(stdout);
}

/// "127.0.0.1:9090" or "[::1]:9090".
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
HostPort split(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return {host, static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)))};
}

}  // namespace

int run_node(const Arguments& arguments) {
  const auto config = configuration(arguments);
  if (!config)
    return arguments.is_json ? fail(true, "the configuration is wrong: see standard error")
                             : refused;

  os::keep_freed_memory();
  os::Loop loop;
  os::ConsoleLog log(log_options(config->log));
  auto node = daemon::Daemon::start(loop, *config, &log);
  if (!node) return fail(arguments.is_json, node.error().text);

  bool is_stopping = false;
  const auto stop = [&] {
    if (std::exchange(is_stopping, true)) return loop.stop();  // asked twice: at once
    (*node)->stop([&loop] { loop.stop(); });
  };
  const os::Signals signals(loop, [&](os::Signal signal) {
    if (signal != os::Signal::reload) stop();
  });

  control::Api api(**node, stop);
  auto control = http::Server::listen_unix(
      loop, (*node)->paths().control_socket,
      [&](const http::Request& request, const http::Reply& reply) { api.handle(request, reply); });
  if (!control) return fail(arguments.is_json, control.error().text);

  std::unique_ptr<http::Server> metrics;
  std::string metrics_url;
  if (!config->metrics.listen.empty()) {
    const HostPort where = split(config->metrics.listen);
    auto server = http::Server::listen_tcp(
        loop, where.host, where.port, [&](const http::Request& request, const http::Reply& reply) {
          const bool is_metrics = request.method == "GET" && request.path == "/metrics";
          reply(is_metrics ? http::Response{.status = 200,
                                            .type = "text/plain; version=0.0.4",
                                            .body = control::metrics_text(**node)}
                           : http::Response{
                                 .status = 404, .type = "text/plain", .body = "see /metrics\n"});
        });
    if (!server) return fail(arguments.is_json, server.error().text);
    metrics = std::move(*server);
    const std::string host =
        where.host.find(':') != std::string::npos ? "[" + where.host + "]" : where.host;
    metrics_url = "http://" + host + ":" + std::to_string(metrics->port()) + "/metrics";
  }

  announce(**node, metrics_url, arguments.is_json);
  loop.run();
  return done;
}

int print_config(const Arguments& arguments) {
  const auto config = configuration(arguments);
  if (!config) return refused;
  std::printf("%s", config::to_toml(*config).c_str());
  return done;
}

}  // namespace mycel::app
