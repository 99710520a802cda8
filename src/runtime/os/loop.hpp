#pragma once
// The event loop: one thread on which the machines of a node run. It waits for file descriptors in
// an epoll of its own, because a wake-up then costs one system call; Boost.Asio, which the control
// API needs, is driven from the same thread once somebody asks for it (runtime/os/asio.hpp).
//
// A turn of the loop: what was posted, what is due, then the descriptors that are ready. Work that
// is here already goes before new packets, and each part of a turn is bounded.

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/ports/timers.hpp"

namespace mycel::os {

/// What a file descriptor is ready for. An error counts as both, so that the next call meets it.
struct Ready {
  bool is_readable = false;
  bool is_writable = false;
};

/// Hears that a file descriptor can be read or written.
class ReadyHandler {
 public:
  virtual void on_ready(Ready ready) = 0;

 protected:
  ~ReadyHandler() = default;
};

enum class Interest : std::uint8_t { none, read, write, read_and_write };

/// Everything belongs to the thread that runs it, except post() and stop(). It outlives whoever
/// holds a reference to it; calls that are still waiting when it goes are dropped, not run.
class Loop final : public ports::Timers {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Now now() const override;
  /// `then` is never called from inside this.
  ports::TimerId call_at(Instant due, std::function<void()> then) override;
  void cancel(ports::TimerId timer) override;

  /// Runs until stop().
  void run();
  /// Runs for `span`, or until stop(): for tests.
  void run_for(Duration span);
  /// Ends the present run(), or the next one when none is under way. From any thread.
  void stop();
  /// Runs `call` on the loop's thread, in the order of posting. From any thread, never from inside
  /// this. The queue has no bound of its own: whoever posts bounds what is under way.
  void post(std::function<void()> call);

  /// Tells `handler` whenever `fd` is ready, as long as it is (level-triggered). Neither is owned.
  void watch(int fd, ReadyHandler& handler, Interest interest);
  /// Changes what a watched descriptor is watched for.
  void rewatch(int fd, ReadyHandler& handler, Interest interest);
  /// After this the handler hears nothing more, not even of this turn. Before closing `fd`.
  void unwatch(int fd, ReadyHandler& handler);

 private:
  friend struct AsioAccess;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::os
