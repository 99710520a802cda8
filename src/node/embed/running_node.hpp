#pragma once
// A node on a thread of its own, and the questions that other threads ask it.

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "node/config/config.hpp"
#include "node/embed/answer.hpp"

#include "mycel/mycel.hpp"

namespace mycel::daemon {
class Daemon;
}
namespace mycel::os {
class Loop;
}

namespace mycel::embed {

/// Everything of the node lives on its thread's stack, so when the thread has ended, every call
/// that it still held has been dropped, and whoever waited has heard so.
class RunningNode {
 public:
  /// Returns when the node is up or has failed to start.
  explicit RunningNode(const NodeOptions& options);
  ~RunningNode() { stop(); }
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

  const std::string& error() const { return error_; }
  const std::string& peer() const { return peer_; }
  /// From any thread but the node's own.
  void stop();

  /// Runs `question(daemon, Answer<T>)` on the node's thread and waits for the answer. Each caller
  /// has one question under way, so the caller's threads bound how many there are.
  template <class T, class Question>
  Outcome<T> ask(Question question) {
    return ask_for<T>(call_timeout_, std::move(question));
  }
  /// With a patience of its own.
  template <class T, class Question>
  Outcome<T> ask_for(std::chrono::milliseconds patience, Question question) {
    if (!error_.empty()) return Outcome<T>::failed("not_running", error_);
    std::promise<Outcome<T>> promise;
    std::future<Outcome<T>> answered = promise.get_future();
    // The job holds the only Answer: when the job is dropped, this thread must hear of it.
    const bool is_posted =
        post([question = std::move(question), answer = Answer<T>(std::move(promise))](
                 daemon::Daemon& node) { question(node, answer); });
    if (!is_posted) return stopped<T>();
    if (answered.wait_for(patience) == std::future_status::timeout)
      return Outcome<T>::failed(
          "timeout", "no answer within " + std::to_string(patience.count()) + " milliseconds");
    return answered.get();
  }

 private:
  using Job = std::function<void(daemon::Daemon&)>;
  using Started = std::promise<std::string>;  // why it did not; empty: it did

  void run(const config::Config& config, bool is_quiet, Started started);
  /// False when the node does not run, or not for long.
  bool post(Job job);

  std::chrono::milliseconds call_timeout_;
  std::string error_;
  std::string peer_;
  std::thread thread_;
  std::once_flag stop_once_;

  std::mutex mutex_;  // of what follows: the way to the node, there while it takes jobs
  os::Loop* loop_ = nullptr;
  daemon::Daemon* daemon_ = nullptr;
};

}  // namespace mycel::embed
