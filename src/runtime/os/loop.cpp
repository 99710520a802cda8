#include "runtime/os/loop.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "foundation/base/check.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/time.hpp"

#include "runtime/os/asio.hpp"
#include "runtime/os/fd.hpp"
#include "runtime/ports/timers.hpp"

namespace mycel::os {
namespace {

/// Descriptors that one turn serves; the rest waits for the next turn, after due timers.
constexpr std::size_t events_max = 64;
/// How often due timers are looked at again when they ask for more at once, before the turn goes
/// on: events that cause events are done in one turn without starving the network.
constexpr int timer_passes_max = 4;
/// A busy loop looks at Asio every so many turns, and lets it run so many handlers.
constexpr int asio_turns = 8;
constexpr int asio_handlers_max = 32;

Instant steady_now() {
  return Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

UnixTime calendar_now() {
  const auto span = std::chrono::system_clock::now().time_since_epoch();
  return UnixTime{std::chrono::floor<CalendarClock::duration>(span)};
}

int opened(int fd, const char* why) {
  check(fd >= 0, why);
  return fd;
}

std::uint32_t events_of(Interest interest) {
  switch (interest) {
    case Interest::none:
      return 0;
    case Interest::read:
      return EPOLLIN;
    case Interest::write:
      return EPOLLOUT;
    case Interest::read_and_write:
      return std::uint32_t{EPOLLIN} | std::uint32_t{EPOLLOUT};
  }
  return 0;
}

/// Asio's context, and its eye on the loop's own epoll: while nothing is to do, the thread sleeps
/// in Asio, which wakes for its own descriptors and for the loop's.
struct AsioSide {
  explicit AsioSide(int epoll)
      : own(context, opened(::fcntl(epoll, F_DUPFD_CLOEXEC, 0), "the epoll cannot be shared")) {}

  void sleep() {
    if (!is_watching) watch();
    context.run_one();
    context.poll();
  }
  void poll() {
    for (int left = asio_handlers_max; left > 0 && context.poll_one() > 0;) left -= 1;
  }

  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  boost::asio::posix::stream_descriptor own;
  bool is_watching = false;

 private:
  void watch() {
    is_watching = true;
    own.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [this](boost::system::error_code) { is_watching = false; });
  }
};

}  // namespace

class Loop::Impl {
 public:
  Impl() {
    add(wake_.get(), EPOLLIN | EPOLLET, nullptr);
    add(alarm_.get(), EPOLLIN | EPOLLET, nullptr);
  }

  ports::TimerId call_at(Instant due, std::function<void()> then) {
    return ports::TimerId{timers_.add(due, std::move(then)).value()};
  }
  void cancel(ports::TimerId timer) { timers_.cancel(DeadlineId{timer.value()}); }

  void run_until(Instant end) {
    runner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    while (!is_stopped_.load(std::memory_order_acquire)) {
      run_posted();
      run_due();
      if (is_stopped_.load(std::memory_order_acquire) || is_over(end)) break;
      serve_descriptors(std::min(end, timers_.next()));
    }
    is_stopped_.store(false, std::memory_order_release);
    runner_.store({}, std::memory_order_relaxed);
  }

  void stop() {
    is_stopped_.store(true, std::memory_order_release);
    wake();
  }

  void post(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(call));
      if (has_posted_.exchange(true, std::memory_order_release)) return;
    }
    // The loop looks at what was posted before it sleeps, so its own thread need not wake it.
    if (runner_.load(std::memory_order_relaxed) != std::this_thread::get_id()) wake();
  }

  void add(int fd, std::uint32_t events, ReadyHandler* handler) {
    control(EPOLL_CTL_ADD, fd, events, handler);
  }
  void change(int fd, std::uint32_t events, ReadyHandler* handler) {
    control(EPOLL_CTL_MOD, fd, events, handler);
  }
  void remove(int fd, const ReadyHandler& handler) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    for (epoll_event& event : pending_)
      if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }

  boost::asio::io_context& context() {
    if (!asio_) asio_ = std::make_unique<AsioSide>(epoll_.get());
    return asio_->context;
  }

 private:
  void control(int what, int fd, std::uint32_t events, ReadyHandler* handler) {
    epoll_event event{.events = events, .data = {.ptr = handler}};
    check(::epoll_ctl(epoll_.get(), what, fd, &event) == 0, "the descriptor cannot be watched");
  }

  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  void run_posted() {
    if (!has_posted_.load(std::memory_order_acquire)) return;
    {
      const std::lock_guard lock(mutex_);
      running_.swap(posted_);
      has_posted_.store(false, std::memory_order_release);
    }
    for (auto& call : running_) std::exchange(call, nullptr)();
    running_.clear();
  }

  static bool is_over(Instant end) { return end != never && steady_now() >= end; }

  void run_due() {
    for (int pass = 0; pass < timer_passes_max; ++pass) {
      if (timers_.empty()) return;
      const Instant now = steady_now();
      if (timers_.next() > now) return;
      run_due_by(now);
    }
  }

  // A call that asks for another one in the past gets it in the next pass, not for ever in this.
  void run_due_by(Instant now) {
    for (std::size_t left = timers_.size(); left > 0; --left) {
      const auto call = timers_.pop_due(now);
      if (!call) return;
      (*call)();
    }
  }

  void serve_descriptors(Instant until) {
    const Instant now = steady_now();
    const bool is_busy = has_posted_.load(std::memory_order_acquire) || until <= now;
    if (!is_busy) arm(until, now);
    if (!asio_) return dispatch(collect(is_busy ? 0 : -1));
    std::size_t count = collect(0);
    if (count == 0 && !is_busy) {
      asio_->sleep();
      count = collect(0);
    } else if (++turns_ % asio_turns == 0) {
      asio_->poll();
    }
    dispatch(count);
  }

  std::size_t collect(int timeout_ms) {
    const int count = ::epoll_wait(epoll_.get(), events_.data(), events_max, timeout_ms);
    check(count >= 0 || errno == EINTR, "epoll_wait failed");
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  void dispatch(std::size_t count) {
    pending_ = std::span(events_).first(count);
    while (!pending_.empty()) {
      const epoll_event event = pending_.front();
      pending_ = pending_.subspan(1);
      if (event.data.ptr == nullptr) continue;
      const bool is_broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
      static_cast<ReadyHandler*>(event.data.ptr)
          ->on_ready({.is_readable = is_broken || (event.events & EPOLLIN) != 0,
                      .is_writable = is_broken || (event.events & EPOLLOUT) != 0});
    }
  }

  // Deadlines mostly move to later: an alarm that is set too early rings once for nothing, which is
  // cheaper than setting it anew each turn.
  void arm(Instant due, Instant now) {
    if (armed_ <= now) armed_ = never;
    if (due >= armed_) return;
    armed_ = due;
    const auto span = due.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
    const itimerspec at{.it_interval = {},
                        .it_value = {.tv_sec = static_cast<std::time_t>(seconds.count()),
                                     .tv_nsec = static_cast<long>((span - seconds).count())}};
    check(::timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &at, nullptr) == 0,
          "the loop's alarm cannot be set");
  }

  Fd epoll_{opened(::epoll_create1(EPOLL_CLOEXEC), "no epoll: too many open files?")};
  Fd wake_{opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "no eventfd: too many open files?")};
  Fd alarm_{opened(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                   "no timerfd: too many open files?")};

  Deadlines<std::function<void()>> timers_;
  Instant armed_ = never;
  std::array<epoll_event, events_max> events_{};
  std::span<epoll_event> pending_;  // of this turn, not yet served
  unsigned turns_ = 0;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // under mutex_
  std::atomic<bool> has_posted_ = false;
  std::vector<std::function<void()>> running_;
  std::atomic<bool> is_stopped_ = false;
  std::atomic<std::thread::id> runner_{};

  std::unique_ptr<AsioSide> asio_;
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

Now Loop::now() const {
  return {.instant = steady_now(), .unix = calendar_now()};
}
ports::TimerId Loop::call_at(Instant due, std::function<void()> then) {
  return impl_->call_at(due, std::move(then));
}
void Loop::cancel(ports::TimerId timer) {
  impl_->cancel(timer);
}

void Loop::run() {
  impl_->run_until(never);
}
void Loop::run_for(Duration span) {
  impl_->run_until(steady_now() + span);
}
void Loop::stop() {
  impl_->stop();
}
void Loop::post(std::function<void()> call) {
  impl_->post(std::move(call));
}

void Loop::watch(int fd, ReadyHandler& handler, Interest interest) {
  impl_->add(fd, events_of(interest), &handler);
}
void Loop::rewatch(int fd, ReadyHandler& handler, Interest interest) {
  impl_->change(fd, events_of(interest), &handler);
}
void Loop::unwatch(int fd, ReadyHandler& handler) {
  impl_->remove(fd, handler);
}

struct AsioAccess {
  static boost::asio::io_context& context(Loop& loop) { return loop.impl_->context(); }
};

boost::asio::io_context& io_context_of(Loop& loop) {
  return AsioAccess::context(loop);
}

}  // namespace mycel::os
