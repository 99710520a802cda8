#include "runtime/os/signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "foundation/base/check.hpp"

#include "runtime/os/fd.hpp"
#include "runtime/os/loop.hpp"

namespace mycel::os {
namespace {

struct Caught {
  int number;
  Signal signal;
};
constexpr std::array caught{Caught{SIGINT, Signal::interrupt}, Caught{SIGTERM, Signal::terminate},
                            Caught{SIGHUP, Signal::reload}};
constexpr std::array ignored{SIGPIPE, SIGXFSZ};

// A signal handler reaches nothing but this: the bits of what came, and whom to wake.
std::atomic<unsigned> came = 0;
std::atomic<int> wake = -1;
static_assert(std::atomic<unsigned>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void mycel_on_signal(int number) {
  const int saved = errno;
  came.fetch_or(1U << static_cast<unsigned>(number));
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake.load(), &one, sizeof one);
  errno = saved;
}

}  // namespace

class Signals::Impl final : public ReadyHandler {
 public:
  Impl(Loop& loop, std::function<void(Signal)> then) : loop_(loop), then_(std::move(then)) {
    check(static_cast<bool>(event_), "no eventfd: too many open files?");
    check(wake.exchange(event_.get()) == -1, "signals are listened to twice");
    came = 0;
    loop_.watch(event_.get(), *this, Interest::read);
    for (std::size_t which = 0; which < caught.size(); ++which)
      before_[which] = install(caught[which].number, mycel_on_signal);
    for (std::size_t which = 0; which < ignored.size(); ++which)
      before_[caught.size() + which] = install(ignored[which], SIG_IGN);
  }
  ~Impl() {
    for (std::size_t which = 0; which < caught.size(); ++which)
      ::sigaction(caught[which].number, &before_[which], nullptr);
    for (std::size_t which = 0; which < ignored.size(); ++which)
      ::sigaction(ignored[which], &before_[caught.size() + which], nullptr);
    loop_.unwatch(event_.get(), *this);
    wake = -1;
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void on_ready(Ready) override {
    std::uint64_t times = 0;
    [[maybe_unused]] const auto read = ::read(event_.get(), &times, sizeof times);
    const unsigned bits = came.exchange(0);
    const auto then = then_;  // a call may destroy this
    for (const Caught& one : caught)
      if ((bits >> static_cast<unsigned>(one.number) & 1U) != 0) then(one.signal);
  }

 private:
  static struct sigaction install(int number, void (*handler)(int)) {
    struct sigaction wanted{};
    struct sigaction before{};
    wanted.sa_handler = handler;
    wanted.sa_flags = SA_RESTART;
    check(::sigaction(number, &wanted, &before) == 0, "a signal cannot be handled");
    return before;
  }

  Loop& loop_;
  std::function<void(Signal)> then_;
  Fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::array<struct sigaction, caught.size() + ignored.size()> before_{};
};

Signals::Signals(Loop& loop, std::function<void(Signal)> then)
    : impl_(std::make_unique<Impl>(loop, std::move(then))) {}
Signals::~Signals() = default;

}  // namespace mycel::os
