#include "node/embed/running_node.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <signal.h>

#include "foundation/base/log.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "node/config/config.hpp"
#include "node/daemon/daemon.hpp"
#include "node/embed/options.hpp"
#include "runtime/os/log_sink.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/os/thread_name.hpp"

#include "mycel/mycel.hpp"

namespace mycel::embed {
namespace {

/// Threads that are started meanwhile take no signals: those are for the program's own threads.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;  // NOLINT(misc-include-cleaner): signal.h has it from a header of its own
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_{};
};

std::unique_ptr<LogSink> log_of(const config::Config& config, bool is_quiet) {
  if (is_quiet) return nullptr;
  const bool is_json = config.log.format == config::LogFormat::json;
  return std::make_unique<os::ConsoleLog>(os::LogOptions{
      .level = config.log.level, .format = is_json ? os::LogFormat::json : os::LogFormat::text});
}

}  // namespace

RunningNode::RunningNode(const NodeOptions& options) : call_timeout_(options.call_timeout) {
  const auto config = config_of(options);
  if (!config) {
    error_ = config.error();
    return;
  }
  Started started;
  auto outcome = started.get_future();
  try {
    const NoSignals none;
    thread_ = std::thread(
        [this, &config, is_quiet = options.is_quiet, started = std::move(started)]() mutable {
          run(*config, is_quiet, std::move(started));
        });
  } catch (const std::system_error& failure) {
    error_ = std::string("no thread for the node: ") + failure.what();
    return;
  }
  error_ = outcome.get();
}

void RunningNode::run(const config::Config& config, bool is_quiet, Started started) {
  os::name_this_thread("mycel-node");
  os::Loop loop;
  const auto log = log_of(config, is_quiet);
  const auto node = daemon::Daemon::start(loop, config, log.get());
  if (!node) return started.set_value(node.error().text);
  peer_ = wire::to_text((*node)->wiring().self());
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    daemon_ = node->get();
  }
  started.set_value("");
  loop.run();
}

bool RunningNode::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return false;
  loop_->post([job = std::move(job), node = daemon_] { job(*node); });
  return true;
}

// The way is closed in the same step that posts the stop, so every job that was taken is in the
// loop before it; the loop runs it or drops it.
void RunningNode::stop() {
  std::call_once(stop_once_, [this] {
    {
      const std::lock_guard lock(mutex_);
      if (loop_ != nullptr)
        loop_->post([node = daemon_, loop = loop_] { node->stop([loop] { loop->stop(); }); });
      loop_ = nullptr;
    }
    if (thread_.joinable()) thread_.join();
  });
}

}  // namespace mycel::embed
